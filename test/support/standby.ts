import { spawn, type ChildProcess } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.js';
import { findBinaries } from '../../src/embedded-postgres/binaries.js';
import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { unprivilegedUser } from '../../src/embedded-postgres/run-as.js';
import { migrate } from '../../src/database/migrate.js';
import { withClient } from '../../src/database/with-client.js';
import { TenantRegistry } from '../../src/tenants/index.js';
import { query } from './database.js';
import { eventually } from './eventually.js';

/** A standby with one tenant, as it is while its primary is away: it recovers, answers reads and can be promoted. */
export class Standby {
  private constructor(
    private readonly dataDir: string,
    private readonly postgres: ChildProcess,
    private readonly superuserUrl: string,
    readonly applicationUrl: string,
  ) {}

  static async start(tenantId: string, key: string): Promise<Standby> {
    const dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-standby-'));
    const primary = await EmbeddedPostgres.start(dataDir, 'npm test');
    const [ownerUrl, applicationUrl] = [primary.ownerUrl(), primary.applicationUrl()];
    const superuserUrl = primary.superuserUrl();
    await migrate(ownerUrl, applicationUrl, loadConfig({}));
    await withClient(ownerUrl, (owner) => new TenantRegistry(owner).create(tenantId, key, new Date()));
    await primary.stop();
    const [binaries, user] = await Promise.all([findBinaries(), unprivilegedUser()]);
    const cluster = join(dataDir, 'postgres');
    const signal = join(cluster, 'standby.signal');
    await writeFile(signal, '');
    if (user.uid !== undefined) await chown(signal, user.uid, user.gid ?? 0);
    const settings = ['listen_addresses=', `unix_socket_directories=${join(dataDir, 'run')}`];
    const postgres = spawn(binaries.postgres, ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])], {
      ...user,
      cwd: cluster,
      stdio: 'ignore',
    });
    const standby = new Standby(dataDir, postgres, superuserUrl, applicationUrl);
    await eventually(() => query(superuserUrl, 'SELECT 1'), 30_000);
    return standby;
  }

  async promote(): Promise<void> {
    await query(this.superuserUrl, 'SELECT pg_promote()');
  }

  async stop(): Promise<void> {
    const ended = new Promise((end) => this.postgres.once('exit', end));
    this.postgres.kill('SIGINT');
    await ended;
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
