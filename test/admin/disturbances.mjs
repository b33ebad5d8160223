import assert from 'node:assert/strict';
import { accessibilityFaults, button, enterKey, seen } from './browser.mjs';
import { freePort, startServer } from './server.mjs';

const BULK = 1_000;
const DEVICES = 200;
const EVENTS = 1_000;
/** A task that is longer is felt: nothing answers meanwhile. */
const LONGEST_TASK_MS = 500;
/** As on a telephone in a train. */
const SLOW = { offline: false, latency: 700, downloadThroughput: 100_000, uploadThroughput: 50_000 };
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
  // A notice is a dialog, too.
  const dialog = page.locator('[role=dialog]:not([aria-modal=false])');
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

  /** Loses the answer to the next request, which the server does all the same. */
  const loseAnswer = (path) =>
    page.route(
      path,
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );

  await step('a change whose answer is lost happens once, however often it is sent', async () => {
    await page.goto(`${baseUrl}/admin/customers/new`);
    await page.getByLabel('Company').fill('Once Ltd');
    await loseAnswer('**/v1/customers');
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
      await loseAnswer('**/renew');
      await button(page, 'Renew').first().click();
      await dialog.getByRole('button', { name: 'Renew', exact: true }).click();
      await dialog.getByText('No connection').waitFor();
      await dialog.getByRole('button', { name: 'Renew', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.equal((await api('GET', `/v1/licenses/${license_id}`)).version, 2);
      await seen(page, 'This had happened already');
      await loseAnswer('**/renew');
      for (const outcome of ['No connection', 'This had happened already']) {
        await page.reload();
        await button(page, 'Renew').first().click();
        await dialog.getByRole('button', { name: 'Renew', exact: true }).click();
        await seen(page, outcome);
      }
      assert.equal((await api('GET', `/v1/licenses/${license_id}`)).version, 3);
    },
  );

  await step('a change whose answer was lost is a new one after another change of the same license', async () => {
    const order = { license_template_id: 'professional-isp', customer_id: 'customer-001' };
    const { license_id } = await api('POST', '/v1/licenses', order);
    const statusOf = async () => (await api('GET', `/v1/licenses/${license_id}`)).status;
    const act = async (action) => {
      await page.goto(`${baseUrl}/admin/licenses/${license_id}`);
      if (action === 'Suspend') {
        await button(page, 'More actions').click();
        await page.getByRole('menuitem', { name: action }).click();
      } else await button(page, action).first().click();
      await dialog.getByRole('button', { name: action, exact: true }).click();
    };
    await loseAnswer('**/suspend');
    await act('Suspend');
    await dialog.getByText('No connection').waitFor();
    assert.equal(await statusOf(), 'SUSPENDED');
    for (const [action, status] of [
      ['Reinstate', 'ACTIVE'],
      ['Suspend', 'SUSPENDED'],
    ]) {
      await act(action);
      await dialog.waitFor({ state: 'detached' });
      assert.equal(await statusOf(), status);
    }
  });

  await step(
    'what is filled in and sent again after a reload of the page is the same change, until its outcome is known',
    async () => {
      const kept = () => page.evaluate(() => sessionStorage.getItem('imprimatur.unsettled-writes'));
      const create = async () => {
        await page.goto(`${baseUrl}/admin/customers/new`);
        await page.getByLabel('Company').fill('Reloaded Ltd');
        await button(page, 'Create customer').click();
      };
      const created = () => page.getByRole('heading', { name: 'Reloaded Ltd', level: 1 }).waitFor();
      await loseAnswer('**/v1/customers');
      await create();
      await page.getByRole('alert').getByText('No connection').waitFor();
      assert.match(await kept(), /^\[\["[0-9a-f]{64}",\{"key":"[0-9a-f-]{36}","firstSentAt":\d+\}\]\]$/);
      await create();
      await created();
      assert.equal(await countOf('Reloaded'), 1);
      assert.equal(await kept(), null);
      await create();
      await created();
      assert.equal(await countOf('Reloaded'), 2);
      await api('POST', '/v1/customers', { customer_id: 'lost', company_name: 'Lost Ltd' });
      await loseAnswer('**/v1/licenses');
      for (const outcome of ['No connection', 'The license is issued']) {
        await page.goto(`${baseUrl}/admin/issue?template_id=professional-isp&customer_id=lost`);
        await button(page, 'Issue license').click();
        await seen(page, outcome);
      }
      assert.equal((await api('GET', '/v1/licenses?customer_id=lost')).data.length, 1);
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

  await step(
    `a license with more than ${EVENTS} events shows them page by page, with what each changed, and does not freeze`,
    async () => {
      const order = { license_template_id: 'professional-isp', customer_id: 'odd-1' };
      const { license_id } = await api('POST', '/v1/licenses', order);
      const line = JSON.stringify({ license_id });
      await api('POST', '/v1/licenses:batch-renew', Array(EVENTS).fill(line).join('\n'));
      // The log has them soon after the answer.
      const newest = () => api('GET', `/v1/license-events?license_id=${license_id}&order=desc&limit=1`);
      const { version } = await api('GET', `/v1/licenses/${license_id}`);
      while ((await newest()).data[0]?.resource_seq !== version)
        await new Promise((resolve) => setTimeout(resolve, 100));
      await page.goto(`${baseUrl}/admin/licenses/${license_id}?tab=timeline`);
      const rows = page.getByRole('main').locator('ol > li');
      await rows.first().waitFor();
      await page.evaluate(() => {
        globalThis.longestTaskMs = 0;
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries())
            globalThis.longestTaskMs = Math.max(globalThis.longestTaskMs, duration);
        }).observe({ type: 'longtask' });
      });
      const more = button(page, 'Show more');
      for (let shown = await rows.count(); await more.isVisible(); shown = await rows.count()) {
        await more.click();
        await page.waitForFunction((count) => document.querySelectorAll('main ol > li').length > count, shown);
      }
      assert.equal(await rows.count(), EVENTS + 1);
      const last = rows.last();
      await last.getByText('License created').waitFor();
      await rows
        .nth(EVENTS - 1)
        .locator('summary')
        .click();
      await rows
        .nth(EVENTS - 1)
        .getByRole('row', { name: /expiry_date/ })
        .waitFor();
      const longest = await page.evaluate(() => globalThis.longestTaskMs);
      console.log(`   longest task ${Math.round(longest)} ms`);
      assert.ok(longest < LONGEST_TASK_MS, `a task of ${longest} ms`);
    },
  );

  await step('with a slow connection a page says that it loads, nothing moves, and nothing is sent twice', async () => {
    const slow = await open();
    await slow.goto(`${baseUrl}/admin/`);
    await enterKey(slow, adminKey);
    await dashboard(slow);
    await slow.waitForLoadState('networkidle');
    const devtools = await slow.context().newCDPSession(slow);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', SLOW);
    await slow.evaluate(() => {
      globalThis.shifts = [];
      new PerformanceObserver((list) => {
        for (const { hadRecentInput, value, sources } of list.getEntries())
          if (!hadRecentInput) globalThis.shifts.push({ value, moved: sources.map(({ node }) => node?.className) });
      }).observe({ type: 'layout-shift' });
    });
    const assertStill = async (name) => {
      await slow.waitForLoadState('networkidle');
      const shifts = await slow.evaluate(() => globalThis.shifts.splice(0));
      const sum = shifts.reduce((total, { value }) => total + value, 0);
      assert.ok(sum < 0.01, `${name}: ${JSON.stringify(shifts)}`);
    };
    const loading = slow
      .getByRole('main')
      .getByRole('status', { name: /Loading/ })
      .or(slow.getByRole('main').getByText('Loading'));
    for (const [name, there] of [
      ['Licenses', slow.locator('main tbody a').first()],
      ['Events', slow.locator('main ol > li').first()],
      ['Customers', slow.locator('main tbody a').first()],
    ]) {
      await slow.getByRole('navigation').getByRole('link', { name, exact: true }).click();
      await loading.first().waitFor({ state: 'attached' });
      await there.waitFor();
      await assertStill(name);
    }
    await slow.locator('main tbody a').first().click();
    await loading.first().waitFor({ state: 'attached' });
    await slow.getByRole('heading', { level: 1 }).waitFor();
    await assertStill('a customer');

    let sent = 0;
    slow.on('request', (request) => {
      if (request.method() === 'POST') sent++;
    });
    await slow.goto(`${baseUrl}/admin/customers/new`);
    await slow.getByLabel('Company').fill('Patient Ltd');
    await button(slow, 'Create customer').dblclick();
    await slow.getByLabel('Company').press('Enter');
    await slow.getByRole('button', { name: 'Create customer', disabled: true }).waitFor();
    await slow.getByRole('heading', { name: 'Patient Ltd', level: 1 }).waitFor();
    assert.equal(sent, 1);
    assert.equal(await countOf('Patient'), 1);
    await slow.close();
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
