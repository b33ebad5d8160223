// The admin UI in a real browser against a real server. It needs Chromium, so it is no part of `npm test`:
//
//   npm run test:admin                              # with `chromium` from the PATH
//   CHROMIUM=/path/to/chrome npm run test:admin
//   npm run test:admin -- --screenshots FOLDER      # also writes a picture of each screen, in both themes
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { accessibilityFaults, launch, openBrowser } from './browser.mjs';

const FIRST_LOAD_LIMIT_BYTES = 230_000;
const [, , option, pictures = 'test-results/admin'] = process.argv;
const withPictures = option === '--screenshots';
const folder = await mkdtemp(join(tmpdir(), 'imprimatur-admin-'));
// PostgreSQL runs as another user where this runs as root.
await chmod(folder, 0o755);
const dataDir = join(folder, 'data');

const environment = { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', HOST: '127.0.0.1' };
const server = spawn(process.execPath, ['dist/main.bundle.js'], {
  env: environment,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const baseUrl = await new Promise((resolve, reject) => {
  createInterface(server.stdout).on('line', (line) => {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url) resolve(url);
  });
  server.on('exit', () => reject(new Error('The server ended.')));
});
const adminKey = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim();

async function api(method, path, body) {
  const headers = { Authorization: `Bearer ${adminKey}`, ...(body && { 'Content-Type': 'application/json' }) };
  const response = await fetch(`${baseUrl}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  assert.ok(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

const PEOPLE = [
  ['Ada', 'Lovelace', 'Analytical Engines'],
  ['Grace', 'Hopper', 'Harbour Systems'],
  ['Alan', 'Turing', 'Bletchley Labs'],
  ['Barbara', 'Liskov', 'Abstract Ltd'],
  ['Margaret', 'Hamilton', 'Apollo Software'],
];

/** A program whose device finds no free seat. */
async function refuse(license_key) {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ license_key, fingerprint: 'one-too-many' });
  for (const path of ['activate', 'validate'])
    await fetch(`${baseUrl}/v1/client/${path}`, { method: 'POST', headers, body });
}

/** Licenses of several customers, in several states. */
async function prepare() {
  await api('POST', '/v1/license-templates', {
    template_id: 'studio',
    template_name: 'Studio',
    product_id: 'ISP-PRO-001',
    license_type: 'SUBSCRIPTION',
    license_model: 'PER_DEVICE',
    default_term: { years: 1 },
    max_activations: 2,
    trial_allowed: true,
    features: [
      { feature_id: 'reports', feature_name: 'Reports', limit_type: 'COUNT', limit_value: 100, reset_period: 'MONTH' },
    ],
  });
  for (const [index, [first_name, last_name, company_name]] of PEOPLE.entries()) {
    const customer_id = `customer-1${index}`;
    const email = `${first_name.toLowerCase()}@example.com`;
    await api('POST', '/v1/customers', { customer_id, first_name, last_name, company_name, email });
    const order = { license_template_id: 'professional-isp', customer_id };
    const { license_id, license_key } = await api('POST', '/v1/licenses', order);
    for (let device = 0; device <= index; device++)
      await api('POST', `/v1/licenses/${license_id}/activations`, {
        fingerprint: `device-${device}`,
        name: `Desk ${device}`,
      });
    const reason = { code: 'PAYMENT_OVERDUE' };
    if (index === 4) await refuse(license_key);
    await api('POST', '/v1/licenses', { license_template_id: 'studio', customer_id, trial: true });
    if (index === 1) await api('POST', `/v1/licenses/${license_id}/suspend`, { reason });
    if (index === 2) await api('POST', `/v1/licenses/${license_id}/revoke`, { reason });
  }
}

async function signInLink() {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/cli/admin-link.bundle.js'], {
    env: environment,
  });
  const { hash } = new URL(stdout.trim());
  return `${baseUrl}/admin/${hash}`;
}

const browser = await launch();
const opened = [];
async function open(options) {
  const one = await openBrowser(browser, baseUrl, options);
  opened.push(one);
  return one.page;
}

async function signIn(page, key = adminKey) {
  await page.goto(`${baseUrl}/admin/`);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in with API key' }).click();
  await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
}

let passed = 0;
async function step(name, run) {
  try {
    await run();
    passed++;
    console.log(`ok ${name}`);
  } catch (error) {
    console.error(`FAILED ${name}`);
    for (const { page } of opened)
      await page
        .screenshot({ path: join(tmpdir(), `admin-failed-${opened.findIndex((one) => one.page === page)}.png`) })
        .catch(() => undefined);
    throw error;
  }
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const seen = (page, text) => page.getByText(text).first().waitFor();

async function flows() {
  const page = await open();
  let licenseId = '';

  await step('a browser is led to the sign-in page, which says why a key is refused', async () => {
    await page.goto(`${baseUrl}/`);
    await page.waitForURL(`${baseUrl}/admin/`);
    await page.getByLabel('API key').fill(`imp_${'A'.repeat(38)}`);
    await button(page, 'Sign in with API key').click();
    await seen(page, 'This API key is not valid.');
  });

  await step('a link signs in once, and its code leaves the address', async () => {
    const link = await signInLink();
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    assert.equal(page.url().includes('code='), false);
    const other = await open();
    await other.goto(link);
    await seen(other, 'The link was used already');
  });

  await step('a license is issued, and its key shown once', async () => {
    await page.getByRole('link', { name: 'Issue license' }).click();
    await page.getByRole('button', { name: /^Studio/ }).click();
    await page.getByRole('combobox').fill('Ada');
    await page.getByRole('option', { name: /Ada Lovelace/ }).click();
    await button(page, 'Next').click();
    await seen(page, '"license_template_id":"studio"');
    await button(page, 'Issue license').click();
    await seen(page, 'The license is issued');
    assert.match(await page.locator('[data-license-key]').innerText(), /^[0-9A-F]{4}(-[0-9A-F]{4})+$/);
    await page.getByRole('link', { name: 'Open license' }).click();
    await page.getByRole('heading', { name: /Ada Lovelace/, level: 1 }).waitFor();
    licenseId = new URL(page.url()).pathname.split('/').at(-1);
  });

  await step('a refusal is explained, a seat freed, the device activated', async () => {
    for (const device of ['laptop', 'desktop'])
      await api('POST', `/v1/licenses/${licenseId}/activations`, { fingerprint: device, name: device });
    await page.getByRole('tab', { name: 'Explain' }).click();
    await page.getByLabel('Device').fill('tablet');
    await button(page, 'Explain').click();
    await seen(page, 'The program may not run');
    await seen(page, 'All seats are taken');
    await button(page, 'Release a device').click();
    await page
      .getByRole('row', { name: /laptop/ })
      .getByRole('button', { name: 'Release' })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
    await seen(page, 'The seat is free.');
    await page.getByRole('tab', { name: 'Explain' }).click();
    await page.getByLabel('Device').fill('tablet');
    await button(page, 'Explain').click();
    await button(page, 'Activate this device').click();
    await seen(page, 'The program may run');
  });

  await step('a past time is explained from the event log', async () => {
    await page.getByLabel('At a past time').fill('2020-01-01T00:00');
    await button(page, 'Explain').click();
    await page.getByRole('alert').or(page.getByText('As of')).first().waitFor();
  });

  await step('it is renewed, with the change in the timeline', async () => {
    await button(page, 'Renew').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Renew by').selectOption('24');
    await dialog.getByLabel('Note').fill('two more years');
    await dialog.getByRole('button', { name: 'Renew' }).click();
    await seen(page, 'The license is renewed.');
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await seen(page, 'Customer asked for it: two more years');
  });

  await step('a change that another one has overtaken shows the difference', async () => {
    await button(page, 'More actions').click();
    await page.getByRole('menuitem', { name: 'Change terms' }).click();
    await page.getByRole('dialog').getByLabel('Seats').fill('7');
    await api('PATCH', `/v1/licenses/${licenseId}`, { grace_period_days: 11 });
    await button(page, 'Save').click();
    await seen(page, 'Changed meanwhile');
    await seen(page, 'grace_period_days');
    await button(page, 'Use the current state').click();
    await button(page, 'Save').click();
    await seen(page, 'The license is changed.');
    const { max_activations, grace_period_days } = await api('GET', `/v1/licenses/${licenseId}`);
    assert.deepEqual({ max_activations, grace_period_days }, { max_activations: 7, grace_period_days: 11 });
  });

  await step('a key is revealed only after the sign-in was confirmed', async () => {
    // The server asks for it ten minutes after the sign-in.
    const problem = {
      type: 'urn:imprimatur:problem:RECENT_SIGN_IN_REQUIRED',
      title: 'Forbidden',
      status: 403,
      code: 'RECENT_SIGN_IN_REQUIRED',
    };
    const body = JSON.stringify({
      ...problem,
      detail: 'Sign in again.',
      instance: 'urn:request:1',
      next: { action: 'sign_in' },
    });
    await page.route(
      '**/reveal-key',
      (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body }),
      { times: 1 },
    );
    await button(page, 'Show key').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Show key' }).click();
    await page.getByRole('dialog', { name: 'Confirm that it is you' }).getByLabel('API key').fill(adminKey);
    await button(page, 'Confirm').click();
    await page.locator('[data-license-key]').waitFor();
    await button(page, 'Done').click();
  });

  await step('it is revoked, after the end of its key was typed', async () => {
    await button(page, 'More actions').click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    const dialog = page.getByRole('dialog');
    const { license_key_last_four: lastFour } = await api('GET', `/v1/licenses/${licenseId}`);
    assert.equal(await dialog.getByRole('button', { name: 'Revoke for good' }).isDisabled(), true);
    await dialog.getByLabel(`Type ${lastFour}`).fill(lastFour);
    await dialog.getByRole('button', { name: 'Revoke for good' }).click();
    await seen(page, 'Revoked for good');
    assert.equal((await api('GET', `/v1/licenses/${licenseId}`)).status, 'REVOKED');
  });

  await step('filters stand in the address, and the view is exported', async () => {
    await page.getByRole('link', { name: 'Licenses' }).first().click();
    await page.getByLabel('Every status').selectOption('SUSPENDED');
    await page.waitForURL(/status=SUSPENDED/);
    await seen(page, 'Grace Hopper');
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Export CSV').click()]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    assert.equal(lines.length, 2);
    await page.reload();
    await seen(page, 'Grace Hopper');
  });

  await step('faults of a form stand at its fields, and unsaved changes are guarded', async () => {
    await page.goto(`${baseUrl}/admin/products/new`);
    await page.getByLabel('Name').fill('Probe');
    await page.getByLabel('Product ID').fill('not an id!');
    await button(page, 'Create product').click();
    await page.locator('[aria-invalid=true]').waitFor();
    await page.getByRole('link', { name: 'Licenses' }).first().click();
    await seen(page, 'Leave this page?');
    await button(page, 'Stay').click();
    await page.getByLabel('Product ID').fill('PROBE-1');
    await button(page, 'Create product').click();
    await page.getByRole('heading', { name: 'Probe', level: 1 }).waitFor();
  });

  await step('of two tabs that edit a template, the second sees what the first has changed', async () => {
    await page.goto(`${baseUrl}/admin/templates/studio`);
    await page.getByLabel(/^Name/).first().fill('Studio Pro');
    await api('PATCH', '/v1/license-templates/studio', { grace_period_days: 5 });
    await button(page, 'Save').click();
    await seen(page, 'Changed meanwhile');
    await button(page, 'Keep my changes on top').click();
    await button(page, 'Save').click();
    await page.getByRole('heading', { name: /Studio Pro/, level: 1 }).waitFor();
    const { template_name, grace_period_days } = await api('GET', '/v1/license-templates/studio');
    assert.deepEqual({ template_name, grace_period_days }, { template_name: 'Studio Pro', grace_period_days: 5 });
  });

  await step('the keyboard leads everywhere', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement?.hasAttribute('data-search')), true);
    await page.keyboard.type('Turing');
    await page.waitForURL(/q=Turing/);
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
  });

  await step('support sees no action that it may not take', async () => {
    const { id, api_key } = await api('POST', '/v1/api-keys', { name: 'Help desk', role: 'support' });
    const support = await open();
    await signIn(support, api_key);
    assert.equal(await support.getByRole('link', { name: 'Issue license' }).count(), 0);
    assert.equal(await support.getByRole('link', { name: 'API keys' }).count(), 0);
    await support.goto(`${baseUrl}/admin/api-keys`);
    await seen(support, 'You may not see this');
    await api('POST', `/v1/api-keys/${id}/revoke`);
    const begun = Date.now();
    while ((await support.getByText('Your session has ended').count()) === 0 && Date.now() - begun < 15_000) {
      await support
        .getByRole('link', { name: /Customers|Licenses/ })
        .last()
        .click({ timeout: 2_000 })
        .catch(() => undefined);
      await support.reload();
    }
    await support.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  await step('signing out ends the session', async () => {
    await button(page, 'Sign out').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
}

async function firstLoad() {
  await step(`the first load is at most ${FIRST_LOAD_LIMIT_BYTES / 1_000} kB`, async () => {
    const page = await open();
    const bodies = [];
    page.on('response', (response) => {
      if (new URL(response.url()).pathname.startsWith('/admin')) bodies.push(response.body());
    });
    await signIn(page);
    const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
    console.log(`   ${bytes} bytes, compressed`);
    assert.ok(bytes > 100_000 && bytes <= FIRST_LOAD_LIMIT_BYTES, `${bytes} bytes`);
  });
}

async function screens() {
  const { data: licenses } = await api('GET', '/v1/licenses?limit=50');
  const full = licenses.find(({ issued_to, trial }) => issued_to === 'Margaret Hamilton' && !trial);
  const screensToSee = {
    dashboard: ['/dashboard'],
    licenses: ['/licenses'],
    license: [`/licenses/${full.license_id}`],
    explain: [
      `/licenses/${full.license_id}?tab=explain`,
      async (page) => {
        await page.getByLabel('Device').fill('new-laptop');
        await page.getByLabel('Country').fill('DE');
        await button(page, 'Explain').click();
        await seen(page, 'The program may not run');
      },
    ],
    issue: ['/issue'],
    template: ['/templates/studio'],
    ...(withPictures && {
      devices: [`/licenses/${full.license_id}?tab=devices`],
      usage: [`/licenses/${full.license_id}?tab=usage`],
      timeline: [`/licenses/${full.license_id}?tab=timeline`],
      'new-template': ['/templates/new'],
      templates: ['/templates'],
      customers: ['/customers'],
      customer: ['/customers/customer-10'],
      products: ['/products'],
      product: ['/products/ISP-PRO-001'],
      events: ['/events'],
      'workflow-runs': ['/workflow-runs'],
      'api-keys': ['/api-keys'],
      sessions: ['/sessions'],
      settings: ['/settings'],
    }),
  };
  if (withPictures) await mkdir(pictures, { recursive: true });
  for (const theme of ['light', 'dark']) {
    const page = await open({ colorScheme: theme });
    await page.goto(`${baseUrl}/admin/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await step(`axe finds nothing on the sign-in page, ${theme}`, async () => {
      assert.deepEqual(await accessibilityFaults(page), []);
      if (withPictures) await page.screenshot({ path: join(pictures, `sign-in-${theme}.png`) });
    });
    await signIn(page);
    for (const [name, [path, prepareScreen]] of Object.entries(screensToSee)) {
      await step(`axe finds nothing on the screen ${name}, ${theme}`, async () => {
        await page.goto(`${baseUrl}/admin${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('networkidle');
        await prepareScreen?.(page);
        assert.deepEqual(await accessibilityFaults(page), []);
        if (withPictures) await page.screenshot({ path: join(pictures, `${name}-${theme}.png`) });
      });
    }
    await step(`a screen of 320 px does not scroll sideways, ${theme}`, async () => {
      await page.setViewportSize({ width: 320, height: 640 });
      for (const [path] of Object.values(screensToSee)) {
        await page.goto(`${baseUrl}/admin${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
      }
    });
  }
}

try {
  await prepare();
  await flows();
  await firstLoad();
  await screens();
  await step('no page had an error, broke its policy, or asked another origin', () => {
    assert.deepEqual(
      opened.flatMap(({ faults }) => faults),
      [],
    );
  });
  console.log(`${passed} passed, 0 failed`);
} finally {
  await browser.close();
  if (server.exitCode === null) {
    server.kill();
    await once(server, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
}
