// The workflows on a real Temporal and a real server, in processes that are killed. It needs the packages of workers/temporal/, which are
// installed here, and Temporal's command, so that it is no part of `npm test`:
//
//   npm run test:temporal                # TEMPORAL_CLI names the command; otherwise Go builds it once
//   npm run test:temporal -- --record    # also writes workers/temporal/histories/
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { permissionsOf } from '../../dist/workflows/definitions/definition.js';
import { DEFINITIONS } from '../../dist/workflows/definitions/definitions.js';
import { temporalCli } from './cli.mjs';
import { endPrograms, eventually, freePort, kill, run, startProgram, startProxy, startServer } from './processes.mjs';
import { SCENARIOS } from './scenarios/index.mjs';
import { attemptsOf, NAMES } from './scenarios/people.mjs';

const WORKER = resolve('workers/temporal');
const PROGRAMS = 'dist/workers/temporal/src';
const HISTORIES = join(WORKER, 'histories');
const isRecording = process.argv.includes('--record');
const begun = Date.now();

/** Payloads of a history in JSON. */
const BASE64 = /"([A-Za-z0-9+/]{8,}={0,2})"/g;

/** A history as text, with its payloads. */
function readable(shown) {
  const payloads = [...shown.matchAll(BASE64)].map(([, text]) => Buffer.from(text, 'base64'));
  assert.ok(payloads.length > 2);
  return Buffer.concat([Buffer.from(shown), ...payloads]);
}

/**
 * Reads the histories as Temporal hands them to anybody, and all that it has on the disk. Both name the runs, whose ids are not secret, so
 * that the rest would be found as well.
 */
async function assertEncrypted(secrets, shown) {
  const files = (await readdir(folder)).filter((name) => name.startsWith('temporal.db'));
  const stored = Buffer.concat(await Promise.all(files.map((name) => readFile(join(folder, name)))));
  const all = Buffer.concat([stored, ...shown.map(readable)]);
  assert.deepEqual(
    passed.filter((runId) => !stored.includes(runId)),
    [],
  );
  assert.deepEqual(
    secrets.filter((text) => all.includes(text)),
    [],
  );
}

