// Starts programs as processes of their own, and knows what they and their PostgreSQL cost. Costs are read from /proc: where
// there is none they are not a number.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { defer } from './cleanup.mjs';

const TICKS_A_SECOND = 100;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** Its log goes to a file, as it may be a line a request and the reader would pay for it. `address` is what `ready` finds. */
export async function startServer(script, environment, logFolder, ready) {
  const logFile = join(logFolder, 'stdout.log');
  const log = openSync(logFile, 'w');
  const child = start(script, environment, ['ignore', log, 'inherit']);
  closeSync(log);
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline && child.isAlive(); await pause(20)) {
    const [, address] = ready.exec(await readFile(logFile, 'utf8')) ?? [];
    if (address) return { ...child, address };
  }
  throw new Error(`${script} did not start: ${await readFile(logFile, 'utf8')}`);
}

/** A program that is asked by a line of JSON on standard input and answers by one. */
export async function startWorker(script, environment) {
  const child = start(script, environment, ['pipe', 'pipe', 'inherit']);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended.`);
    return value;
  };
  await answer();
  return {
    ...child,
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return JSON.parse(await answer());
    },
  };
}

/** The server is started as `npm run start:prod` of its checkout does, under the profiler too. */
export function start(script, environment, stdio) {
  const [, checkout] = /^(.*?)(?:dist\/main\.js|bench\/profiled-server\.mjs)$/.exec(resolve(script)) ?? [];
  const flags = checkout === undefined ? [] : productionFlags(checkout);
  const child = spawn(process.execPath, [...flags, resolve(script)], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
    stdio,
  });
  const ended = new Promise((done) => child.once('exit', done).once('error', done));
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const stop = async () => {
    if (!isAlive()) return;
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(impatience);
  };
  defer(stop);
  return { pid: child.pid, stdin: child.stdin, stdout: child.stdout, isAlive, stop };
}

function productionFlags(checkout) {
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const [, flags] = /^exec node (.*) dist\/main\.js$/.exec(scripts['start:prod']) ?? [];
  if (flags === undefined) throw new Error('start:prod starts the server in a way that is not known here.');
  return flags.split(' ');
}

/** Seconds of CPU that a process has used. */
export async function cpuSeconds(pid) {
  const stat = await statOf(pid);
  return stat.own;
}

/** Seconds of CPU of a PostgreSQL: the postmaster, those it has buried, and all that live. */
export async function postgresCpuSeconds(postmasterPid) {
  const processes = await Promise.all((await readdir('/proc').catch(() => [])).filter(isNumber).map(statOf));
  const postmaster = await statOf(postmasterPid);
  const children = processes.filter(({ parent }) => parent === postmasterPid);
  return children.reduce((sum, { own }) => sum + own, postmaster.own + postmaster.buried);
}

/** Resident memory now and at its highest, in MiB. */
export async function residentMiB(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const of = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

function isNumber(name) {
  return /^\d+$/.test(name);
}

/** See proc_pid_stat(5): fields 4, 14 and 15, 16 and 17. */
async function statOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.replace(/^.*\) /s, '').split(' ');
  const seconds = (first) => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_A_SECOND;
  return { parent: Number(fields[1]), own: seconds(11), buried: seconds(13) };
}
