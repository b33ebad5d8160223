import { createHmac } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { isAlive } from './is-alive.js';
import { prepareFolder } from '../shared/secrets/secret-file.js';
import { isConnectionLoss, sqlError } from '../database/sql-errors.js';
import { type Binaries, EmbeddedPostgresError, findBinaries } from './binaries.js';
import { type Cluster, ensureCluster } from './cluster.js';
import {
  type Postmaster,
  removeStaleSocketLock,
  runningPostmaster,
  spawnPostmaster,
  type StartedPostgres,
  stopPostmaster,
} from './postmaster.js';
import { closeFunctions, closeOtherDatabases } from './reach.js';
import { assertReachable, type RunAs, unprivilegedUser } from './run-as.js';

/** Limit while nothing responds; a PostgreSQL that reports recovery may take longer. */
const START_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_SPAWNS = 3;
const POLL_MS = 5;
const CANNOT_CONNECT_NOW = '57P03';
/** `sun_path` holds 107 bytes on Linux and 103 on macOS. */
const SOCKET_PATH_BYTES = 103;
/** Advisory lock "imprimat", which the keeper of the cluster holds. */
const CLUSTER_LOCK = 0x696d7072;
const DATABASE = 'imprimatur';
export const OWNER_ROLE = 'imprimatur_owner';
export const APPLICATION_ROLE = 'imprimatur_app';

/** Callback for sentences about the state of PostgreSQL. */
export type Report = (sentence: string) => void;

interface StartOptions {
  /** Whether to use the cluster while another process keeps it. */
  readonly allowShared?: boolean;
  readonly report?: Report;
}

/** Arguments for opening the session again. */
interface Access {
  readonly cluster: Cluster;
  readonly user: RunAs;
  readonly program: string;
}

/**
 * The PostgreSQL that comes with Imprimatur, on a cluster under DATA_DIR. The process that holds its advisory lock is the keeper, the only
 * one that may stop it. The session's lock ends with the process, even after SIGKILL.
 */
export class EmbeddedPostgres {
  /** Resolves if the keeper loses the cluster before `stop`: PostgreSQL ended, or another process is the keeper. */
  readonly lost: Promise<EmbeddedPostgresError>;
  private reportLoss: (error: EmbeddedPostgresError) => void = () => undefined;
  private stopping = false;
  private recovering: Promise<void> = Promise.resolve();

  private constructor(
    private readonly access: Access,
    private readonly postmaster: Postmaster,
    private session: pg.Client,
    private keeps: boolean,
    private readonly report: Report,
  ) {
    this.lost = new Promise((resolve) => (this.reportLoss = resolve));
    this.watch();
  }

  /**
   * Starts the cluster, or adopts a running one after a killed process. A refused second start reports `program`. Throws
   * EmbeddedPostgresError with the remedy.
   */
  static async start(
    dataDir: string,
    program: string,
    { allowShared = false, report = () => undefined }: StartOptions = {},
  ): Promise<EmbeddedPostgres> {
    const [binaries, user] = await Promise.all([findBinaries(), unprivilegedUser()]);
    await prepareDataDir(dataDir, user);
    await assertReachable(binaries.postgres, user);
    const access = { cluster: await ensureCluster(binaries, dataDir, user), user, program };
    const { postmaster, session, started } = await connectOrStart(binaries, access, dataDir);
    let keeper: string | undefined;
    try {
      keeper = await acquireClusterLock(session);
      if (keeper === undefined) {
        await ensureRolesAndDatabase(session, access.cluster);
        await restrictApplicationRole(session, postmaster, access);
      }
    } catch (error) {
      await session.end();
      await started?.stop();
      throw error;
    }
    if (keeper !== undefined && !allowShared) {
      await session.end();
      throw new EmbeddedPostgresError(
        `${dataDir} is in use by ${keeper}. Stop that process, or choose another DATA_DIR.`,
      );
    }
    return new EmbeddedPostgres(access, postmaster, session, keeper === undefined, report);
  }

  /** False for a guest, which uses the cluster of another keeper, and after a loss of the cluster. */
  get holdsLock(): boolean {
    return this.keeps;
  }

  /** URL of the superuser, which bypasses row-level security; for tests and maintenance. */
  superuserUrl(database = 'postgres'): string {
    return this.url('postgres', this.access.cluster.superuserPassword, database);
  }

  ownerUrl(database = DATABASE): string {
    return this.url(OWNER_ROLE, passwordOf(OWNER_ROLE, this.access.cluster), database);
  }

