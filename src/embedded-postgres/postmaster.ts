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

/** A running PostgreSQL, as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Absolute, and only the user of the cluster may write in it. */
  readonly socketFolder: string;
}

/**
 * The PostgreSQL that runs on this cluster, whoever started it: after `kill -9` of a server its PostgreSQL lives on.
 * A `postmaster.pid` that names a process which is not this cluster's would block every start, so it is removed.
 */
export async function runningPostmaster(cluster: string, user: RunAs): Promise<Postmaster | undefined> {
  const file = join(cluster, 'postmaster.pid');
  const content = await readFile(file, 'utf8').catch(() => '');
  const described = parsePidFile(content);
  if (!described) return undefined;
  const { pid, socket } = described;
  const trusted = socket && (await isOwnFolder(socket.folder, user));
  if (!(await isPostmasterOf(pid, cluster))) {
    if (trusted) await assertUnused(cluster, socketPath(socket));
    await removeUnchanged(file, content);
    return undefined;
  }
  if (!socket) return undefined;
  if (!trusted) {
    throw new EmbeddedPostgresError(
      `A PostgreSQL that Imprimatur did not start (process ${pid}) runs on ${cluster}, ` +
        `with its socket in "${socket.folder}". Stop it and start again.`,
    );
  }
  return { pid, port: socket.port, socketFolder: socket.folder };
}

/** The lock file beside the socket blocks a start in the same way, for as long as a process has the id it names. */
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

/** Nobody but the user of the cluster can have put a socket there. */
async function isOwnFolder(folder: string, user: RunAs): Promise<boolean> {
  if (!isAbsolute(folder)) return false;
  const found = await stat(folder).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === (user.uid ?? process.getuid?.()) && (found.mode & 0o022) === 0;
}

/** A process of another container cannot be seen, but its socket answers. Two PostgreSQLs would ruin the cluster. */
async function assertUnused(cluster: string, socket: string): Promise<void> {
  const answers = await new Promise<boolean>((settle) => {
    const connection = createConnection(socket);
    connection.once('connect', () => settle(true)).once('error', () => settle(false));
    connection.once('connect', () => connection.destroy());
  });
  if (!answers) return;
  throw new EmbeddedPostgresError(
    `A PostgreSQL that cannot be seen from here, perhaps in another container, answers on ${socket}. ` +
      `Stop it: two of them on ${cluster} would destroy it.`,
  );
}

/** Removes the file unless another process has replaced it since it was read. */
async function removeUnchanged(file: string, content: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  const moved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(aside, 'utf8')) !== content) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

/** A PostgreSQL whose folder cannot be told counts as this cluster's: then nothing of its is removed. */
async function isPostmasterOf(pid: number, cluster: string): Promise<boolean> {
  const folder = dataFolderOf(await commandLine(pid));
  if (folder === undefined) return false;
  // PostgreSQL works in its data folder, which a relative argument does not tell.
  const absolute = isAbsolute(folder) ? folder : await readlink(`/proc/${pid}/cwd`).catch(() => cluster);
  const [theirs, ours] = await Promise.all([absolute, cluster].map((path) => realpath(path).catch(() => path)));
  return theirs === ours;
}

/**
 * The folder that a PostgreSQL was started on, as its arguments give it; undefined for any other program, and for the
 * processes that PostgreSQL starts, whose titles are "postgres: …".
 */
export function dataFolderOf(commandLine: string): string | undefined {
  if (!commandLine.includes('\0')) {
    // From "ps", where spaces part the arguments and a folder may hold some.
    const said = /^(?:\/.*\/)?postgres(?: -D ?(.*?)(?: -c .*)?)?$/s.exec(commandLine.trim());
    return said ? (said[1] ?? '') : undefined;
  }
  const [program = '', ...args] = commandLine.split('\0');
  if (basename(program) !== 'postgres') return undefined;
  const at = args.findIndex((argument) => argument.startsWith('-D'));
  return args[at] === '-D' ? args[at + 1] : (args[at]?.slice(2) ?? '');
}

/** Empty when there is no such process, or only its remains. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

/** A PostgreSQL that this process started. */
export interface StartedPostgres {
  /** False once it has ended, or could not be started. */
  runs(): boolean;
  /** Ends it, also while it recovers: what is on disk is recovered at the next start. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL in a session of its own, so that Ctrl-C in the terminal reaches only us and the database is stopped
 * last. No TCP: the socket's folder lets in its owner alone.
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
    // Statements and row values can hold personal data: they do not belong in a log file.
    'log_min_error_statement=panic',
    'log_error_verbosity=terse',
    // A table that grows fast is planned for as it was when it was last looked at.
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

/** Ends every session, writes a checkpoint and waits until the process is gone. */
export async function stopPostmaster(cluster: string, pid: number): Promise<void> {
  if (await isPostmasterOf(pid, cluster)) process.kill(pid, 'SIGINT');
  for (const deadline = Date.now() + STOP_TIMEOUT_MS; Date.now() < deadline; await pause(20)) {
    if (!(await isPostmasterOf(pid, cluster))) return;
  }
  throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s.`);
}
