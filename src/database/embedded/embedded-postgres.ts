import { createHmac } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { isAlive } from '../../shared/process.js';
import { prepareFolder } from '../../shared/secrets/secret-file.js';
import { type Binaries, EmbeddedPostgresError, findBinaries } from './binaries.js';
import { type Cluster, ensureCluster } from './cluster.js';
import {
  type Postmaster,
  removeStaleSocketLock,
  runningPostmaster,
  spawnPostmaster,
  stopPostmaster,
} from './postmaster.js';
import { assertReachable, type RunAs, unprivilegedUser } from './run-as.js';

const START_TIMEOUT_MS = 60_000;
/** `sun_path` holds 107 bytes on Linux and 103 on macOS. */
const SOCKET_PATH_BYTES = 103;
/** "imprimat" as the advisory lock that says whose cluster this is. */
const CLUSTER_LOCK = 0x696d7072;
const DATABASE = 'imprimatur';
export const OWNER_ROLE = 'imprimatur_owner';
export const APPLICATION_ROLE = 'imprimatur_app';

/**
 * The PostgreSQL that comes with Imprimatur, on a cluster under DATA_DIR.
 *
 * Whoever holds the cluster's advisory lock is its keeper: one process, which alone may stop it. The lock is a session
 * of PostgreSQL, so it ends with the process that held it, however that ended.
 */
export class EmbeddedPostgres {
  /** Resolves when the session that holds the lock ended before `stop`: PostgreSQL crashed or was killed. */
  readonly lost: Promise<EmbeddedPostgresError>;

  private constructor(
    private readonly cluster: Cluster,
    private readonly postmaster: Postmaster,
    private readonly session: pg.Client,
    private keeps: boolean,
  ) {
    this.lost = new Promise((resolve) => {
      session.once('end', () => {
        this.keeps = false;
        resolve(
          new EmbeddedPostgresError('The embedded PostgreSQL ended; see postgres.log. Start again: it recovers.'),
        );
      });
    });
  }

  /**
   * Starts the cluster, or adopts the one that a killed process left running. `program` is what a refused second start
   * gets to read. Throws EmbeddedPostgresError with a sentence that says what to do.
   */
  static async start(dataDir: string, program: string, { asGuest = false } = {}): Promise<EmbeddedPostgres> {
    const [binaries, user] = await Promise.all([findBinaries(), unprivilegedUser()]);
    await prepareDataDir(dataDir, user);
    await assertReachable(binaries.postgres, user);
    const cluster = await ensureCluster(binaries, dataDir, user);
    const { postmaster, session } = await connectOrStart(binaries, cluster, dataDir, user, program);
    const keeper = await becomeKeeper(session);
    if (keeper !== undefined && !asGuest) {
      await session.end();
      throw new EmbeddedPostgresError(
        `${dataDir} is in use by ${keeper}. Stop that process, or choose another DATA_DIR.`,
      );
    }
    const embedded = new EmbeddedPostgres(cluster, postmaster, session, keeper === undefined);
    if (embedded.isKeeper) await embedded.ensureRolesAndDatabase();
    return embedded;
  }

  /** False for a guest, who uses the cluster while another process keeps it, and once the lock is lost. */
  get isKeeper(): boolean {
    return this.keeps;
  }

  /** For tests and maintenance: bypasses row-level security. */
  superuserUrl(database = 'postgres'): string {
    return this.url('postgres', this.cluster.superuserPassword, database);
  }

  ownerUrl(database = DATABASE): string {
    return this.url(OWNER_ROLE, this.passwordOf(OWNER_ROLE), database);
  }

  applicationUrl(database = DATABASE): string {
    return this.url(APPLICATION_ROLE, this.passwordOf(APPLICATION_ROLE), database);
  }

  get postmasterPid(): number {
    return this.postmaster.pid;
  }

  /** The keeper stops the cluster; a guest only leaves. */
  async stop(): Promise<void> {
    if (this.isKeeper) await stopPostmaster(this.cluster.folder, this.postmaster.pid);
    await this.session.end().catch(() => undefined);
  }

