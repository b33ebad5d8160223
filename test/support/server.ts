import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isAlive } from '../../src/embedded-postgres/is-alive.js';
import { eventually } from './eventually.js';

const READY = /(?:API +|listens on )(http:\/\/[^\s,]+?)(?:\/v1|,)/;

/** The real server, built, as a process of its own on an embedded database of its own. */
export class ServerProcess {
  /** Those that were started and not cleaned up. */
  static readonly started = new Set<ServerProcess>();

  output = '';
  url = '';
  private child: ChildProcess | undefined;
  private ended: Promise<number | null> = Promise.resolve(null);

  constructor(
    readonly dataDir: string,
    private readonly environment: Record<string, string> = {},
    /** Command that starts the server. With npm the server is a child of the process that is started here. */
    private readonly command: readonly string[] = [process.execPath, resolve('dist/main.bundle.js')],
  ) {}

  static async create(environment: Record<string, string> = {}, command?: readonly string[]): Promise<ServerProcess> {
    return new ServerProcess(await mkdtemp(join(tmpdir(), 'imprimatur-server-')), environment, command);
  }

  /** Starts it and waits until it says where it listens. */
  async start(): Promise<void> {
    this.spawn();
    await eventually(() => {
      const url = READY.exec(this.output)?.[1];
      if (url === undefined && this.child?.exitCode !== null) throw new Error(`The server ended: ${this.output}`);
      if (url === undefined) throw new Error(`The server is not ready: ${this.output}`);
      this.url = url;
    }, 60_000);
  }

  /** Starts it although it should refuse. Returns the exit code. */
  async startRefused(): Promise<number | null> {
    this.spawn();
    return this.ended;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async key(): Promise<string> {
    return (await readFile(join(this.dataDir, 'admin.key'), 'utf8')).trim();
  }

  async postmaster(): Promise<{ pid: number; socketFolder: string; port: number }> {
    const lines = (await readFile(join(this.dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), socketFolder: lines[4] ?? '' };
  }

  async superuserUrl(): Promise<string> {
    const { socketFolder, port } = await this.postmaster();
    const password = (await readFile(join(this.dataDir, 'postgres.password'), 'utf8')).trim();
    return `postgres://postgres:${password}@localhost:${port}/imprimatur?host=${encodeURIComponent(socketFolder)}`;
  }

  async fetch(path: string, init: { method?: string; body?: unknown; key?: string } = {}): Promise<Response> {
    return fetch(`${this.url}/v1${path}`, {
      method: init.method ?? 'GET',
      headers: { Authorization: `Bearer ${init.key ?? (await this.key())}`, 'Content-Type': 'application/json' },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.child?.kill(signal);
    return this.ended;
  }

  /** Closes the pipes that its log goes to, as a reader does that ends. */
  closeOutput(): void {
    this.child?.stdout?.destroy();
    this.child?.stderr?.destroy();
  }

  /** Waits until it ends by itself. Returns the exit code. */
  end(): Promise<number | null> {
    return this.ended;
  }

  /** As Ctrl-C in a terminal: the signal goes to every process that was started. */
  async interrupt(): Promise<void> {
    process.kill(-this.pid, 'SIGINT');
    await this.ended;
  }

  /** Ends everything that still runs, by its id, and removes the folder. */
  async cleanUp(): Promise<void> {
    if (this.child?.exitCode === null && this.child.signalCode === null) await this.kill('SIGKILL');
    const postmaster = await this.postmaster().catch(() => undefined);
    if (postmaster && isAlive(postmaster.pid)) {
      const command = await readFile(`/proc/${postmaster.pid}/cmdline`, 'utf8').catch(() => '');
      if (command.includes(this.dataDir)) process.kill(postmaster.pid, 'SIGQUIT');
      await eventually(async () => {
        const left = await readFile(`/proc/${postmaster.pid}/cmdline`, 'utf8').catch(() => '');
        if (left.includes(this.dataDir)) throw new Error('PostgreSQL still runs.');
      });
    }
    await rm(this.dataDir, { recursive: true, force: true });
    ServerProcess.started.delete(this);
  }

  private spawn(): void {
    this.output = '';
    ServerProcess.started.add(this);
    const [program = '', ...args] = this.command;
    const child = spawn(program, args, {
      detached: true,
      env: {
        PATH: process.env.PATH,
        // Newer releases of Node.js keep there what they have compiled, so that further starts are quicker.
        ...(process.env.NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
        DATA_DIR: this.dataDir,
        PORT: '0',
        LOG_LEVEL: 'log',
        RATE_LIMIT_FAILURES: '1000000',
        ...this.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.child = child;
    this.ended = new Promise((ended) => child.once('close', ended));
  }
}
