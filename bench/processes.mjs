// Starts programs as processes of their own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { defer } from './cleanup.mjs';

const PROBE = new URL('./contenders/probe.mjs', import.meta.url).href;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** Its log goes to a file, as it may be a line a request and the reader would pay for it. `address` is what `ready` finds. */
export async function startServer(script, environment, logFolder, ready) {
  const logFile = join(logFolder, 'stdout.log');
  const log = openSync(logFile, 'w');
  const child = startProbed(script, environment, ['ignore', log, 'inherit']);
  closeSync(log);
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline && child.isAlive(); await pause(20)) {
    const [, address] = ready.exec(await readFile(logFile, 'utf8')) ?? [];
    if (address) return { ...child, address };
  }
  throw new Error(`${script} did not start: ${await readFile(logFile, 'utf8')}`);
}

/** A program that is asked by a line of JSON on standard input and answers by one. */
export async function startWorker(script, environment) {
  const child = startProbed(script, environment, ['pipe', 'pipe', 'inherit']);
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

/** `probe` asks it to 'begin' to count or to 'end', and answers what the program says; see contenders/probe.mjs. */
function startProbed(script, environment, stdio) {
  const { child, ...started } = start(script, environment, [...stdio, 'ipc'], ['--import', PROBE]);
  child.channel.unref();
  const probe = async (question) => {
    child.channel.ref();
    const answer = once(child, 'message');
    child.send(question);
    const [counts] = await answer;
    child.channel.unref();
    return counts;
  };
  return { ...started, probe };
}

/** The server is started as `npm run start:prod` of its checkout does, under the profiler too. */
export function start(script, environment, stdio, options = []) {
  const [, checkout] = /^(.*?)(?:dist\/main(?:\.bundle)?\.js|bench\/profiled-server\.mjs)$/.exec(resolve(script)) ?? [];
  const { settings, flags } = checkout === undefined ? { settings: {}, flags: [] } : inProduction(checkout);
  const child = spawn(process.execPath, [...flags, ...options, resolve(script)], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...settings, ...environment },
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
  return { child, pid: child.pid, stdin: child.stdin, stdout: child.stdout, isAlive, stop };
}

/** Returns the settings and the flags with which `npm run start:prod` of a checkout starts the server. An earlier one has no settings. */
function inProduction(checkout) {
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const command = /^(?:(\w+)=\$\{\1:-(\w+)\} )?exec node (.*) dist\/main(?:\.bundle)?\.js$/;
  const [, name, value, flags] = command.exec(scripts['start:prod']) ?? [];
  if (flags === undefined) throw new Error('start:prod starts the server in a way that is not known here.');
  return { settings: name === undefined ? {} : { [name]: value }, flags: flags.split(' ') };
}
