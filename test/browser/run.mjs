// The client package in a real browser against a real server, each on an origin of its own. It needs Chromium, so it is no part
// of `npm test`:
//
//   npm run test:browser                            # with `chromium` from the PATH
//   CHROMIUM=/path/to/chrome npm run test:browser
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundleClient } from '../../packages/client/bundle.mjs';

const PRODUCT = 'PAGE-001';
const PART_MS = 60_000;
const { CHROMIUM = 'chromium' } = process.env;
const folder = await mkdtemp(join(tmpdir(), 'imprimatur-browser-'));
// PostgreSQL runs as another user where this runs as root.
await chmod(folder, 0o755);

const server = spawn(process.execPath, ['dist/main.bundle.js'], {
  env: { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), PORT: '0', HOST: '127.0.0.1' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const baseUrl = await new Promise((resolve, reject) => {
  createInterface(server.stdout).on('line', (line) => {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url) resolve(url);
  });
  server.on('exit', () => reject(new Error('The server ended.')));
});

async function api(method, path, body) {
  const key = (await readFile(join(folder, 'data/admin.key'), 'utf8')).trim();
  const headers = { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) };
  const response = await fetch(`${baseUrl}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  assert.ok(response.ok, `${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function issue(terms) {
  const template = await api('POST', '/v1/license-templates', {
    template_name: `In a page: ${terms.license_type ?? 'a seat'}`,
    product_id: PRODUCT,
    license_type: 'SUBSCRIPTION',
    license_model: 'PER_SEAT',
    default_duration: 30,
    max_activations: 1,
    features: [{ feature_id: 'f', feature_name: 'F' }],
    ...terms,
  });
  const order = { license_template_id: template.template_id, customer_id: 'customer-001' };
  return (await api('POST', '/v1/licenses', order)).license_key;
}

async function prepare() {
  await api('POST', '/v1/products', { product_id: PRODUCT, name: 'A page' });
  const { kid } = await api('POST', '/v1/signing-keys', {});
  await api('POST', `/v1/signing-keys/${kid}/activate`);
  const { keys } = await (await fetch(`${baseUrl}/v1/client/tenant-001/jwks.json`)).json();
  const floating = { license_type: 'CONCURRENT', heartbeat_interval_seconds: 1, heartbeat_grace_seconds: 1 };
  return {
    baseUrl,
    tenantId: 'tenant-001',
    keys,
    productId: PRODUCT,
    licenses: { floating: await issue(floating), seat: await issue({}) },
  };
}

const { outputFiles } = await bundleClient();
const page = await readFile(new URL('page.mjs', import.meta.url));
const FILES = {
  '/': ['text/html', '<!doctype html><title>client</title><script type="module" src="page.mjs"></script>'],
  '/page.mjs': ['text/javascript', page],
  '/client.js': ['text/javascript', outputFiles[0].contents],
};
let plan;
let part;
let reported;
const pages = createServer(async (request, response) => {
  if (request.url === '/report') {
    reported(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    response.end();
  } else if (request.url === '/plan') {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ ...plan, part }));
  } else {
    const [type, content] = FILES[request.url] ?? ['text/plain', ''];
    response.setHeader('Content-Type', type).end(content);
  }
});
await once(pages.listen(0, '127.0.0.1'), 'listening');

/** A browser of its own for each part, with one profile: what is kept must outlive it. */
async function run(name, expected) {
  part = name;
  const report = new Promise((resolve, reject) => {
    reported = resolve;
    setTimeout(() => reject(new Error(`Nothing was reported of: ${name}`)), PART_MS).unref();
  });
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(folder, 'profile')}`];
  const browser = spawn(CHROMIUM, [...flags, `http://127.0.0.1:${pages.address().port}/`], { stdio: 'ignore' });
  try {
    const result = await Promise.race([report, once(browser, 'error').then(([error]) => Promise.reject(error))]);
    console.log(name, JSON.stringify(result, null, 1));
    assert.deepEqual(result, expected);
    // Chromium writes localStorage to the disk after a moment.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
  } finally {
    browser.kill();
    if (browser.exitCode === null && browser.pid) await once(browser, 'exit');
  }
}

try {
  plan = await prepare();
  await run('online', {
    kept: true,
    longer: true,
    refused: { valid: false, code: 'NOT_ACTIVATED', source: 'server' },
    status: 'ACTIVE',
    checked: { valid: true, code: 'VALID', source: 'server' },
    file: 'this browser',
    list: 'revocations',
  });
  server.kill();
  await once(server, 'exit');
  await run('offline', {
    cached: { valid: true, code: 'VALID', source: 'cache', grace: false },
    otherFeature: { valid: false, code: 'FEATURE_MISSING', source: 'file' },
    tampered: { valid: false, code: 'BAD_SIGNATURE', source: 'cache' },
    byFile: { valid: true, code: 'VALID', source: 'file' },
    elsewhere: { valid: false, code: 'WRONG_DEVICE', source: 'file' },
  });
  await run('clock turned back', { back: { valid: false, code: 'CLOCK_TURNED_BACK', source: 'file' } });
  console.log('3 passed, 0 failed');
} finally {
  if (server.exitCode === null) {
    server.kill();
    await once(server, 'exit');
  }
  pages.close();
  await rm(folder, { recursive: true, force: true });
}