  applicationUrl(database = DATABASE): string {
    return this.url(APPLICATION_ROLE, passwordOf(APPLICATION_ROLE, this.access.cluster), database);
  }

  get postmasterPid(): number {
    return this.postmaster.pid;
  }

  /** Stops the cluster as its keeper; a guest only disconnects. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.recovering;
    if (this.keeps) await stopPostmaster(this.access.cluster.folder, this.postmaster.pid);
    await this.session.end().catch(() => undefined);
  }

  /** Keeps the cluster when its session ends: PostgreSQL ends all sessions after a crash of one process, and recovers by itself. */
  private watch(): void {
    this.session.once('end', () => {
      if (this.keeps && !this.stopping) this.recovering = this.keepOn();
    });
  }

  private async keepOn(): Promise<void> {
    this.report('The embedded PostgreSQL ended its sessions, as it does when one of its processes was killed.');
    try {
      const session = await this.reconnect();
      if (!session) return;
      const keeper = await acquireClusterLock(session);
      if (keeper !== undefined) {
        await session.end();
        throw new EmbeddedPostgresError(
          `${keeper} took over the embedded PostgreSQL. Stop that process, and start again.`,
        );
      }
      this.session = session;
      this.watch();
      this.report('The embedded PostgreSQL has recovered.');
    } catch (error) {
      this.keeps = false;
      this.reportLoss(error instanceof EmbeddedPostgresError ? error : ended(error));
    }
  }

  /** Returns undefined if `stop` was called meanwhile. Throws EmbeddedPostgresError if this PostgreSQL has ended. */
  private async reconnect(): Promise<pg.Client | undefined> {
    const { cluster, user } = this.access;
    let deadline = Date.now() + START_TIMEOUT_MS;
    for (; !this.stopping; await pause(POLL_MS)) {
      const postmaster = await runningPostmaster(cluster.folder, user);
      if (postmaster === 'STARTING' || postmaster?.pid !== this.postmaster.pid || Date.now() > deadline) throw ended();
      const session = await connect(postmaster, this.access);
      if (session instanceof pg.Client) return session;
      if (session === 'STARTING') deadline = Date.now() + START_TIMEOUT_MS;
    }
    return undefined;
  }

  private url(role: string, password: string, database: string): string {
    const { socketFolder, port } = this.postmaster;
    return `postgres://${role}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(socketFolder)}`;
  }
}

function ended(cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError('The embedded PostgreSQL ended; see postgres.log. Start again: it recovers.', {
    cause,
  });
}

/** Returns the named error if the embedded PostgreSQL is gone; any other error unchanged. */
export function embeddedProblem(error: unknown): unknown {
  const code = sqlError(error)?.code;
  return isConnectionLoss(error) && (code === undefined || code.startsWith('57P')) ? ended(error) : error;
}

/** Derives a role's password from the superuser's, the only stored one, which it does not reveal. */
function passwordOf(role: string, { superuserPassword }: Cluster): string {
  return createHmac('sha256', superuserPassword).update(role).digest('hex');
}

