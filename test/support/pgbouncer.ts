import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { unprivilegedUser } from '../../src/embedded-postgres/run-as.js';
import { query } from './database.js';
import { eventually } from './eventually.js';

/** PgBouncer in transaction mode before the PostgreSQL of these URLs, all of one database, over five connections at most. */
export class PgBouncer {
  private output = '';

  private constructor(
    private readonly folder: string,
    private readonly process: ChildProcess,
    private readonly port: number,
    /** Whether this version knows named statements. */
    readonly keepsNamedStatements: boolean,
  ) {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  static async start(program: string, urls: readonly string[]): Promise<PgBouncer> {
    const clients = urls.map((url) => new pg.Client({ connectionString: url }));
    const [{ host, port: target } = { host: '', port: 0 }] = clients;
    const { stdout } = await promisify(execFile)(program, ['--version']);
    const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(stdout)?.map(Number) ?? [];
    const keepsNames = major > 1 || minor >= 21;
    const folder = await mkdtemp(join(tmpdir(), 'imprimatur-pgbouncer-'));
    const port = await freePort();
    const users = clients.map(({ user, password }) => `"${user}" "${String(password)}"`);
    const settings = [
      '[databases]',
      `* = host=${host} port=${target}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = trust',
      `auth_file = ${join(folder, 'users')}`,
      'pool_mode = transaction',
      'default_pool_size = 5',
      ...(keepsNames ? ['max_prepared_statements = 100'] : []),
    ];
    await writeFile(join(folder, 'users'), users.join('\n'));
    await writeFile(join(folder, 'ini'), settings.join('\n'));
    const runAs = await unprivilegedUser();
    for (const path of [folder, join(folder, 'users'), join(folder, 'ini')]) {
      if (runAs.uid !== undefined) await chown(path, runAs.uid, runAs.gid ?? 0);
    }
    const child = spawn(program, [join(folder, 'ini')], { ...runAs, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const bouncer = new PgBouncer(folder, child, port, keepsNames);
    await eventually(() => query(bouncer.through(urls[0] ?? ''), 'SELECT 1')).catch((error: unknown) => {
      throw new Error(`PgBouncer does not serve: ${bouncer.output}`, { cause: error });
    });
    return bouncer;
  }

  /** URL of the database and role, through PgBouncer. */
  through(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${this.port}`;
    url.search = '';
    return url.href;
  }

  async stop(): Promise<void> {
    const ended = new Promise((end) => this.process.once('exit', end));
    this.process.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
