// The Prefect example on a real Prefect and a real server. It needs Python 3.10 or newer and makes a virtual environment of 260 MB, so
// that it is no part of `npm test`:
//
//   npm run test:prefect                     # PYTHON names another python3
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  endPrograms,
  eventually,
  freePort,
  run,
  startProgram,
  startProxy,
  startServer,
} from '../temporal/processes.mjs';

const EXAMPLE = resolve('examples/prefect');
const begun = Date.now();

/** Installs what requirements.txt says, unless it is there. Returns the folder of the programs. */
function environment() {
  const { PYTHON = 'python3', XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env;
  const folder = join(XDG_CACHE_HOME, 'imprimatur', 'prefect');
  const wanted = readFileSync(join(EXAMPLE, 'requirements.txt'), 'utf8');
  const stamp = join(folder, 'installed.txt');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    const made = spawnSync(PYTHON, ['-m', 'venv', '--clear', folder], { stdio: 'inherit' });
    if (made.status !== 0) throw new Error(`${PYTHON} with the module venv is missing: install it, or set PYTHON.`);
    const install = ['install', '--quiet', '--disable-pip-version-check', '-r', join(EXAMPLE, 'requirements.txt')];
    const { status } = spawnSync(join(folder, 'bin', 'pip'), install, { stdio: 'inherit' });
    if (status !== 0) throw new Error('The packages of examples/prefect/requirements.txt could not be installed.');
    writeFileSync(stamp, wanted);
  }
  return join(folder, 'bin');
}

const bin = environment();
const folder = await mkdtemp(join(tmpdir(), 'imprimatur-prefect-'));
// PostgreSQL runs as another user where this runs as root.
await chmod(folder, 0o755);
let proxy;

try {
  const server = await startServer(join(folder, 'data'));
  const [url] = server.match;
  const apiKey = (await readFile(join(folder, 'data/admin.key'), 'utf8')).trim();
  proxy = await startProxy(url);

  const home = join(folder, 'prefect');
  const quiet = { HOME: folder, PREFECT_HOME: home, PREFECT_SERVER_ANALYTICS_ENABLED: 'false', DO_NOT_TRACK: '1' };
  const port = await freePort();
  const parameters = ['server', 'start', '--host', '127.0.0.1', '--port', String(port), '--no-ui'];
  await startProgram('Prefect', join(bin, 'prefect'), parameters, quiet, /Check out|Configure Prefect|Uvicorn running/);
  // The server says that it starts before it listens.
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/api/health`)).ok, 120_000);
  const env = {
    ...quiet,
    PREFECT_API_URL: `http://127.0.0.1:${port}/api`,
    IMPRIMATUR_URL: proxy.url,
    IMPRIMATUR_API_KEY: apiKey,
  };
  const python = join(bin, 'python');
  const flow = async (leadId, input) => {
    const printed = await run(python, ['flow.py', leadId], env, JSON.stringify(input), EXAMPLE);
    return JSON.parse(printed.trim().split('\n').at(-1));
  };
  const list = async (path) => {
    const answer = await fetch(`${url}/v1${path}`, { headers: { Authorization: `Bearer ${apiKey}` } });
    return (await answer.json()).data;
  };
  const lead = { first_name: 'Wilhelmina', last_name: 'Quatermain', email: 'lead@lead.example' };
  const order = { lead, license_template_id: 'team-yearly' };
  const licensesOf = ({ customer_id }) => list(`/licenses?customer_id=${customer_id}`);

  const keyOf = (leadId) => `lead-to-customer/${leadId}/issue_license`;
  proxy.busy(keyOf('lead-1'));
  const first = await flow('lead-1', order);
  assert.deepEqual(
    proxy.requests.filter(({ url: path }) => path === '/v1/licenses').map(({ key, days }) => [key, days]),
    Array(2).fill([keyOf('lead-1'), '90']),
  );
  console.log('passed: a step that gets 503 is repeated with the same idempotency key');

  assert.deepEqual(await flow('lead-1', order), first);
  assert.equal((await licensesOf(first)).length, 1);
  assert.equal((await list('/customers?limit=100')).filter(({ email }) => email === lead.email).length, 1);
  console.log('passed: a flow that is run twice makes one customer and one license');

  const held = proxy.hold(keyOf('lead-2'));
  const killed = spawn(python, ['flow.py', 'lead-2'], { cwd: EXAMPLE, env, stdio: ['pipe', 'ignore', 'ignore'] });
  killed.stdin.end(JSON.stringify({ ...order, lead: { ...lead, email: 'second@lead.example' } }));
  await held.arrived;
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  held.release();
  const second = await flow('lead-2', { ...order, lead: { ...lead, email: 'second@lead.example' } });
  assert.equal((await licensesOf(second)).length, 1);
  console.log('passed: a flow that is killed after the license was issued, and is run again, leaves one license');

  const before = proxy.requests.length;
  await assert.rejects(flow('lead-3', { ...order, license_template_id: 'none' }), /Refused: TEMPLATE_NOT_FOUND/);
  assert.equal(proxy.requests.length, before + 2);
  console.log('passed: a refusal is not repeated');

  const keys = [];
  for (const { license_id } of [...(await licensesOf(first)), ...(await licensesOf(second))]) {
    const reveal = { method: 'POST', headers: { Authorization: `Bearer ${apiKey}` } };
    keys.push((await (await fetch(`${url}/v1/licenses/${license_id}/reveal-key`, reveal)).json()).license_key);
  }
  await endPrograms();
  const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const stored = Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
  assert.ok(stored.includes('issue_license') && stored.includes('lead-2'));
  const personal = ['Wilhelmina', 'Quatermain', 'lead.example', apiKey, ...keys];
  assert.ok(personal.length === 6 && personal.every((text) => typeof text === 'string'));
  assert.deepEqual(
    personal.filter((text) => stored.includes(text)),
    [],
  );
  console.log('passed: no name, e-mail address, license key or API key is in what Prefect stored');
  console.log(`5 passed, 0 failed, in ${((Date.now() - begun) / 1_000).toFixed(0)} s`);
} finally {
  await endPrograms();
  proxy?.close();
  await rm(folder, { recursive: true, force: true });
}