/** A history names the processes of the machine that recorded it, and the paths of their programs. */
function withoutMachine(history) {
  return JSON.parse(
    JSON.stringify(history, (name, value) => {
      if (name === 'identity') return 'recorded';
      if (name !== 'data' || typeof value !== 'string') return value;
      const content = JSON.parse(Buffer.from(value, 'base64'));
      if (typeof content?.stack_trace !== 'string') return value;
      return Buffer.from(JSON.stringify({ ...content, stack_trace: '' })).toString('base64');
    }),
  );
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
const { status: lintStatus } = spawnSync('npx', ['oxlint', '--deny-warnings', 'workers'], { stdio: 'inherit' });
assert.equal(lintStatus, 0, 'workers/ is not as oxlint wants it.');

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

  const call = async (path, body, method = body ? 'POST' : 'GET') => {
    const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' };
    const answer = await fetch(`${url}/v1${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  };
  // The permissions that README.md of the worker names, and no others.
  const required = DEFINITIONS.flatMap((definition) => permissionsOf(definition));
  const permissions = [...new Set([...required, 'settings:read'])];
  const { api_key: workerKey } = await call('/api-keys', { name: 'Temporal worker', permissions });

  const clientEnv = {
    HOME: folder,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_PAYLOAD_KEY: randomBytes(32).toString('base64'),
  };
  const workerEnv = { ...clientEnv, IMPRIMATUR_URL: proxy.url, IMPRIMATUR_API_KEY: workerKey };
  const startWorker = () =>
    startProgram('The worker', process.execPath, [`${PROGRAMS}/worker.js`], workerEnv, /Runs workflows/, WORKER);
  const client = async (parameters, input) =>
    JSON.parse(await run(process.execPath, [`${PROGRAMS}/client.js`, ...parameters], clientEnv, input, WORKER));
  const startOnce = (workflow, runId, input) => client(['start', workflow, runId], JSON.stringify(input));

  let worker = await startWorker();
  const killing = SCENARIOS.filter(({ kills }) => kills);
  const waiting = [];
  const context = {
    proxy,
    get: (path) => call(path),
    send: call,
    // The dev server listens before it knows its namespace.
    start: (workflow, runId, input) => eventually(() => startOnce(workflow, runId, input), 30_000),
    async startTwice(workflow, runId, input) {
      const starts = await Promise.allSettled([1, 2].map(() => startOnce(workflow, runId, input)));
      const refused = starts.filter(({ status }) => status === 'rejected').map(({ reason }) => String(reason));
      assert.equal(refused.length, 1, refused.join());
      assert.match(refused[0], /There is already a run/);
    },
    signal: (runId, name) => client(['signal', runId, name]),
    cancelByTemporal: (runId) =>
      run(cli, ['workflow', 'cancel', '--workflow-id', runId, '--address', address], { HOME: folder }),
    /** Waits for the state, and for the signal that the run waits for if one is named. */
    until: (runId, state, signal) =>
      eventually(async () => {
        const shown = await client(['show', runId]);
        assert.equal(shown.state, state, JSON.stringify(shown));
        if (signal) assert.equal(shown.signal, signal, JSON.stringify(shown));
        return shown;
      }, 90_000),
    /** Kills the worker and starts another one when every scenario with a kill is inside its step. */
    killWorker: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (waiting.length < killing.length) return;
        kill(worker, 'SIGKILL')
          .then(async () => (worker = await startWorker()))
          .then(
            () => waiting.forEach((one) => one.resolve()),
            (error) => waiting.forEach((one) => one.reject(error)),
          );
      }),
    /** Asserts that a step had its effect at the first attempt, and that all later ones got the answer of that. */
    assertRepeated(key, status) {
      const [first, ...later] = attemptsOf(context, key);
      assert.deepEqual(first, [status, null]);
      assert.ok(later.length > 0 && later.every((attempt) => String(attempt) === `${status},true`), String(later));
    },
  };

  const untested = DEFINITIONS.filter(({ name }) => !SCENARIOS.some(({ workflow }) => workflow === name));
  assert.deepEqual(untested, [], 'These workflows have no scenario in test/temporal/scenarios/.');
  const play = async ({ workflow, runId, title, play: playOne }) => {
    const since = Date.now();
    await playOne(context, runId);
    passed.push(runId);
    console.log(`passed: ${workflow}: ${title} (${((Date.now() - since) / 1_000).toFixed(1)} s)`);
  };
  for (const scenario of SCENARIOS.filter(({ kills }) => !kills)) await play(scenario);
  await Promise.all(killing.map(play));
  assert.equal(passed.length, SCENARIOS.length);

  assert.ok(proxy.requests.every(({ method, days }) => method === 'GET' || days === '90'));
  for (const { name } of DEFINITIONS) {
    const { runId } = SCENARIOS.find(({ workflow }) => workflow === name);
    await assert.rejects(startOnce(name, runId, {}), /There is already a run/);
  }
  console.log('passed: the id of a run that has ended is not used again');

  const histories = new Map();
  const shown = [];
  for (const runId of passed) {
    histories.set(runId, await client(['history', runId]));
    const show = ['workflow', 'show', '--workflow-id', runId, '--address', address, '--output', 'json'];
    shown.push(await run(cli, show, { HOME: folder }));
  }
  await kill(worker);
  const [personal, keys] = [await personalValues(), await keysAndCodes()];
  await assertEncrypted([...personal, ...keys], shown);
  console.log('passed: no name, e-mail address, license key or API key is in what Temporal stored');
  const decoded = Buffer.concat([...histories.values()].map((history) => readable(JSON.stringify(history))));
  assert.ok(NAMES.every((name) => decoded.includes(name)));
  assert.deepEqual(
    keys.filter((key) => decoded.includes(key)),
    [],
  );
  console.log('passed: no license key or API key is in what the worker encrypted');
  if (isRecording) {
    await rm(HISTORIES, { recursive: true });
    await mkdir(HISTORIES);
    for (const [runId, history] of histories)
      await writeFile(join(HISTORIES, `${runId}.json`), `${JSON.stringify(withoutMachine(history), null, 1)}\n`);
  }
  inWorker('npm', 'test');
  console.log(`${passed.length + 3} passed, 0 failed, in ${((Date.now() - begun) / 1_000).toFixed(0)} s`);

  /** Names and addresses of the people of the runs, and of others. */
  async function personalValues() {
    const people = [...(await call('/customers?limit=100')).data, ...(await call('/partners?limit=100')).data];
    const emails = people.map(({ email }) => email).filter(Boolean);
    assert.ok(emails.length > 8);
    return [...emails, ...NAMES];
  }

  /** License keys and API keys that the runs had to do with. Codes of invitations are in no answer. */
  async function keysAndCodes() {
    const invitations = proxy.requests.filter(({ url: path }) => path === '/v1/partner-invitations');
    assert.ok(invitations.length > 1 && invitations.every(({ answer }) => JSON.parse(answer).code === null));
    const keys = [];
    for (const { license_id } of (await call('/licenses?limit=100')).data)
      keys.push((await call(`/licenses/${license_id}/reveal-key`, undefined, 'POST')).license_key);
    const found = [...keys, apiKey, workerKey];
    assert.ok(keys.length > 8 && found.every((text) => typeof text === 'string'));
    return found;
  }
} finally {
  await endPrograms();
  proxy?.close();
  await rm(folder, { recursive: true, force: true });
}
