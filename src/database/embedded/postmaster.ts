import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './binaries.js';
import type { RunAs } from './run-as.js';

const run = promisify(execFile);
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** A running PostgreSQL, as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly socketFolder: string;
}

/**
 * The PostgreSQL that runs on this cluster, whoever started it: after `kill -9` of a server its PostgreSQL lives on.
 * A `postmaster.pid` that names a process which is not this cluster's would block every start, so it is removed.
 */
export async function runningPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const pidFile = join(cluster, 'postmaster.pid');
  const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (await isPostmasterOf(pid, cluster)) {
    return lines[4] === undefined ? undefined : { pid, port: Number(lines[3]), socketFolder: lines[4] };
  }
  await rm(pidFile, { force: true });
  return undefined;
}

/** The lock file beside the socket blocks a start in the same way, for as long as a process has the id it names. */
export async function removeStaleSocketLock(cluster: string, socketFolder: string): Promise<void> {
  const lockFile = join(socketFolder, '.s.PGSQL.5432.lock');
  const pid = Number((await readFile(lockFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (pid > 0 && !(await isPostmasterOf(pid, cluster))) await rm(lockFile, { force: true });
}

async function isPostmasterOf(pid: number, cluster: string): Promise<boolean> {
  const words = await commandLine(pid);
  return words.includes('postgres') && words.includes(await realpath(cluster));
}

/** Empty when there is no such process, or only its remains. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

/**
 * Starts PostgreSQL in a session of its own, so that Ctrl-C in the terminal reaches only us and the database is stopped
 * last. The returned promise settles only if the process ends. No TCP: the socket's folder lets in its owner alone.
 */
export function spawnPostmaster(
  postgres: string,
  cluster: string,
  socketFolder: string,
  logFile: string,
  user: RunAs,
): Promise<number | null> {
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
  return new Promise((ended, failed) => child.once('exit', ended).once('error', failed));
}

function rotate(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
}

/** Ends every session, writes a checkpoint and waits until the process is gone. */
export async function stopPostmaster(cluster: string, pid: number): Promise<void> {
  if (await isPostmasterOf(pid, cluster)) process.kill(pid, 'SIGINT');
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(20)) {
    if (!(await isPostmasterOf(pid, cluster))) return;
  }
  throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) did not stop within 60 s.`);
}