  private url(role: string, password: string, database: string): string {
    const { socketFolder, port } = this.postmaster;
    return `postgres://${role}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(socketFolder)}`;
  }

  /** One secret on disk; the roles' passwords follow from it and do not reveal it. */
  private passwordOf(role: string): string {
    return createHmac('sha256', this.cluster.superuserPassword).update(role).digest('hex');
  }

  private async ensureRolesAndDatabase(): Promise<void> {
    for (const role of [OWNER_ROLE, APPLICATION_ROLE]) {
      const { rowCount } = await this.session.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
      await this.session.query(
        `${rowCount ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '${this.passwordOf(role)}'`,
      );
    }
    const { rowCount } = await this.session.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (!rowCount) await this.session.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER_ROLE}`);
  }
}

/** Secrets in here are files of mode 0600, so root may let the user "postgres" pass through to its own folder. */
async function prepareDataDir(dataDir: string, user: RunAs): Promise<void> {
  await prepareFolder(dataDir);
  if (user.uid === undefined) return;
  await chmod(dataDir, (await stat(dataDir)).mode | 0o011);
  await assertReachable(dataDir, user);
}

async function connectOrStart(binaries: Binaries, cluster: Cluster, dataDir: string, user: RunAs, program: string) {
  const logFile = join(dataDir, 'postgres.log');
  let ended: number | null | undefined;
  let starts = 0;
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await pause(20)) {
    const postmaster = await runningPostmaster(cluster.folder);
    if (postmaster) {
      const session = await connect(postmaster, cluster.superuserPassword, program);
      if (session) return { postmaster, session };
    } else if (starts === 0 || ended !== undefined) {
      // Two processes may start at once: PostgreSQL lets one win, and the other finds the winner in the next round.
      if (++starts > 3) break;
      ended = undefined;
      const folder = await socketFolder(dataDir, user);
      await removeStaleSocketLock(cluster.folder, folder);
      void spawnPostmaster(binaries.postgres, cluster.folder, folder, logFile, user).then(
        (code) => {
          ended = code;
        },
        () => {
          ended = null;
        },
      );
    }
  }
  const lastLines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
  throw new EmbeddedPostgresError(`The embedded PostgreSQL did not start. ${logFile} ends with:\n${lastLines}`);
}

async function socketFolder(dataDir: string, user: RunAs): Promise<string> {
  const beside = join(dataDir, 'run');
  const fits = Buffer.byteLength(join(beside, '.s.PGSQL.5432')) <= SOCKET_PATH_BYTES;
  const folder = fits ? beside : await mkdtemp(join(tmpdir(), 'imprimatur-'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid ?? 0);
  return folder;
}

/** Undefined while PostgreSQL starts, recovers or shuts down; a refused password is an error that waiting does not cure. */
async function connect(postmaster: Postmaster, password: string, program: string): Promise<pg.Client | undefined> {
  const { socketFolder: host, port } = postmaster;
  const application_name = `${program} (process ${process.pid})`;
  const session = new pg.Client({ host, port, user: 'postgres', password, database: 'postgres', application_name });
  session.on('error', () => undefined);
  try {
    await session.connect();
    return session;
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code.startsWith('28')) {
      throw new EmbeddedPostgresError(
        'The embedded PostgreSQL refuses the password in postgres.password. Restore that file from your backup.',
        { cause: error },
      );
    }
    return undefined;
  }
}

/** Takes the cluster's lock, also from a process that died; otherwise says who has it. */
async function becomeKeeper(session: pg.Client): Promise<string | undefined> {
  for (;;) {
    const { rows } = await session.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${CLUSTER_LOCK}) AS taken`);
    if (rows[0]?.taken) return undefined;
    const holders = await session.query<{ pid: number; application_name: string }>(
      `SELECT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       WHERE l.locktype = 'advisory' AND l.objid = ${CLUSTER_LOCK} AND l.granted`,
    );
    const holder = holders.rows[0];
    if (!holder) continue;
    const pid = Number(/process (\d+)/.exec(holder.application_name)?.[1]);
    if (isAlive(pid)) return holder.application_name;
    await session.query('SELECT pg_terminate_backend($1, 5000)', [holder.pid]);
  }
}
