// Processes and a proxy for the tests of other engines. Each ends by its id.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const READY_MS = 120_000;
const started = [];

/** Starts a program and waits until it prints a line that matches. Returns the process, with the `match`. */
export async function startProgram(name, command, parameters, env, ready, cwd) {
  const child = spawn(command, parameters, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
  });
  const program = { name, child, ended: once(child, 'close'), output: '' };
  started.push(program);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      program.output += `${line}\n`;
      program.match ??= ready.exec(line);
    });
  }
  await eventually(() => {
    if (child.exitCode !== null) throw new Fatal(`${name} ended: ${program.output}`);
    return program.match;
  }, READY_MS);
  return program;
}

export async function kill({ child, ended }, signal = 'SIGTERM') {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await ended;
}

/** Ends what still runs, last first. */
export async function endPrograms() {
  for (const program of started.reverse()) await kill(program);
}

/** Runs a program to its end, with `input` as its standard input. Returns what it printed; throws Error if it failed. */
export async function run(command, parameters, env, input = '', cwd) {
  const child = spawn(command, parameters, { env: { PATH: process.env.PATH, ...env }, cwd });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (texts[name] += chunk));
  child.stdin.end(input);
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${parameters.join(' ')} ended with ${status}: ${texts.stderr}${texts.stdout}`);
  return texts.stdout;
}

class Fatal extends Error {}

/** Calls `attempt` until it returns something true. */
export async function eventually(attempt, milliseconds = 60_000) {
  for (const end = Date.now() + milliseconds; ;) {
    try {
      const value = await attempt();
      if (value) return value;
      if (Date.now() > end) throw new Error(`Nothing came of ${attempt}.`);
    } catch (error) {
      if (error instanceof Fatal || Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Port of loopback that nobody uses at the moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The server of this repository, with sample data and a database of its own in `folder`. */
export async function startServer(folder) {
  const env = { DATA_DIR: folder, PORT: '0', HOST: '127.0.0.1', WORKFLOWS: 'off' };
  return startProgram('Imprimatur', process.execPath, ['dist/main.bundle.js'], env, /http:\/\/127\.0\.0\.1:\d+/);
}

/**
 * A proxy before the server. `busy` lets it answer the next request with an idempotency key by a 503 that the server never sees. `hold` keeps
 * the answers of the server to a key until they are released, so that its caller can die in between. `requests` are those that came.
 */
export async function startProxy(target) {
  const requests = [];
  const busy = new Set();
  const held = new Map();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const { method, url, headers } = request;
    const key = headers['idempotency-key'];
    const seen = {
      method,
      url,
      key,
      days: headers['idempotency-remember-days'],
      sent: body.toString(),
      replayed: null,
    };
    requests.push(seen);
    if (busy.delete(key)) {
      seen.status = 503;
      return response.writeHead(seen.status, { 'Content-Type': 'text/plain' }).end('busy');
    }
    const forwarded = { ...headers };
    for (const name of ['host', 'connection', 'content-length']) delete forwarded[name];
    const answer = await fetch(`${target}${url}`, { method, headers: forwarded, ...(body.length > 0 && { body }) });
    seen.answer = await answer.text();
    seen.status = answer.status;
    seen.replayed = answer.headers.get('idempotency-replayed');
    held.get(key)?.arrive();
    await held.get(key)?.released;
    response.writeHead(answer.status, { 'Content-Type': answer.headers.get('content-type') ?? '' }).end(seen.answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    requests,
    url: `http://127.0.0.1:${server.address().port}`,
    busy: (key) => busy.add(key),
    /** Returns what is fulfilled when the server has given the first answer, and the function that lets go of all. */
    hold(key) {
      const hold = {};
      hold.arrived = new Promise((resolve) => (hold.arrive = resolve));
      hold.released = new Promise((resolve) => (hold.release = resolve));
      held.set(key, hold);
      return hold;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
