import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A server with a database of its own, as `npm start` runs it. */
export async function startServer(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'imprimatur-admin-'));
  // PostgreSQL runs as another user where this runs as root.
  await chmod(folder, 0o755);
  const dataDir = join(folder, 'data');
  const env = { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', HOST: '127.0.0.1', ...settings };
  let program;

  /** Starts the program. Returns its address. */
  function run() {
    program = spawn(process.execPath, ['dist/main.bundle.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
      createInterface(program.stdout).on('line', (line) => {
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
        if (url) resolve(url);
      });
      program.on('exit', () => reject(new Error('The server ended.')));
    });
  }

  async function end(signal) {
    if (program.exitCode !== null || program.signalCode !== null) return;
    program.kill(signal);
    await once(program, 'exit');
  }

  const baseUrl = await run();
  const adminKey = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim();

  async function api(method, path, body, headers = {}) {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${adminKey}`,
        ...(body && { 'Content-Type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json' }),
        ...headers,
      },
      body: typeof body === 'string' ? body : body && JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${text}`);
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return isJson ? JSON.parse(text) : text;
  }

  /** Address that signs in once. */
  async function signInLink() {
    const { stdout } = await promisify(execFile)(process.execPath, ['dist/cli/admin-link.bundle.js'], { env });
    const { hash } = new URL(stdout.trim());
    return `${baseUrl}/admin/${hash}`;
  }

  /** A platform key, as an operator makes it. */
  async function platformKey() {
    const command = ['dist/cli/tenants.bundle.js', 'platform-key', 'operator'];
    await promisify(execFile)(process.execPath, command, { env });
    return (await readFile(join(dataDir, 'platform-operator.key'), 'utf8')).trim();
  }

  async function stop() {
    await end();
    await rm(folder, { recursive: true, force: true });
  }

  return { baseUrl, adminKey, api, signInLink, platformKey, run, end, stop };
}