async function ensureRolesAndDatabase(session: pg.Client, cluster: Cluster): Promise<void> {
  for (const role of [OWNER_ROLE, APPLICATION_ROLE]) {
    const { rowCount } = await session.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
    const password = passwordOf(role, cluster);
    await session.query(
      `${rowCount ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '${password}'`,
    );
  }
  const { rowCount } = await session.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (!rowCount) await session.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER_ROLE}`);
  // A role can change its own settings permanently, such as search_path. Migrating sets those that the server needs.
  for (const role of [OWNER_ROLE, APPLICATION_ROLE]) {
    await session.query(`ALTER ROLE ${role} RESET ALL; ALTER ROLE ${role} IN DATABASE ${DATABASE} RESET ALL`);
  }
}

async function restrictApplicationRole(session: pg.Client, postmaster: Postmaster, access: Access): Promise<void> {
  await closeOtherDatabases(session);
  const database = await connect(postmaster, access, DATABASE);
  if (!(database instanceof pg.Client)) throw ended();
  try {
    await closeFunctions(database, OWNER_ROLE);
  } finally {
    await database.end();
  }
}

/** Lets the user "postgres" traverse the folder; its secrets are files of mode 0600. */
async function prepareDataDir(dataDir: string, user: RunAs): Promise<void> {
  await prepareFolder(dataDir);
  if (user.uid === undefined) return;
  await chmod(dataDir, (await stat(dataDir)).mode | 0o011);
  await assertReachable(dataDir, user);
}

interface Connection {
  readonly postmaster: Postmaster;
  readonly session: pg.Client;
  /** Undefined if another process started it. */
  readonly started: StartedPostgres | undefined;
}

/** Connects, or starts PostgreSQL and connects. A failed start stops the PostgreSQL that it started. */
async function connectOrStart(binaries: Binaries, access: Access, dataDir: string): Promise<Connection> {
  const { cluster, user } = access;
  const logFile = join(dataDir, 'postgres.log');
  let started: StartedPostgres | undefined;
  let spawns = 0;
  let deadline = Date.now() + START_TIMEOUT_MS;
  try {
    for (; Date.now() < deadline; await pause(POLL_MS)) {
      const postmaster = await runningPostmaster(cluster.folder, user);
      if (postmaster === 'STARTING') continue;
      if (postmaster) {
        const session = await connect(postmaster, access);
        if (session instanceof pg.Client) return { postmaster, session, started };
        if (session === 'STARTING') deadline = Date.now() + START_TIMEOUT_MS;
      } else if (!started?.runs()) {
        // Two processes may start at once: PostgreSQL lets one win, and the other connects to it in the next round.
        if (++spawns > MAX_SPAWNS) break;
        const folder = await socketFolder(dataDir, user);
        await removeStaleSocketLock(cluster.folder, folder);
        started = spawnPostmaster(binaries.postgres, cluster.folder, folder, logFile, user);
      }
    }
    const lastLines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
    throw new EmbeddedPostgresError(`The embedded PostgreSQL did not start. ${logFile} ends with:\n${lastLines}`);
  } catch (error) {
    await started?.stop();
    throw error;
  }
}

async function socketFolder(dataDir: string, user: RunAs): Promise<string> {
  const runFolder = join(dataDir, 'run');
  const fitsSocketPath = Buffer.byteLength(join(runFolder, '.s.PGSQL.5432')) <= SOCKET_PATH_BYTES;
  const folder = fitsSocketPath ? runFolder : await mkdtemp(join(tmpdir(), 'imprimatur-'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid ?? 0);
  return folder;
}

/**
 * Opens a session of the superuser in this cluster only. Undefined while nothing responds, 'STARTING' during start, recovery and shutdown.
 * A rejected password throws, because waiting would not help.
 */
async function connect(
  { pid, socketFolder: host, port }: Postmaster,
  { cluster: { folder, superuserPassword: password }, program }: Access,
  database = 'postgres',
): Promise<pg.Client | 'STARTING' | undefined> {
  const application_name = `${program} (process ${process.pid})`;
  const session = new pg.Client({
    host,
    port,
    user: 'postgres',
    password,
    database,
    application_name,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  session.on('error', () => undefined);
  let served: string | undefined;
  try {
    await session.connect();
    const { rows } = await session.query<{ served: string }>(`SELECT current_setting('data_directory') AS served`);
    served = rows[0]?.served;
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code.startsWith('28')) {
      throw new EmbeddedPostgresError(
        'The embedded PostgreSQL refuses the password in postgres.password. Restore that file from your backup.',
        { cause: error },
      );
    }
    return code === CANNOT_CONNECT_NOW ? 'STARTING' : undefined;
  }
  if ((await resolved(served)) === (await resolved(folder))) return session;
  await session.end();
  throw new EmbeddedPostgresError(
    `The PostgreSQL that answers in ${host} (process ${pid}) serves ${served}, not ${folder}. Nothing was changed in it. ` +
      'Stop it and start again.',
  );
}

function resolved(path = ''): Promise<string> {
  return realpath(path).catch(() => path);
}

/** Acquires the cluster's lock, also after a killed holder; otherwise returns the holder, also one that names no process. */
async function acquireClusterLock(session: pg.Client): Promise<string | undefined> {
  for (;;) {
    const { rows } = await session.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${CLUSTER_LOCK}) AS taken`);
    if (rows[0]?.taken) return undefined;
    const holders = await session.query<{ pid: number; application_name: string }>(
      `SELECT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       WHERE l.locktype = 'advisory' AND l.objid = ${CLUSTER_LOCK} AND l.granted`,
    );
    const holder = holders.rows[0];
    if (!holder) continue;
    const pid = /\(process (\d+)\)$/.exec(holder.application_name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) return holder.application_name;
    await session.query('SELECT pg_terminate_backend($1, 5000)', [holder.pid]);
  }
}
