import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { link, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { basename, isAbsolute, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './binaries.js';
import { parsePidFile } from './pid-file.js';
import type { RunAs } from './run-as.js';

const run = promisify(execFile);
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
const STOP_TIMEOUT_MS = 60_000;

/** A running PostgreSQL, as pidFile by its `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Absolute path, writable for the user of the cluster only. */
  readonly socketFolder: string;
}

/**
 * Finds the PostgreSQL on this cluster, which survives a SIGKILL of the server that started it; 'STARTING' until it has written where its
 * socket is. A `postmaster.pid` of another process would block every start, so it is removed.
 */
export async function runningPostmaster(cluster: string, user: RunAs): Promise<Postmaster | 'STARTING' | undefined> {
  const file = join(cluster, 'postmaster.pid');
  const content = await readFile(file, 'utf8').catch(() => '');
  const pidFile = parsePidFile(content);
  if (!pidFile) return undefined;
  const { pid, socket } = pidFile;
  const trusted = socket && (await isOwnFolder(socket.folder, user));
  if (!(await isPostmasterOf(pid, cluster))) {
    if (trusted) await assertUnused(cluster, socketPath(socket));
    await removeUnchanged(file, content);
    return undefined;
  }
  if (!socket) return 'STARTING';
  if (!trusted) {
    throw new EmbeddedPostgresError(
      `A PostgreSQL that Imprimatur did not start (process ${pid}) runs on ${cluster}, ` +
        `with its socket in "${socket.folder}". Stop it and start again.`,
    );
  }
  return { pid, port: socket.port, socketFolder: socket.folder };
}

/** Removes the lock file of the socket, which blocks a start while any process has its id. */
export async function removeStaleSocketLock(cluster: string, socketFolder: string): Promise<void> {
  const socket = socketPath({ folder: socketFolder, port: 5432 });
  const content = await readFile(`${socket}.lock`, 'utf8').catch(() => '');
  const pid = parsePidFile(content)?.pid;
  if (pid === undefined || (await isPostmasterOf(pid, cluster))) return;
  await assertUnused(cluster, socket);
  await removeUnchanged(`${socket}.lock`, content);
}

function socketPath({ folder, port }: { folder: string; port: number }): string {
  return join(folder, `.s.PGSQL.${port}`);
}

/** Returns whether only the user of the cluster can have created the socket. */
async function isOwnFolder(folder: string, user: RunAs): Promise<boolean> {
  if (!isAbsolute(folder)) return false;
  const found = await stat(folder).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === (user.uid ?? process.getuid?.()) && (found.mode & 0o022) === 0;
}

/** Throws if the socket responds: a process of another container is not visible, and two PostgreSQLs would destroy the cluster. */
async function assertUnused(cluster: string, socket: string): Promise<void> {
  const answers = await new Promise<boolean>((resolve) => {
    const connection = createConnection(socket);
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false));
    connection.once('connect', () => connection.destroy());
  });
  if (!answers) return;
  throw new EmbeddedPostgresError(
    `A PostgreSQL that cannot be seen from here, perhaps in another container, answers on ${socket}. ` +
      `Stop it: two of them on ${cluster} would destroy it.`,
  );
}

/** Removes the file unless another process has replaced it since the read. */
async function removeUnchanged(file: string, content: string): Promise<void> {
  const movedFile = `${file}.${randomBytes(6).toString('hex')}`;
  const moved = await rename(file, movedFile).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(movedFile, 'utf8')) !== content) await link(movedFile, file).catch(() => undefined);
  await rm(movedFile, { force: true });
}

/** Returns whether the process is this cluster's PostgreSQL. An unknown folder counts as such, so that nothing of it is removed. */
async function isPostmasterOf(pid: number, cluster: string): Promise<boolean> {
  const folder = dataFolderOf(await commandLine(pid));
  if (folder === undefined) return false;
  // PostgreSQL works in its data folder, which resolves a relative argument.
  const absolute = isAbsolute(folder) ? folder : await readlink(`/proc/${pid}/cwd`).catch(() => cluster);
  const [theirs, ours] = await Promise.all([absolute, cluster].map((path) => realpath(path).catch(() => path)));
  return theirs === ours;
}

/**
 * Returns the data folder in the arguments of a PostgreSQL; undefined for other programs and for the children of PostgreSQL, whose titles
 * are "postgres: …".
 */
export function dataFolderOf(commandLine: string): string | undefined {
  if (!commandLine.includes('\0')) {
    // Output of "ps", where spaces separate the arguments and a folder may contain some.
    const match = /^(?:\/.*\/)?postgres(?: -D ?(.*?)(?: -c .*)?)?$/s.exec(commandLine.trim());
    return match ? (match[1] ?? '') : undefined;
  }
  const [program = '', ...args] = commandLine.split('\0');
  if (basename(program) !== 'postgres') return undefined;
  const at = args.findIndex((argument) => argument.startsWith('-D'));
  return args[at] === '-D' ? args[at + 1] : (args[at]?.slice(2) ?? '');
}

/** Returns an empty text if the process does not exist or is a zombie. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

/** A PostgreSQL that this process started. */
export interface StartedPostgres {
  /** Returns false once it has ended or failed to start. */
  runs(): boolean;
  /** Ends PostgreSQL, also during recovery: the next start recovers the data on disk. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL in its own session, so that Ctrl-C reaches only this process and the database stops last. Without TCP: only its user
 * can enter the folder of the socket.
 */
export function spawnPostmaster(
  postgres: string,
  cluster: string,
  socketFolder: string,
  logFile: string,
  user: RunAs,
): StartedPostgres {
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${socketFolder}`,
    'unix_socket_permissions=0700',
    // Statements and row values can contain personal data, which must not reach a log file.
    'log_min_error_statement=panic',
    'log_error_verbosity=terse',
    // Frequent runs of autovacuum keep the statistics current that plans for fast-growing tables use.
    'autovacuum_naptime=5s',
  ];
  rotate(logFile);
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(postgres, ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])], {
    ...user,
    cwd: cluster,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
  closeSync(log);
  child.unref();
  let running = true;
  const end = () => (running = false);
  child.once('exit', end).once('error', end);
  return {
    runs: () => running,
    stop: async () => {
      child.kill('SIGINT');
      for (const deadline = Date.now() + STOP_TIMEOUT_MS; running && Date.now() < deadline;) await pause(20);
      if (running) child.kill('SIGQUIT');
    },
  };
}

function rotate(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
}

/** Ends all sessions, writes a checkpoint and waits for the end of the process. */
export async function stopPostmaster(cluster: string, pid: number): Promise<void> {
  if (await isPostmasterOf(pid, cluster)) process.kill(pid, 'SIGINT');
  for (const deadline = Date.now() + STOP_TIMEOUT_MS; Date.now() < deadline; await pause(20)) {
    if (!(await isPostmasterOf(pid, cluster))) return;
  }
  throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s.`);
}
