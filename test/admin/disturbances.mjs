import assert from 'node:assert/strict';
import { accessibilityFaults, button, enterKey, seen } from './browser.mjs';
import { freePort, startServer } from './server.mjs';

const BULK = 1_000;
const DEVICES = 200;
const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
const NAMES = [LONG.repeat(3).slice(0, 250), 'שלום עולם بالعالم', '👩🏽‍💻🏴‍☠️ & <script>alert(1)</script>'];

/** Disturbances of the work: a session that ends amid a form, other tabs, lost answers, a server that starts again, long and foreign names. */
export async function disturbances({ openAt, step }) {
  const port = await freePort();
  const server = await startServer({ PORT: String(port) });
  try {
    await flows({ ...server, step, open: (options) => openAt(server.baseUrl, [], options) });
  } finally {
    await server.stop();
  }
}

async function flows({ baseUrl, adminKey, api, signInLink, run, end, open, step }) {
  const page = await open({ breaksOff: true });
  const dialog = page.getByRole('dialog');
  const dashboard = (of) => of.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
  const countOf = async (q) => (await api('GET', `/v1/customers?q=${q}`)).data.length;
  const newest = async () => (await api('GET', '/v1/sessions?limit=1')).data[0].session_id;
  const support = await api('POST', '/v1/api-keys', { name: 'Help desk', role: 'support' });

  await step(
    'a link also signs in where its address is entered on the sign-in page, and where it is pasted',
    async () => {
      await page.goto(`${baseUrl}/admin/`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await page.goto(await signInLink());
      await dashboard(page);
      await button(page, 'Sign out').click();
      await enterKey(page, await signInLink());
      await dashboard(page);
      assert.equal(await page.evaluate(() => location.hash), '');
    },
  );

  /** Lets the next request find a sign-in that is too long ago, as it is after ten minutes. */
  const askOnce = (path) =>
    page.route(
      path,
      (route) =>
        route.fulfill({
          status: 403,
          contentType: 'application/problem+json',
          body: JSON.stringify({ code: 'RECENT_SIGN_IN_REQUIRED', status: 403, detail: 'This needs a sign-in.' }),
        }),
      { times: 1 },
    );

  await step(
    'a session that began with a link is confirmed by a new link, pasted or opened in another tab',
    async () => {
      await page.goto(`${baseUrl}/admin/api-keys`);
      const create = async (name) => {
        await askOnce('**/v1/api-keys');
        await button(page, 'New API key').click();
        await dialog.getByLabel('Name').fill(name);
        await button(page, 'Create key').click();
        await page.getByRole('dialog', { name: 'Confirm that it is you' }).waitFor();
      };
      const confirm = page.getByRole('dialog', { name: 'Confirm that it is you' });
      await create('By link');
      await confirm.getByLabel('API key, or a new sign-in link').fill(`${baseUrl}/admin/#code=${'A'.repeat(43)}`);
      await button(page, 'Confirm').click();
      await confirm.getByText('This link was used already').waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      await confirm.getByLabel('API key, or a new sign-in link').fill(await signInLink());
      await button(page, 'Confirm').click();
      await page.getByRole('dialog', { name: 'The new API key' }).waitFor();
      await button(page, 'Done').click();
      await create('By tab');
      const tab = await page.context().newPage();
      await tab.goto(await signInLink());
      await dashboard(tab);
      await tab.close();
      await page.getByRole('dialog', { name: 'The new API key' }).waitFor();
      await button(page, 'Done').click();
    },
  );

  await step('what somebody was writing is there after the session has ended', async () => {
    await page.goto(`${baseUrl}/admin/customers/new`);
    await page.getByLabel('Company').fill('Kept Ltd');
    await api('POST', `/v1/sessions/${await newest()}/end`);
    await button(page, 'Create customer').click();
    await seen(page, 'Your session has ended');
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.keyboard.press('Escape');
    await enterKey(page, adminKey);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' });
    assert.equal(await page.getByLabel('Company').inputValue(), 'Kept Ltd');
    await button(page, 'Create customer').click();
    await page.getByRole('heading', { name: 'Kept Ltd', level: 1 }).waitFor();
    assert.equal(await countOf('Kept'), 1);
  });

  await step('somebody else who signs in there finds nothing of it', async () => {
    await page.goto(`${baseUrl}/admin/products/new`);
    await page.getByLabel('Name').fill('Secret plans');
    await page.getByLabel('Product ID').fill('SECRET-1');
    await api('POST', `/v1/sessions/${await newest()}/end`);
    await button(page, 'Create product').click();
    await seen(page, 'Your session has ended');
    await enterKey(page, support.api_key);
    await seen(page, 'You may not see this');
    assert.equal(await page.locator('input').count(), 0);
  });

  await step('a tab follows when another one signs in as somebody else, and when it signs out', async () => {
    const tab = await page.context().newPage();
    await tab.goto(await signInLink());
    await dashboard(tab);
    await page.getByLabel('Name').waitFor();
    await button(tab, 'Sign out').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await enterKey(page, adminKey);
    await page.getByLabel('Name').waitFor();
    await tab.close();
  });

  await step('a change whose answer is lost happens once, however often it is sent', async () => {
    await page.goto(`${baseUrl}/admin/customers/new`);
    await page.getByLabel('Company').fill('Once Ltd');
    await page.route(
      '**/v1/customers',
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await button(page, 'Create customer').click();
    await page.getByRole('alert').getByText('No connection').waitFor();
    await button(page, 'Create customer').click();
    await page.getByRole('heading', { name: 'Once Ltd', level: 1 }).waitFor();
    assert.equal(await countOf('Once'), 1);
  });

  await step(
    'a renewal whose answer is lost happens once, and nobody else is said to have changed the license',
    async () => {
      const order = { license_template_id: 'professional-isp', customer_id: 'customer-001' };
      const { license_id } = await api('POST', '/v1/licenses', order);
      await page.goto(`${baseUrl}/admin/licenses/${license_id}`);
      await page.route(
        '**/renew',
        async (route) => {
          await route.fetch();
          await route.abort();
        },
        { times: 1 },
      );
      await button(page, 'Renew').first().click();
      await dialog.getByRole('button', { name: 'Renew', exact: true }).click();
      await dialog.getByText('No connection').waitFor();
      await dialog.getByRole('button', { name: 'Renew', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.equal((await api('GET', `/v1/licenses/${license_id}`)).version, 2);
    },
  );

  await step('a form that is sent twice at once is sent once', async () => {
    await page.goto(`${baseUrl}/admin/customers/new`);
    await page.getByLabel('Company').fill('Double Ltd');
    await button(page, 'Create customer').dblclick();
    await page.getByRole('heading', { name: 'Double Ltd', level: 1 }).waitFor();
    assert.equal(await countOf('Double'), 1);
  });

  await step('long, foreign and hostile names stay names, and widen no page', async () => {
    const ids = [];
    for (const [index, name] of NAMES.entries()) {
      const customer_id = `odd-${index}`;
      const who = { first_name: name.slice(0, 100), last_name: 'ש', company_name: name };
      await api('POST', '/v1/customers', { customer_id, ...who });
      const order = { license_template_id: 'professional-isp', customer_id, issued_to: name };
      ids.push((await api('POST', '/v1/licenses', order)).license_id);
    }
    const paths = ['customers', 'licenses', 'dashboard', 'events', ...ids.map((id) => `licenses/${id}`)];
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 800 });
      for (const path of [...paths, ...ids.map((_, index) => `customers/odd-${index}`)]) {
        await page.goto(`${baseUrl}/admin/${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('networkidle');
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${path} is ${overflow} px too wide at ${width} px`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 860 });
  });

  await step(`a license with ${DEVICES} devices shows each, and its ${DEVICES} events`, async () => {
    const order = {
      license_template_id: 'professional-isp',
      customer_id: 'odd-1',
      overrides: { max_activations: DEVICES },
    };
    const { license_id } = await api('POST', '/v1/licenses', order);
    for (let device = 0; device < DEVICES; device++)
      await api('POST', `/v1/licenses/${license_id}/activations`, { fingerprint: `machine-${device}` });
    for (const [tab, last] of [
      ['devices', 'machine-0'],
      ['timeline', 'License created'],
    ]) {
      await page.goto(`${baseUrl}/admin/licenses/${license_id}?tab=${tab}`);
      const row = page.getByText(last, { exact: true }).first();
      for (let scrolls = 0; scrolls < 60 && !(await row.isVisible()); scrolls++) {
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        const more = button(page, 'Show more');
        // A list also reads on by itself, and the button goes.
        if (await more.isVisible()) await more.click({ timeout: 1_000 }).catch(() => undefined);
        await page.waitForLoadState('networkidle');
      }
      assert.ok(await row.isVisible(), last);
    }
  });

  await step('days and times are those of the person, also where the clocks change', async () => {
    const abroad = await open({ timezoneId: 'America/New_York' });
    await abroad.goto(`${baseUrl}/admin/`);
    await enterKey(abroad, adminKey);
    await dashboard(abroad);
    await abroad.goto(`${baseUrl}/admin/issue?template_id=professional-isp&customer_id=odd-1`);
    // The day on which the clocks go back is an hour longer.
    await abroad.getByLabel('Expires').fill('2032-11-07');
    await button(abroad, 'Issue license').click();
    await seen(abroad, 'The license is issued');
    const [{ license_id, expiry_date }] = (await api('GET', '/v1/licenses?limit=1')).data;
    assert.equal(expiry_date, '2032-11-08T04:59:59.000Z');
    await abroad.goto(`${baseUrl}/admin/licenses/${license_id}?tab=explain`);
    // This time does not exist there: the clocks go from two to three.
    await abroad.getByLabel('At a past time').fill('2026-03-08T02:30');
    await button(abroad, 'Explain').click();
    await abroad.getByRole('alert').or(abroad.getByText('As of')).first().waitFor();
  });

  await step('a year of five digits is refused at its field, and the form stays', async () => {
    await page.goto(`${baseUrl}/admin/issue?template_id=professional-isp&customer_id=odd-1`);
    const expires = page.getByLabel('Expires');
    await expires.click();
    await page.keyboard.type('01012027');
    await page.keyboard.type('1');
    assert.match(await expires.inputValue(), /^\d{4}-01-01$/);
    // Fields of some browsers take it all the same.
    await expires.evaluate((field) => field.setAttribute('type', 'text'));
    await expires.fill('20271-01-01');
    await page.locator('[aria-invalid=true]').waitFor();
    await expires.fill('');
    await page.getByRole('heading', { name: 'Issue a license', level: 1 }).waitFor();
  });

  await step('a bulk change goes on after the server was killed and started again', async () => {
    await api('POST', '/v1/customers', { customer_id: 'bulk', company_name: 'Bulk Ltd' });
    const line = JSON.stringify({ license_template_id: 'professional-isp', customer_id: 'bulk' });
    await api('POST', '/v1/licenses:batch-issue', Array(BULK).fill(line).join('\n'));
    await page.goto(`${baseUrl}/admin/licenses?customer_id=bulk`);
    await page.getByRole('checkbox', { name: 'Select all that are shown' }).check();
    await button(page, 'Select all that match').click();
    await button(page, 'Renew').click();
    await page.getByRole('dialog', { name: `Renew 1,000 licenses` }).getByRole('button', { name: 'Renew' }).click();
    await page.waitForFunction(
      () => Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')) > 0,
    );
    await end('SIGKILL');
    await page.getByText('No connection').first().waitFor();
    await run();
    await button(page, 'Resume').click();
    await seen(page, '1,000 of 1,000 done, 0 refused');
    const { data } = await api('GET', '/v1/licenses?customer_id=bulk&limit=100');
    assert.deepEqual(new Set(data.map(({ version }) => version)), new Set([2]));
  });
  await step('neither a form nor a bulk change goes on under another person, who signs in in another tab', async () => {
    // No page of ours tells the tabs of it.
    const becomeOther = (api_key) =>
      page.evaluate(async (body) => {
        const headers = { 'Content-Type': 'application/json' };
        return (await fetch('/auth/session', { method: 'POST', headers, body })).status;
      }, JSON.stringify({ api_key }));
    let sent = 0;
    let became;
    await page.route('**/v1/licenses:batch-suspend', async (route) => {
      if (++sent === 2) became = await becomeOther(second.api_key);
      await route.continue();
    });
    const second = await api('POST', '/v1/api-keys', { name: 'Other person', role: 'admin' });
    await page.goto(`${baseUrl}/admin/licenses?customer_id=bulk`);
    await page.getByRole('checkbox', { name: 'Select all that are shown' }).check();
    await button(page, 'Select all that match').click();
    await button(page, 'Suspend').click();
    await dialog.getByRole('button', { name: /^Suspend/ }).click();
    await seen(page, 'There is no such bulk change');
    assert.equal(became, 201);
    const suspended = await api('GET', '/v1/licenses?customer_id=bulk&status=SUSPENDED&format=ndjson');
    assert.equal(suspended.trim().split('\n').length, 250);
    assert.equal(sent, 2);
    await page.goto(`${baseUrl}/admin/products/new`);
    await page.getByLabel('Name').fill('Nobody');
    await page.getByLabel('Product ID').fill('NOBODY-1');
    await becomeOther(support.api_key);
    await button(page, 'Create product').click();
    await seen(page, 'You may not see this');
    assert.equal(
      (await api('GET', '/v1/products?limit=100')).data.some(({ name }) => name === 'Nobody'),
      false,
    );
  });
}
