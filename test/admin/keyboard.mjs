import assert from 'node:assert/strict';
import { seen } from './browser.mjs';

const MAX_TABS = 90;
const MAX_ITEMS = 20;

/** The flows of a day by keyboard alone: no step of it points at anything. */
export async function keyboard({ baseUrl, adminKey, platformKey, api, open, step }) {
  const page = await open();
  const press = (key) => page.keyboard.press(key);
  const type = (text) => page.keyboard.type(text);
  const focused = () =>
    page.evaluate(() => {
      const { activeElement: at } = document;
      const labels = at?.labels ? [...at.labels].map(({ innerText }) => innerText) : [];
      return [at?.getAttribute('aria-label'), ...labels, at?.innerText].filter(Boolean).join(' ').trim();
    });
  /** Moves the focus until something with this name has it. */
  async function tabTo(name) {
    for (let tabs = 0; tabs < MAX_TABS; tabs++) {
      if (name.test(await focused())) return;
      await press('Tab');
    }
    assert.fail(`The keyboard does not reach ${name}; the focus is at "${await focused()}".`);
  }
  const choose = async (name, key = 'Enter') => {
    await tabTo(name);
    await press(key);
  };
  const heading = (name) => page.getByRole('heading', { name, level: 1 }).waitFor();
  const go = async (letter, name) => {
    await press('g');
    await press(letter);
    await heading(name);
  };
  const fill = async (name, text) => {
    await tabTo(name);
    await press('Control+a');
    await type(text);
  };
  /** Opens a menu, and takes the item of this name. */
  const choosePath = async (menu, item) => {
    await choose(menu);
    await page.getByRole('menu').waitFor();
    for (let items = 0; items < MAX_ITEMS && !item.test(await focused()); items++) await press('ArrowDown');
    assert.match(await focused(), item);
    await press('Enter');
  };
  // A notice is a dialog, too.
  const modal = page.locator('[role=dialog]:not([aria-modal=false])');
  const dialog = (name) => modal.and(page.getByRole('dialog', { name })).waitFor();
  const noDialog = () => modal.waitFor({ state: 'detached' });

  await step('sign in by keyboard', async () => {
    await page.goto(`${baseUrl}/admin/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tabTo(/^API key/);
    await type(adminKey);
    await press('Enter');
    await heading('Dashboard');
    await press('Tab');
    assert.match(await focused(), /Skip to the content/);
  });

  await step('issue a license by keyboard', async () => {
    await choose(/^Issue license/);
    await heading('Issue a license');
    await choose(/^Studio/);
    await tabTo(/^Customer/);
    await type('Alan');
    await page.getByRole('option', { name: /Alan Turing/ }).waitFor();
    await page.getByRole('option', { name: /Ada Lovelace/ }).waitFor({ state: 'detached' });
    await press('Enter');
    await choose(/^Next$/);
    await tabTo(/^Seats/);
    await type('1');
    await choose(/^Issue license$/);
    await seen(page, 'The license is issued');
    await choose(/^Open license$/);
    await heading(/Alan Turing/);
  });

  await step('explain a refusal and free the seat by keyboard', async () => {
    const id = new URL(page.url()).pathname.split('/').at(-1);
    await api('POST', `/v1/licenses/${id}/activations`, { fingerprint: 'old', name: 'old' });
    await tabTo(/^Overview$/);
    while (!/^Explain$/.test(await focused())) await press('ArrowRight');
    await press('Enter');
    await tabTo(/^Device/);
    await type('new');
    await press('Enter');
    await seen(page, 'All seats are taken');
    await choose(/^Release a device$/);
    await choose(/^Release$/);
    await page.getByRole('dialog').waitFor();
    await choose(/^Release$/);
    await seen(page, 'The seat is free.');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  await step('renew and revoke by keyboard; focus returns from the dialog', async () => {
    await choose(/^Renew$/);
    await page.getByRole('dialog').waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(await focused(), /^Renew$/);
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await choose(/^Renew$/);
    await seen(page, 'The license is renewed.');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await choose(/^More actions$/);
    await page.getByRole('menu').waitFor();
    while (!/^Revoke$/.test(await focused())) await press('ArrowDown');
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(/^Type/);
    await type((await focused()).match(/Type (\w{4})/)[1]);
    await choose(/^Revoke for good$/);
    await seen(page, 'Revoked for good');
  });

  await step('change a template by keyboard', async () => {
    await press('g');
    await press('t');
    await heading('Templates');
    await choose(/^Studio/);
    await tabTo(/^Grace period in days/);
    await press('Control+a');
    await type('9');
    await choose(/^Save$/);
    await seen(page, 'The template is saved.');
    assert.equal((await api('GET', '/v1/license-templates/studio')).grace_period_days, 9);
  });

  await step('change several licenses by keyboard', async () => {
    await press('g');
    await press('l');
    await heading('Licenses');
    await choose(/^Select John Doe/, 'Space');
    for (let tabs = 0; tabs < MAX_TABS && !/^Suspend$/.test(await focused()); tabs++) await press('Shift+Tab');
    await press('Enter');
    await page.getByRole('dialog', { name: 'Suspend 1 license' }).waitFor();
    await choose(/^Suspend$/);
    await seen(page, '1 of 1 done, 0 refused');
  });

  await step('import a file by keyboard', async () => {
    await press('g');
    await press('i');
    await heading('Import licenses');
    // Asked for early: the browser opens its own dialog until it knows that somebody waits for it.
    const choosing = page.waitForEvent('filechooser');
    await choose(/^Choose a file/);
    const chooser = await choosing;
    const text = 'license_template_id,license_key,customer.email\nstudio,KEYS-OF-ANOTHER-SYSTEM,key@example.com\n';
    await chooser.setFiles({ name: 'keys.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await choose(/^Import 1 line$/);
    await seen(page, 'Imported: 1');
  });

  await step('look for a license, a customer and a page by keyboard', async () => {
    for (const [words, name] of [
      ['Barbara', /Barbara Liskov/],
      ['Settings', 'Settings'],
    ]) {
      await press('/');
      await page.locator('[role=combobox]:focus').waitFor();
      await type(words);
      await page.getByRole('option', { name }).first().waitFor();
      await page
        .getByRole('status')
        .getByText(/found|result/i)
        .waitFor();
      await press('Enter');
      await heading(name);
    }
    await press('?');
    await dialog('Keyboard shortcuts');
    await press('Escape');
    await noDialog();
  });

  await step('make a customer, note something, and archive it by keyboard', async () => {
    await go('c', 'Customers');
    await choose(/^New customer$/);
    await heading('New customer');
    await fill(/^Company/, 'Keys Ltd');
    await press('Enter');
    await heading('Keys Ltd');
    await fill(/^New note/, 'Likes the keyboard.');
    await choose(/^Add note$/);
    await seen(page, 'Likes the keyboard.');
    await choose(/^Delete note/);
    await dialog('Delete note');
    await choose(/^Delete note$/);
    await page.getByText('Likes the keyboard.').waitFor({ state: 'detached' });
    await choose(/^Active/, 'Space');
    await fill(/^Note/, 'Closed down');
    await choose(/^Save$/);
    await seen(page, 'The customer is saved.');
    const { data } = await api('GET', '/v1/license-events?event_type=customer.updated&order=desc');
    assert.equal(data[0].event_data.reason.text, 'Closed down');
  });

  await step('make a product, and a template of it, by keyboard', async () => {
    await go('p', 'Products');
    await choose(/^New product$/);
    await heading('New product');
    await fill(/^Name/, 'Keyboard Suite');
    await fill(/^Product ID/, 'KEYS-1');
    await press('Enter');
    await heading('Keyboard Suite');
    await go('t', 'Templates');
    await choose(/^New template$/);
    await heading('New template');
    await fill(/^Name/, 'Keyboard yearly');
    await tabTo(/^Product/);
    await type('Keyboard');
    await choose(/^Create template$/);
    await heading(/Keyboard yearly/);
  });

  await step('sell by keyboard: an order, its payment and fulfilment', async () => {
    await go('r', 'Orders');
    await choose(/^New order$/);
    await heading('New order');
    await fill(/^Customer/, 'Ada');
    await page.getByRole('option', { name: /Ada Lovelace/ }).waitFor();
    await page.getByRole('option', { name: /Grace Hopper/ }).waitFor({ state: 'detached' });
    await press('Enter');
    await tabTo(/^Template/);
    await type('Studio');
    await fill(/^Unit price/, '99');
    await choose(/^Create order$/);
    await seen(page, 'The order is created.');
    await choose(/^Approve$/);
    await dialog('Approve');
    await choose(/^Approve$/);
    await seen(page, 'The order is approved.');
    await noDialog();
    await choose(/^Record payment$/);
    await dialog('Record payment');
    await choose(/^Record payment$/);
    await seen(page, 'The payment is recorded.');
    await noDialog();
    await choose(/^Fulfil$/);
    await dialog('Fulfil');
    await choose(/^Fulfil$/);
    await seen(page, '1 of 1 fulfilled');
  });

  await step('approve a partner, and give it a pool, by keyboard', async () => {
    await go('a', 'Partners');
    await choose(/^New partner$/);
    await heading('New partner');
    await fill(/^Name/, 'Keys Resellers');
    await fill(/^E-mail/, 'keys@example.com');
    await press('Enter');
    await heading(/Keys Resellers/);
    await choose(/^Approve$/);
    await dialog(/Approve/);
    await choose(/^Approve$/);
    await noDialog();
    await choose(/^New pool$/);
    await dialog('New pool');
    await tabTo(/^Template/);
    await type('Studio');
    await fill(/^Number of licenses/, '5');
    await choose(/^Create pool$/);
    await noDialog();
    await page.getByRole('link', { name: 'studio' }).first().waitFor();
  });

  await step('make, rotate and revoke an API key, and end a session, by keyboard', async () => {
    await go('k', 'API keys');
    await choose(/^New API key$/);
    await dialog('New API key');
    await fill(/^Name/, 'By keyboard');
    await choose(/^Create key$/);
    await dialog('The new API key');
    await choose(/^Done$/);
    await noDialog();
    for (const [item, title, button] of [
      [/^Rotate$/, /^Rotate/, /^Rotate$/],
      [/^Revoke$/, /^Revoke/, /^Revoke$/],
    ]) {
      await choosePath(/^Actions for By keyboard$/, item);
      await dialog(title);
      await choose(button);
      if (title.test('Rotate')) await choose(/^Done$/);
      await noDialog();
    }
    await api('GET', '/v1/api-keys').then(({ data }) =>
      assert.notEqual(data.find(({ name }) => name === 'By keyboard').revoked_at, null),
    );
  });

  await step('read an event, choose a view of licenses and change a setting by keyboard', async () => {
    await go('e', 'Events');
    await tabTo(/^Every kind/);
    await press('ArrowDown');
    await page.waitForURL(/event_type=api_key.created/);
    await choose(/^API key created/);
    await seen(page, /· api_key.created ·/);
    await go('l', 'Licenses');
    await tabTo(/^Every status/);
    await type('Suspended');
    await page.waitForURL(/status=SUSPENDED/);
    // Letters choose in a list.
    await tabTo(/^Columns/);
    await go('o', 'Settings');
    await choose(/^Fulfil orders automatically/, 'Space');
    await choose(/^Save$/);
    await seen(page, 'The settings are saved.');
    // Other parts fulfil their orders by hand.
    await api('PATCH', '/v1/settings', { fulfil_orders_automatically: false });
  });

  await step('send a quote, have it accepted, and cancel a subscription, by keyboard', async () => {
    const customer_id = 'customer-10';
    const lines = [{ kind: 'ISSUE', license_template_id: 'professional-isp', quantity: 1, unit_price: 5_000 }];
    const offer = { customer_id, currency: 'EUR', valid_until: '2099-01-01T00:00:00Z', lines };
    const { quote_id } = await api('POST', '/v1/quotes', offer);
    await page.goto(`${baseUrl}/admin/quotes/${quote_id}`);
    await heading(/./);
    for (const [name, filled] of [[/^Mark as sent$/], [/^Accept$/, /^Your order number/]]) {
      await choose(name);
      await modal.waitFor();
      if (filled) await fill(filled, 'SO-KEYS');
      await choose(name);
      await noDialog();
    }
    await seen(page, 'The quote is accepted, and its order is there.');
    const plan = { subscription_id: 'sub-keys', customer_id, template_id: 'professional-isp', quantity: 2 };
    await api('POST', '/v1/subscriptions', { ...plan, period_end: '2090-01-01T00:00:00Z' });
    await page.goto(`${baseUrl}/admin/subscriptions/sub-keys`);
    await heading(/./);
    await choosePath(/^More actions$/, /^Cancel subscription$/);
    await dialog(/Cancel subscription/);
    await choose(/^Cancel subscription$/);
    await noDialog();
    await seen(page, 'Ends with the period');
  });

  await step('write an e-mail in another language, and delete its texts, by keyboard', async () => {
    await page.goto(`${baseUrl}/admin/email-templates/trial_ending/fr`);
    await heading(/./);
    await fill(/^Subject/, 'Bientôt la fin');
    await choose(/^Save$/);
    await seen(page, 'The texts are saved.');
    await choose(/^Delete these texts$/);
    await modal.waitFor();
    await choose(/^Delete these texts$/);
    await seen(page, 'There are no texts of yours in this language yet.');
  });

  await step('start a run, and approve it, by keyboard', async () => {
    await page.goto(`${baseUrl}/admin/workflow-runs/new`);
    await heading(/./);
    await fill(/^First name/, 'Grace');
    await fill(/^E-mail/, 'keys-run@example.com');
    await tabTo(/^Template/);
    await type('Studio');
    await choose(/^Send the license key by e-mail/, 'Space');
    await choose(/^Start a run$/);
    await page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await choose(/^Approve$/);
    await modal.waitFor();
    await choose(/^Approve$/);
    await page.getByText('Completed', { exact: true }).waitFor();
  });

  await step('make a signing key, and revoke it, by keyboard', async () => {
    await page.goto(`${baseUrl}/admin/signing-keys`);
    await heading('Signing keys');
    await choose(/^New signing key$/);
    await modal.waitFor();
    await choose(/^Create key$/);
    await noDialog();
    await seen(page, 'Published, not used yet');
    const { data: keys } = await api('GET', '/v1/signing-keys');
    const { kid } = keys.find(({ state }) => !['ACTIVE', 'RETIRED', 'REVOKED'].includes(state));
    await choosePath(new RegExp(`^Actions for ${kid.slice(0, 8)}`), /^Revoke$/);
    await modal.waitFor();
    await choose(/^Revoke$/);
    await noDialog();
    await seen(page, 'The key is revoked.');
    const { state } = (await api('GET', '/v1/signing-keys')).data.find((key) => key.kid === kid);
    assert.equal(state, 'REVOKED');
  });

  await step('act for a tenant with a platform key, by keyboard', async () => {
    await choose(/^Sign out$/);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await fill(/^API key/, await platformKey());
    await press('Enter');
    await heading('Choose a tenant');
    await choose(/^Act for it: tenant-001/);
    await page.getByText('You act for the tenant tenant-001').waitFor();
    await choose(/^Choose another/);
    await heading('Choose a tenant');
    await choose(/^Sign out$/);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await fill(/^API key/, adminKey);
    await press('Enter');
    await heading('Dashboard');
  });

  await step('sign out by keyboard, and in again', async () => {
    await choose(/^Sign out$/);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tabTo(/^API key/);
    await type(adminKey);
    await press('Enter');
    await heading('Dashboard');
  });
}
