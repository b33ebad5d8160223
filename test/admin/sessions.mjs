import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { button, seen } from './browser.mjs';
import { startIssuer } from './issuer.mjs';
import { freePort, startServer } from './server.mjs';

const COOKIE = 'imprimatur';

/** Sign-in at an identity provider, and what other origins and former cookies reach: nothing. */
export async function sessions({ openAt, step }) {
  const issuer = await startIssuer();
  const port = await freePort();
  const server = await startServer({
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: 'imprimatur',
    OIDC_CLIENT_ID: 'admin-ui',
  });
  try {
    await flows({ ...server, issuer, step, open: () => openAt(server.baseUrl, [issuer.url]) });
  } finally {
    await server.stop();
    await issuer.stop();
  }
}

async function flows({ baseUrl, adminKey, api, issuer, open, step }) {
  const page = await open();
  const cookieOf = async (each) => {
    const cookies = await each.context().cookies(baseUrl);
    return cookies.find(({ name }) => name === COOKIE)?.value;
  };
  const { license_id } = await api('POST', '/v1/licenses', {
    license_template_id: 'professional-isp',
    customer_id: 'customer-001',
  });
  const path = `/v1/licenses/${license_id}`;

  await step('an identity provider refuses whom no tenant has, and the page says why', async () => {
    issuer.person.claims = { sub: 'grace', permissions: ['support'] };
    await page.goto(`${baseUrl}/admin/licenses`);
    await page.getByRole('link', { name: 'Sign in with your organization' }).click();
    await seen(page, 'The identity provider named no tenant');
    assert.equal(await cookieOf(page), undefined);
  });

  await step('an identity provider signs in, and leads back to the page', async () => {
    issuer.person.claims = { sub: 'grace', tenant_id: 'tenant-001', permissions: ['support'] };
    await page.goto(`${baseUrl}/admin/licenses`);
    await page.getByRole('link', { name: 'Sign in with your organization' }).click();
    await page.waitForURL(`${baseUrl}/admin/licenses`);
    await page.getByRole('heading', { name: 'Licenses', level: 1 }).waitFor();
    await seen(page, 'grace');
    assert.equal(await page.getByRole('link', { name: 'Issue license' }).count(), 0);
  });

  await step('scripts of the page cannot read the cookie, and no storage has a token', async () => {
    const visible = await page.evaluate(() => JSON.stringify([document.cookie, localStorage, sessionStorage]));
    assert.equal(visible.includes(await cookieOf(page)), false);
    assert.doesNotMatch(visible, /imp_|eyJ/);
  });

  await step('pages of other origins change nothing, by form, fetch and image', async () => {
    const admin = await open();
    await admin.goto(`${baseUrl}/admin/`);
    await admin.getByLabel('API key').fill(adminKey);
    await button(admin, 'Sign in with API key').click();
    await admin.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    for (const host of ['127.0.0.1', 'localhost']) await attack(admin, host);
    await admin.goto(`${baseUrl}/admin/licenses/${license_id}`);
    await seen(admin, 'Active');
    assert.equal((await api('GET', path)).version, 1);
    assert.deepEqual((await api('GET', `/v1/license-events?event_type=session.ended`)).data, []);
  });

  /** Another origin, of the same site or of another one, tries all that pages may send. */
  async function attack(admin, host) {
    const evil = createServer((request, response) => {
      const isForm = request.url === '/form';
      const body = `{"reason":{"code":"FRAUD"},"x":"`;
      const form = `<form method=post enctype=text/plain action="${baseUrl}${path}/suspend">
        <input name='${body}' value='"}'></form><script>document.forms[0].submit()</script>`;
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(isForm ? form : '<h1>Other origin</h1>');
    });
    await new Promise((listening) => evil.listen(0, host, listening));
    const origin = `http://${host}:${evil.address().port}`;
    // A tab of the same browser, with its cookies; its requests to us are foreign by intention.
    const tab = await admin.context().newPage();
    try {
      await tab.goto(origin);
      const fetched = await tab.evaluate(
        async ([base, to]) => {
          const answers = [];
          for (const mode of ['cors', 'no-cors'])
            for (const [method, target] of [
              ['POST', `${to}/suspend`],
              ['POST', '/auth/session'],
              ['GET', to],
            ])
              answers.push(
                await fetch(base + target, {
                  method,
                  mode,
                  credentials: 'include',
                  ...(method === 'POST' && {
                    headers: { 'Content-Type': mode === 'cors' ? 'application/json' : 'text/plain' },
                    body: '{"reason":{"code":"FRAUD"}}',
                  }),
                }).then(
                  ({ type, status }) => (type === 'opaque' ? 'opaque' : status),
                  () => 'refused',
                ),
              );
          const image = new Image();
          const loaded = new Promise((resolve) => {
            image.onload = () => resolve('loaded');
            image.onerror = () => resolve('refused');
          });
          image.src = base + to;
          return [...answers, await loaded];
        },
        [baseUrl, path],
      );
      // An opaque answer says nothing; the others are refused before or without the cookie.
      assert.ok(
        fetched.every((answer) => ['opaque', 'refused', 401].includes(answer)),
        String(fetched),
      );
      const [answer] = await Promise.all([
        tab.waitForResponse((response) => response.request().method() === 'POST'),
        tab.goto(`${origin}/form`),
      ]);
      assert.ok([401, 403, 415].includes(answer.status()), String(answer.status()));
    } finally {
      await tab.close();
      evil.closeAllConnections();
      evil.close();
    }
  }

  await step('a cookie from before the sign-in is worth nothing after it', async () => {
    const victim = await open();
    const planted = 'A'.repeat(43);
    await victim.context().addCookies([{ name: COOKIE, value: planted, url: baseUrl }]);
    await victim.goto(`${baseUrl}/admin/`);
    await victim.getByLabel('API key').fill(adminKey);
    await button(victim, 'Sign in with API key').click();
    await victim.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    const own = await cookieOf(victim);
    assert.notEqual(own, planted);
    for (const [value, status] of [
      [planted, 401],
      [own, 200],
    ]) {
      const answer = await fetch(`${baseUrl}/v1/me`, {
        headers: { Cookie: `${COOKIE}=${value}`, 'Sec-Fetch-Site': 'same-origin' },
      });
      assert.equal(answer.status, status);
    }
  });

  await step('a session that another one ends is signed out at its next step', async () => {
    const { data } = await api('GET', '/v1/sessions');
    const { session_id } =
      data.find(({ subject }) => subject === 'grace') ?? data.find(({ method }) => method === 'OIDC');
    await api('POST', `/v1/sessions/${session_id}/end`);
    await page.getByRole('link', { name: 'Customers' }).click();
    await page.getByText('Your session has ended').waitFor({ timeout: 5_000 });
  });

  await step('a page that is covered goes on after a sign-in at the identity provider, in another tab', async () => {
    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Sign in with your organization' }).click(),
    ]);
    await tab.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' });
    await tab.close();
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Customers');
  });

  await step('a person confirms who they are at the identity provider, and the action goes on', async () => {
    issuer.person.claims = { sub: 'grace', tenant_id: 'tenant-001', permissions: ['admin'] };
    const admin = await open();
    await admin.goto(`${baseUrl}/admin/api-keys`);
    await admin.getByRole('link', { name: 'Sign in with your organization' }).click();
    await button(admin, 'New API key').waitFor();
    await admin.route(
      '**/v1/api-keys',
      (route) =>
        route.fulfill({
          status: 403,
          contentType: 'application/problem+json',
          body: JSON.stringify({ code: 'RECENT_SIGN_IN_REQUIRED', status: 403, detail: 'This needs a sign-in.' }),
        }),
      { times: 1 },
    );
    await button(admin, 'New API key').click();
    await admin.getByRole('dialog').getByLabel('Name').fill('Of a person');
    await button(admin, 'Create key').click();
    const confirm = admin.getByRole('dialog', { name: 'Confirm that it is you' });
    const [tab] = await Promise.all([
      admin.context().waitForEvent('page'),
      confirm.getByRole('link', { name: 'Sign in with your organization' }).click(),
    ]);
    await admin.getByRole('dialog', { name: 'The new API key' }).waitFor();
    await tab.close();
  });

  await step('sessions end when the identity provider withdraws the sign-in', async () => {
    const body = new URLSearchParams({ logout_token: await issuer.logoutToken('grace') });
    const answer = await fetch(`${baseUrl}/auth/backchannel-logout`, { method: 'POST', body });
    assert.equal(answer.status, 204);
    await page.getByRole('navigation').getByRole('link', { name: 'Licenses' }).click();
    await page.getByText('Your session has ended').waitFor({ timeout: 5_000 });
    assert.equal((await api('GET', '/v1/sessions?limit=1')).data[0].end_reason, 'WITHDRAWN');
  });

  await step('the sign-out of a person of an identity provider ends there', async () => {
    await page.goto(`${baseUrl}/admin/`);
    await page.getByRole('link', { name: 'Sign in with your organization' }).click();
    await button(page, 'Sign out').click();
    await page.getByRole('heading', { name: 'Signed out' }).waitFor();
    assert.equal(await cookieOf(page), undefined);
  });
}
