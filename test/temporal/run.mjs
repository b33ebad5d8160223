// The workflows on a real Temporal and a real server, in processes that are killed. It needs the packages of workers/temporal/, which are
// installed here, and Temporal's command, so that it is no part of `npm test`:
//
//   npm run test:temporal                # TEMPORAL_CLI names the command; otherwise Go builds it once
//   npm run test:temporal -- --record    # also writes workers/temporal/histories/
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BODIES } from '../../dist/workflows/definitions/bodies.js';
import { temporalCli } from './cli.mjs';
import { endPrograms, eventually, freePort, kill, run, startProgram, startProxy, startServer } from './processes.mjs';
import { NAMES, SCENARIOS } from './scenarios.mjs';

const WORKER = resolve('workers/temporal');
const PROGRAMS = 'dist/workers/temporal/src';
const isRecording = process.argv.includes('--record');
const begun = Date.now();

/**
 * Reads the histories as Temporal hands them to anybody, and all that it has on the disk. Both name the runs, whose ids are not secret, so
 * that the rest would be found as well.
 */
async function assertEncrypted(secrets, shown) {
  const files = (await readdir(folder)).filter((name) => name.startsWith('temporal.db'));
  const stored = Buffer.concat(await Promise.all(files.map((name) => readFile(join(folder, name)))));
  const payloads = [...shown.matchAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g)].map(([, text]) => Buffer.from(text, 'base64'));
  assert.ok(payloads.length > 50);
  const readable = Buffer.concat([stored, Buffer.from(shown), ...payloads]);
  assert.deepEqual(
    passed.filter((runId) => !stored.includes(runId) || !readable.includes(`${runId}`)),
    [],
  );
  assert.deepEqual(
    secrets.filter((text) => readable.includes(text)),
    [],
  );
}

/** A history names the processes of the machine that recorded it. */
function withoutMachine(history) {
  return JSON.parse(JSON.stringify(history, (name, value) => (name === 'identity' ? 'recorded' : value)));
}

function inWorker(command, ...parameters) {
  const { status } = spawnSync(command, parameters, { cwd: WORKER, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')} failed in workers/temporal.`);
}

const cli = temporalCli();
// npm writes this file when it has installed what package-lock.json says.
const changedAt = (name) => statSync(join(WORKER, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
  inWorker('npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error');
}
inWorker('npm', 'run', 'build');
const { status: lintStatus } = spawnSync('npx', ['eslint', '--max-warnings', '0', 'workers'], { stdio: 'inherit' });
assert.equal(lintStatus, 0, 'workers/ is not as ESLint wants it.');

const folder = await mkdtemp(join(tmpdir(), 'imprimatur-temporal-'));
// PostgreSQL runs as another user where this runs as root.
await chmod(folder, 0o755);
const database = join(folder, 'temporal.db');
const passed = [];
let proxy;

try {
  const server = await startServer(join(folder, 'data'));
  const [url] = server.match;
  const apiKey = (await readFile(join(folder, 'data/admin.key'), 'utf8')).trim();
  proxy = await startProxy(url);

  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const parameters = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
  const files = ['--db-filename', database, '--log-level', 'error'];
  await startProgram('Temporal', cli, [...parameters, ...files], { HOME: folder }, /Server:|Temporal/);

  const clientEnv = {
    HOME: folder,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_PAYLOAD_KEY: randomBytes(32).toString('base64'),
  };
  const workerEnv = { ...clientEnv, IMPRIMATUR_URL: proxy.url, IMPRIMATUR_API_KEY: apiKey };
  const startWorker = () =>
    startProgram('The worker', process.execPath, [`${PROGRAMS}/worker.js`], workerEnv, /Runs workflows/, WORKER);
  const client = async (parameters, input) =>
    JSON.parse(await run(process.execPath, [`${PROGRAMS}/client.js`, ...parameters], clientEnv, input, WORKER));
  const api = async (path) => {
    const answer = await fetch(`${url}/v1${path}`, { headers: { Authorization: `Bearer ${apiKey}` } });
    return { status: answer.status, body: await answer.json() };
  };
  // The dev server listens before it knows its namespace.
  const start = (workflow, runId, input) =>
    eventually(() => client(['start', workflow, runId], JSON.stringify(input)), 30_000);

  let worker = await startWorker();
  const context = {
    start,
    api,
    proxy,
    signal: (runId, name) => client(['signal', runId, name]),
    cancelByTemporal: (runId) =>
      run(cli, ['workflow', 'cancel', '--workflow-id', runId, '--address', address], { HOME: folder }),
    show: (runId) => client(['show', runId]),
    until: (runId, state) =>
      eventually(async () => {
        const shown = await client(['show', runId]);
        assert.equal(shown.state, state, JSON.stringify(shown));
        return shown;
      }, 90_000),
    async killWorker() {
      await kill(worker, 'SIGKILL');
      worker = await startWorker();
    },
  };

  const untested = Object.keys(BODIES).filter((name) => !SCENARIOS.some(({ workflow }) => workflow === name));
  assert.deepEqual(untested, [], 'These workflows have no scenario in test/temporal/scenarios.mjs.');
  for (const { workflow, runId, title, play } of SCENARIOS) {
    const since = Date.now();
    await play(context, runId);
    passed.push(runId);
    console.log(`passed: ${workflow}: ${title} (${((Date.now() - since) / 1_000).toFixed(1)} s)`);
  }

  assert.ok(proxy.requests.every(({ method, days }) => method === 'GET' || days === '90'));
  const again = await run(
    process.execPath,
    [`${PROGRAMS}/client.js`, 'start', 'lead-to-customer', passed[0]],
    clientEnv,
    '{}',
    WORKER,
  ).catch(String);
  assert.match(again, /There is already a run/);

  const histories = new Map();
  const shown = [];
  for (const runId of passed) {
    histories.set(runId, await client(['history', runId]));
    const show = ['workflow', 'show', '--workflow-id', runId, '--address', address, '--output', 'json'];
    shown.push(await run(cli, show, { HOME: folder }));
  }
  await kill(worker);
  await assertEncrypted(await personal(api), shown.join(''));
  console.log('passed: no name, e-mail address, license key or API key is in what Temporal stored');
  if (isRecording) {
    for (const [runId, history] of histories) {
      const path = join(WORKER, 'histories', `${runId}.json`);
      await writeFile(path, `${JSON.stringify(withoutMachine(history), null, 1)}\n`);
    }
  }
  inWorker('npm', 'test');
  console.log(`${passed.length + 1} passed, 0 failed, in ${((Date.now() - begun) / 1_000).toFixed(0)} s`);

  /** Names, addresses and keys that the runs had to do with, read from the server. */
  async function personal(get) {
    const emails = (await get('/customers?limit=100')).body.data.map(({ email }) => email);
    const keys = [];
    for (const { license_id } of (await get('/licenses?limit=100')).body.data) {
      const reveal = { method: 'POST', headers: { Authorization: `Bearer ${apiKey}` } };
      keys.push((await (await fetch(`${url}/v1/licenses/${license_id}/reveal-key`, reveal)).json()).license_key);
    }
    const found = [...emails.filter(Boolean), ...keys, ...NAMES, apiKey];
    assert.ok(found.length > 8 && found.every((text) => typeof text === 'string'));
    return found;
  }
} finally {
  await endPrograms();
  proxy?.close();
  await rm(folder, { recursive: true, force: true });
}
