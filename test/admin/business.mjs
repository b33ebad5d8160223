// The screens of sales, partners and operations: their data, and the flows through them.
import assert from 'node:assert/strict';
import { accessibilityFaults } from './browser.mjs';

const TEMPLATE = 'professional-isp';
const CUSTOMER = 'customer-10';

let prepared;

/** Returns the screens of sales, partners and operations, with the paths of what is made for them, once. */
export function businessScreens(api) {
  return (prepared ??= prepare(api));
}

async function prepare(api) {
  const issue = (quantity, unit_price) => ({ kind: 'ISSUE', license_template_id: TEMPLATE, quantity, unit_price });
  const sale = { customer_id: CUSTOMER, currency: 'EUR' };
  const { order_id } = await api('POST', '/v1/orders', { ...sale, external_id: 'SO-1', lines: [issue(2, 99_000)] });
  await api('POST', `/v1/orders/${order_id}/record-payment`, { amount: 100_000 });
  await api('POST', `/v1/orders/${order_id}/approve`, {});
  await api('POST', `/v1/orders/${order_id}/fulfil`, {});
  const own = { starts: 'AT_FIRST_ACTIVATION', overrides: { max_activations: 25, term: { months: 18 } } };
  const pending = await api('POST', '/v1/orders', { ...sale, lines: [{ ...issue(3, 50_000), ...own }] });
  const valid_until = '2099-01-01T00:00:00Z';
  const { quote_id } = await api('POST', '/v1/quotes', { ...sale, valid_until, lines: [issue(5, 120_000)] });
  const plan = { subscription_id: 'sub-1', customer_id: CUSTOMER, template_id: TEMPLATE, quantity: 10 };
  await api('POST', '/v1/subscriptions', { ...plan, period_end: '2090-01-01T00:00:00Z' });
  const { license_id } = (await api('GET', `/v1/licenses?customer_id=${CUSTOMER}&template_id=${TEMPLATE}`)).data[0];
  await api('POST', '/v1/subscriptions/sub-1/link', { license_id });
  const renewal = { event_id: 'evt-1', occurred_at: '2026-11-01T00:00:00Z', kind: 'renewed' };
  await api('POST', '/v1/subscriptions/sub-1/events', { ...renewal, period_end: '2091-01-01T00:00:00Z' });
  const { partner_id } = await api('POST', '/v1/partners', { name: 'Old Resellers', email: 'old@example.com' });
  await api('POST', `/v1/partners/${partner_id}/approve`, {});
  const pool = { partner_id, license_template_id: TEMPLATE, quantity: 100, allowed_actions: ['renew'] };
  const { pool_id } = await api('POST', '/v1/license-pools', pool);
  await api('POST', '/v1/partner-invitations', { partner_id });
  const message = { template: 'renewal_reminder', license_id };
  const { email_message_id } = await api('POST', '/v1/email-messages', message);
  const lead = { first_name: 'Mary', last_name: 'Shelley', email: 'mary@example.com' };
  const input = { lead, license_template_id: TEMPLATE, approval: true, welcome: false };
  const { run_id } = await api('POST', '/v1/workflow-runs', { workflow: 'lead-to-customer', input });
  await api('POST', `/v1/licenses/${license_id}/blocked-devices`, { fingerprint: 'stolen', reason: { code: 'FRAUD' } });
  await api('POST', `/v1/customers/${CUSTOMER}/notes`, { text: 'Prefers invoices by post.' });
  return {
    orders: ['/orders'],
    order: [`/orders/${order_id}`],
    'edit-order': [`/orders/${pending.order_id}/edit`],
    'new-order': ['/orders/new'],
    quotes: ['/quotes'],
    'new-quote': ['/quotes/new'],
    quote: [`/quotes/${quote_id}`],
    'edit-quote': [`/quotes/${quote_id}/edit`],
    subscriptions: ['/subscriptions'],
    subscription: ['/subscriptions/sub-1'],
    'new-subscription': ['/subscriptions/new'],
    partners: ['/partners'],
    'new-partner': ['/partners/new'],
    partner: [`/partners/${partner_id}`],
    invitations: [`/partners/${partner_id}?tab=invitations`],
    'license-pool': [`/license-pools/${pool_id}`],
    emails: ['/emails'],
    email: [`/emails/${email_message_id}`],
    'email-texts': ['/email-templates'],
    'email-text': ['/email-templates/license_issued/de'],
    'workflow-run': [`/workflow-runs/${run_id}`],
    'new-workflow-run': ['/workflow-runs/new'],
    'blocked-devices': [`/licenses/${license_id}?tab=devices`],
    files: [`/licenses/${license_id}?tab=files`],
    'template-versions': [`/templates/${TEMPLATE}/versions`],
    'signing-keys': ['/signing-keys'],
    help: ['/help'],
  };
}

/** Screens with a list, by the permission that they need. */
const LISTS = {
  '/licenses': 'licenses:read',
  '/customers': 'customers:read',
  '/templates': 'templates:read',
  '/products': 'products:read',
  '/orders': 'orders:read',
  '/quotes': 'orders:read',
  '/subscriptions': 'subscriptions:read',
  '/partners': 'partners:read',
  '/emails': 'emails:read',
  '/events': 'events:read',
  '/workflow-runs': 'workflows:read',
  '/api-keys': 'api-keys:manage',
  '/signing-keys': 'signing-keys:read',
  '/sessions': 'sessions:manage',
};

export async function business({ api, baseUrl, adminKey, open, signIn, step, platformKey }) {
  await businessScreens(api);
  const page = await open();
  await signIn(page);
  await flows({ page, step, api, baseUrl });
  await operations({ page, step, api, baseUrl });
  await conflicts({ page, step, api, baseUrl, adminKey });
  await platform({ open, step, baseUrl, platformKey });
  await listStates({ open, signIn, step, api, baseUrl });
}

async function flows({ page, step, api, baseUrl }) {
  const button = (name) => page.getByRole('button', { name, exact: true });
  const seen = (text) => page.getByText(text).first().waitFor();
  const dialog = page.getByRole('dialog');
  const confirm = (name) => dialog.getByRole('button', { name, exact: true }).click();
  const idOfPage = () => new URL(page.url()).pathname.split('/').at(-1);
  const choose = async (name) => {
    await button('More actions').click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };

  await step(
    'an order is made with its exact price, approved, paid in part, fulfilled and refunded by line',
    async () => {
      await page.goto(`${baseUrl}/admin/orders/new`);
      await page.getByRole('combobox', { name: 'Customer' }).fill('Ada');
      await page.getByRole('option', { name: /Ada Lovelace/ }).click();
      await page.getByLabel('Template').selectOption(TEMPLATE);
      await page.getByLabel('Unit price').fill('990.123');
      await button('Create order').click();
      await seen('Enter an amount such as 990.00');
      await page.getByLabel('Unit price').fill('990.10');
      await button('Add line').click();
      await page.getByLabel('What').nth(1).selectOption('RENEW');
      await page.getByLabel('License ID').fill('not-an-id');
      await page.getByLabel('Unit price').nth(1).fill('10');
      await button('Create order').click();
      await page.locator('[aria-invalid=true]').waitFor();
      assert.equal(await page.getByLabel('License ID').getAttribute('aria-invalid'), 'true');
      await button('Remove line 2').click();
      await button('Create order').click();
      await seen('The order is created.');
      await page.waitForURL(/\/orders\/[0-9a-f-]{36}$/);
      const orderId = idOfPage();
      assert.equal((await api('GET', `/v1/orders/${orderId}`)).total_amount, 99_010);
      await button('Approve').click();
      await api('PATCH', `/v1/orders/${orderId}`, { metadata: { note: 'meanwhile' } });
      await confirm('Approve');
      await seen('Changed meanwhile');
      await button('Use the current state').click();
      await confirm('Approve');
      await seen('The order is approved.');
      await button('Record payment').click();
      await dialog.getByLabel('Amount in EUR').fill('500');
      await confirm('Record payment');
      await seen('Partly paid');
      await choose('Fulfil');
      await confirm('Fulfil');
      await seen('1 of 1 fulfilled');
      await choose('Refund');
      await dialog.getByLabel('Licenses that it issued').selectOption('SUSPEND');
      await confirm('Refund');
      await seen('Licenses suspended');
      const order = await api('GET', `/v1/orders/${orderId}`);
      assert.deepEqual([order.paid_amount, order.refunded_amount], [50_000, 50_000]);
      const [licenseId] = order.lines[0].license_ids;
      assert.equal((await api('GET', `/v1/licenses/${licenseId}`)).status, 'SUSPENDED');
    },
  );

  await step(
    'an order whose end has passed is not approved, until its times are changed; its metadata can change',
    async () => {
      const soon = Date.now() + 1_500;
      const overrides = { expiry_date: new Date(soon).toISOString(), max_activations: 3 };
      const lines = [{ kind: 'ISSUE', license_template_id: TEMPLATE, unit_price: 1_000, overrides }];
      const { order_id } = await api('POST', '/v1/orders', { customer_id: CUSTOMER, currency: 'EUR', lines });
      await api('POST', `/v1/orders/${order_id}/record-payment`, {});
      await page.goto(`${baseUrl}/admin/orders/${order_id}`);
      await button('Approve').waitFor();
      await page.waitForFunction((at) => Date.now() > at, soon);
      await button('Approve').click();
      await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
      await dialog.getByText('ORDER_LINE_REFUSED').waitFor();
      await dialog.getByRole('button', { name: 'Change the times' }).click();
      await dialog.getByLabel('Last day').fill('2091-05-04');
      assert.deepEqual(await accessibilityFaults(page), []);
      await confirm('Save');
      await seen('The times are changed.');
      await button('Approve').click();
      await confirm('Approve');
      await button('More actions').click();
      await page.getByRole('menuitem', { name: 'Edit metadata' }).click();
      await dialog.getByLabel('Metadata').fill('{"purchase_order": ');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.getByText('This is not a JSON object.').waitFor();
      await dialog.getByLabel('Metadata').fill('{"purchase_order": "PO-7"}');
      await confirm('Save');
      await page.getByText('PO-7').first().waitFor();
      const saved = await api('GET', `/v1/orders/${order_id}`);
      assert.equal(saved.status, 'APPROVED');
      assert.deepEqual(saved.metadata, { purchase_order: 'PO-7' });
      assert.match(saved.lines[0].overrides.expiry_date, /^2091-05-0[345]/);
      assert.equal(saved.lines[0].overrides.max_activations, 3);
    },
  );

  await step('an order is edited with its own terms, also after another tab changed it', async () => {
    const line = { kind: 'ISSUE', license_template_id: TEMPLATE, unit_price: 1_000 };
    const starts = '2090-05-05T10:11:12.000Z';
    const lines = [{ ...line, starts }, line];
    const { order_id } = await api('POST', '/v1/orders', { customer_id: CUSTOMER, currency: 'EUR', lines });
    await page.goto(`${baseUrl}/admin/orders/${order_id}`);
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await page.getByRole('heading', { name: /^Edit order/, level: 1 }).waitFor();
    await page.getByText(/^Chosen: Ada Lovelace/).waitFor();
    await page.getByLabel('Number of licenses').nth(1).fill('3');
    await page.getByText('Start and own terms').nth(1).click();
    await page.getByLabel('Starts').nth(1).selectOption('AT_FIRST_ACTIVATION');
    await page.getByLabel('Must start before').fill('2091-01-31');
    await page.getByLabel('Seats', { exact: true }).nth(1).selectOption('limit');
    await page.getByLabel('Number of seats').fill('25');
    await page.getByLabel('Expires').nth(1).selectOption('months');
    await page.getByLabel('How many').fill('18');
    await button('Add feature').nth(1).click();
    await page.getByLabel('ID', { exact: true }).fill('export');
    await page.getByLabel('Name', { exact: true }).fill('Export');
    await page.getByLabel('Own restrictions').nth(1).check();
    await button('Add restriction').click();
    await page.getByLabel('Values').fill('not a country');
    assert.deepEqual(await accessibilityFaults(page), []);
    await button('Save').click();
    await page.locator('[aria-invalid=true]').waitFor();
    await page.getByLabel('Values').fill('DE\nAT');
    await api('PATCH', `/v1/orders/${order_id}`, { metadata: { note: 'meanwhile' } });
    await button('Save').click();
    await seen('Changed meanwhile');
    await button('Keep my changes on top').click();
    await button('Save').click();
    await seen('The order is changed.');
    const order = await api('GET', `/v1/orders/${order_id}`);
    const [kept, changed] = order.lines;
    assert.equal(kept.starts, starts);
    assert.deepEqual(
      [changed.quantity, changed.starts, changed.overrides.max_activations, changed.overrides.term],
      [3, 'AT_FIRST_ACTIVATION', 25, { months: 18 }],
    );
    assert.equal(changed.overrides.features[0].feature_id, 'export');
    assert.deepEqual(changed.overrides.restrictions[0].values, ['DE', 'AT']);
    assert.deepEqual(order.metadata, { note: 'meanwhile' });
    await page.goto(`${baseUrl}/admin/orders/${order_id}/edit`);
    assert.equal(await page.getByLabel('Number of seats').inputValue(), '25');
    await api('POST', `/v1/orders/${order_id}/approve`, {});
    await page.reload();
    await seen('This order can no longer be edited');
  });

  await step('orders are found by the name of their customer', async () => {
    await page.goto(`${baseUrl}/admin/orders`);
    const filter = page.getByLabel('ID of the customer');
    await filter.fill('Ada');
    await page.locator(`datalist option[value=${CUSTOMER}]`).waitFor({ state: 'attached' });
    // Chromium puts the value of the chosen option into the field.
    await filter.fill(CUSTOMER);
    await page.waitForURL(/customer_id=customer-10/);
    await page.getByRole('link', { name: 'SO-1' }).waitFor();
    await filter.fill('customer-nobody');
    await filter.press('Enter');
    await seen('Nothing fits');
    await button('Clear').click();
    await page.waitForURL(/\/orders$/);
  });

  await step('a quote is edited, and once it is sent only its last day', async () => {
    const line = { kind: 'ISSUE', license_template_id: TEMPLATE, unit_price: 120_000 };
    const offer = { customer_id: CUSTOMER, currency: 'EUR', valid_until: '2099-01-01T00:00:00Z', lines: [line] };
    const { quote_id } = await api('POST', '/v1/quotes', offer);
    await page.goto(`${baseUrl}/admin/quotes/${quote_id}/edit`);
    await page.getByLabel('Unit price').fill('1100.50');
    await button('Save').click();
    await seen('The quote is changed.');
    const draft = await api('GET', `/v1/quotes/${quote_id}`);
    assert.deepEqual([draft.total_amount, draft.valid_until], [110_050, '2099-01-01T00:00:00.000Z']);
    await api('POST', `/v1/quotes/${quote_id}/send`, {});
    await page.goto(`${baseUrl}/admin/quotes/${quote_id}/edit`);
    await page.getByLabel('Valid until').fill('2098-12-31');
    assert.equal(await page.getByLabel('Unit price').count(), 0);
    await button('Save').click();
    await seen('The quote is changed.');
    assert.match((await api('GET', `/v1/quotes/${quote_id}`)).valid_until, /^209[89]-/);
  });

  await step('a quote is sent and accepted, and leads to its order', async () => {
    const line = { kind: 'ISSUE', license_template_id: TEMPLATE, unit_price: 120_000 };
    const offer = { customer_id: CUSTOMER, currency: 'JPY', valid_until: '2099-01-01T00:00:00Z', lines: [line] };
    const { quote_id } = await api('POST', '/v1/quotes', offer);
    await page.goto(`${baseUrl}/admin/quotes/${quote_id}`);
    await seen('JP¥120,000');
    await button('Mark as sent').click();
    await confirm('Mark as sent');
    await button('Accept').click();
    await dialog.getByLabel('Your order number').fill('SO-2');
    await confirm('Accept');
    await seen('The quote is accepted, and its order is there.');
    const { order_id } = await api('GET', `/v1/quotes/${quote_id}`);
    await page.getByRole('link', { name: order_id }).click();
    await page.getByRole('heading', { name: /SO-2/, level: 1 }).waitFor();
  });

  await step('a subscription is cancelled for the end of its period, and goes on after all', async () => {
    await page.goto(`${baseUrl}/admin/subscriptions/sub-1`);
    await seen('Renewed');
    await choose('Cancel subscription');
    await confirm('Cancel subscription');
    await seen('Ends with the period');
    await choose('Continue after all');
    await confirm('Continue after all');
    await page.getByText('Ends with the period').waitFor({ state: 'detached' });
    assert.equal((await api('GET', '/v1/subscriptions/sub-1')).cancel_at_period_end, false);
  });

  await step('an event of the billing system is recorded by hand', async () => {
    await choose('Record an event');
    await dialog.getByLabel('What happened').selectOption('quantity_changed');
    await dialog.getByLabel('Event ID').fill('two words');
    await dialog.getByLabel('Seats').fill('12');
    await confirm('Record');
    await dialog.locator('[aria-invalid=true]').waitFor();
    await dialog.getByLabel('Event ID').fill('by-hand-1');
    await confirm('Record');
    await seen('The event is recorded.');
    await seen('by-hand-1');
    assert.equal((await api('GET', '/v1/subscriptions/sub-1')).quantity, 12);
  });

  await step('a partner is approved, gets a pool and an invitation, and is suspended', async () => {
    await page.goto(`${baseUrl}/admin/partners/new`);
    await page.getByLabel('Name').fill('New Resellers');
    await page.getByLabel('E-mail').fill('new@example.com');
    await button('Create partner').click();
    await seen('Waits for approval');
    const partnerId = idOfPage();
    await button('Approve').click();
    await confirm('Approve');
    await button('New pool').click();
    await dialog.getByRole('combobox', { name: /^Template/ }).selectOption(TEMPLATE);
    await dialog.getByLabel('Number of licenses').fill('10');
    await dialog.getByLabel('Renew').check();
    await confirm('Create pool');
    await page.getByRole('link', { name: TEMPLATE }).click();
    await button('Allot or take back').click();
    await dialog.getByLabel('What').selectOption('TAKE');
    await dialog.getByLabel('Number of licenses').fill('11');
    await confirm('Allot or take back');
    await dialog.getByRole('alert').getByText('POOL_EXHAUSTED').waitFor();
    await dialog.getByLabel('Number of licenses').fill('4');
    await confirm('Allot or take back');
    await page.getByRole('cell', { name: '-4', exact: true }).waitFor();
    await page.getByLabel('Seats').check();
    await button('Save').click();
    await seen('The rules are saved.');
    const [pool] = (await api('GET', `/v1/license-pools?partner_id=${partnerId}`)).data;
    assert.deepEqual(
      [pool.available, pool.allowed_actions, pool.allowed_overrides],
      [6, ['renew'], ['max_activations']],
    );
    await page.goto(`${baseUrl}/admin/partners/${partnerId}?tab=invitations`);
    await button('Invite').click();
    await dialog.getByLabel('Send it by e-mail').uncheck();
    await confirm('Invite');
    await page.getByRole('dialog', { name: 'The code of the invitation' }).waitFor();
    await button('Done').click();
    await button('Withdraw').click();
    await confirm('Withdraw');
    await seen('Withdrawn');
    await button('Suspend').click();
    await dialog.getByLabel('Its licenses').selectOption('REVOKE');
    await confirm('Suspend');
    await seen('Suspended');
  });
}

async function operations({ page, step, api, baseUrl }) {
  const screens = await businessScreens(api);
  const button = (name) => page.getByRole('button', { name, exact: true });
  const seen = (text) => page.getByText(text).first().waitFor();
  const dialog = page.getByRole('dialog');
  const confirm = (name) => dialog.getByRole('button', { name, exact: true }).click();

  await step('an e-mail is cancelled and sent again, and its texts are written in another language', async () => {
    await page.goto(`${baseUrl}/admin${screens.email[0]}`);
    await seen('The server has no mail server to send by');
    await seen('Hello Ada Lovelace');
    await button('Cancel message').click();
    await confirm('Cancel message');
    await seen('Cancelled by somebody');
    await button('Send again').click();
    await confirm('Send again');
    await seen('Repeats');
    await page.goto(`${baseUrl}/admin/email-templates/trial_ending/de`);
    await page.getByLabel('Subject').fill('{{unknown}} endet');
    await page.getByRole('alert').getByText('unknown').first().waitFor();
    await page.getByLabel('Subject').fill('{{product_name}} endet bald');
    await seen('ISP Professional endet bald');
    await button('Save').click();
    await seen('The texts are saved.');
    assert.equal((await api('GET', '/v1/email-templates/trial_ending/de')).subject, '{{product_name}} endet bald');
    const body = { subject: 'Another', text: 'Text', html: '<p>Text</p>' };
    await page.getByLabel('Subject').fill('Mine');
    await api('PUT', '/v1/email-templates/trial_ending/de', body);
    await button('Save').click();
    await seen('Changed meanwhile');
    await button('Keep my changes on top').click();
    const isSaved = (answer) => answer.request().method() === 'PUT' && answer.ok();
    await Promise.all([page.waitForResponse(isSaved), button('Save').click()]);
    // The page begins anew with what is saved, and a dialog that is open before ends with it.
    await page.reload();
    await button('Delete these texts').click();
    await confirm('Delete these texts');
    await seen('There are no texts of yours in this language yet.');
  });

  await step('a run is started, and goes on once it is approved', async () => {
    await page.goto(`${baseUrl}/admin/workflow-runs/new`);
    await page.getByLabel('First name').fill('Emmy');
    await page.getByLabel('E-mail', { exact: true }).fill('not an address');
    await page.getByRole('combobox', { name: /^Template/ }).selectOption(TEMPLATE);
    await page.getByLabel('Send the license key by e-mail').uncheck();
    await page.getByLabel('E-mail', { exact: true }).evaluate((field) => field.setAttribute('type', 'text'));
    await button('Start a run').click();
    await page.locator('[aria-invalid=true]').waitFor();
    await page.getByLabel('E-mail', { exact: true }).fill('emmy@example.com');
    await button('Start a run').click();
    await button('Approve').click();
    await confirm('Approve');
    await page.getByText('Completed', { exact: true }).waitFor();
  });

  await step('partner onboarding starts for a partner that there is, with several pools', async () => {
    const body = { name: 'Two Pools', email: 'two@example.com' };
    const { partner_id } = await api('POST', '/v1/partners', body);
    await page.goto(`${baseUrl}/admin/workflow-runs/new`);
    await page.getByLabel('Workflow').selectOption('partner-onboarding');
    await page.getByLabel('Partner', { exact: true }).selectOption(partner_id);
    await page.getByLabel('Template of its pool').selectOption(TEMPLATE);
    await page.getByLabel('Number of licenses').fill('5');
    await button('Add pool').click();
    await page.getByLabel('Template of its pool').nth(1).selectOption('studio');
    await page.getByLabel('Number of licenses').nth(1).fill('7');
    await button('Start a run').click();
    await button('Approve').click();
    await confirm('Approve');
    await page.getByText('Completed', { exact: true }).waitFor();
    const { data: pools } = await api('GET', `/v1/license-pools?partner_id=${partner_id}`);
    assert.deepEqual(pools.map(({ available }) => available).sort(), [5, 7]);
  });

  await step('a device is blocked and unblocked, and a note is added and deleted', async () => {
    await page.goto(`${baseUrl}/admin${screens['blocked-devices'][0]}`);
    await button('Block a device').click();
    await dialog.getByLabel('Device').fill('lost-laptop');
    await confirm('Block');
    const row = page.getByRole('row', { name: /lost-laptop/ });
    await row.getByRole('button', { name: 'Unblock' }).click();
    await confirm('Unblock');
    await row.waitFor({ state: 'detached' });
    await page.goto(`${baseUrl}/admin/customers/${CUSTOMER}`);
    await page.getByLabel('New note').fill('Wants a quote.');
    await button('Add note').click();
    await page.getByRole('listitem').filter({ hasText: 'Wants a quote.' }).getByRole('button').click();
    await dialog.getByLabel('Reason').selectOption('CORRECTION');
    await dialog.getByLabel('Note').fill('Of another customer');
    await confirm('Delete note');
    await page.getByText('Wants a quote.').waitFor({ state: 'detached' });
    const told = await api('GET', '/v1/license-events?event_type=customer.note_deleted&order=desc');
    assert.deepEqual(told.data[0].event_data.reason, { code: 'CORRECTION', text: 'Of another customer' });
  });

  await step('a license file is made and saved', async () => {
    await page.goto(`${baseUrl}/admin${screens.files[0]}`);
    await button('Make a license file').click();
    await dialog.getByLabel('Device').fill('offline-1');
    const [saved] = await Promise.all([page.waitForEvent('download'), confirm('Make and save')]);
    assert.match(saved.suggestedFilename(), /\.lic$/);
    await page.getByRole('row', { name: /offline-1/ }).waitFor();
  });

  await step('the versions of a template are compared', async () => {
    await api('PATCH', `/v1/license-templates/${TEMPLATE}`, { grace_period_days: 21 });
    await page.goto(`${baseUrl}/admin/templates/${TEMPLATE}`);
    await page.getByRole('link', { name: 'Versions' }).click();
    await page.getByRole('cell', { name: 'grace_period_days' }).waitFor();
    await page.getByRole('cell', { name: '21', exact: true }).waitFor();
  });

  await step(
    'a signing key is made and activated, and the one that signs ends only after its begin was typed',
    async () => {
      await page.goto(`${baseUrl}/admin/signing-keys`);
      await button('New signing key').click();
      await confirm('Create key');
      const rowOf = (state) => page.getByRole('row').filter({ hasText: state });
      await rowOf('Published, not used yet').getByRole('button').click();
      await page.getByRole('menuitem', { name: 'Activate' }).click();
      await confirm('Activate');
      await rowOf('Retired').waitFor();
      await rowOf('Signs').getByRole('button').click();
      await page.getByRole('menuitem', { name: 'Revoke' }).click();
      await dialog.getByLabel(/^Type /).fill('xxxx');
      await confirm('Revoke');
      await seen('The key begins with');
      await button('Back').click();
      const { data: keys } = await api('GET', '/v1/signing-keys');
      assert.equal(keys.filter(({ state }) => state === 'ACTIVE').length, 1);
    },
  );
}

/** Changes that somebody else makes while a dialog is open are shown, wherever a version is sent. */
async function conflicts({ page, step, api, baseUrl, adminKey }) {
  const screens = await businessScreens(api);
  const button = (name) => page.getByRole('button', { name, exact: true });
  const dialog = page.getByRole('dialog');
  const { id: keyId } = await api('POST', '/v1/api-keys', { name: 'Conflicting', role: 'support' });
  const { partner_id } = await api('POST', '/v1/partners', { name: 'Conflicting', email: 'c@example.com' });
  await api('POST', `/v1/partners/${partner_id}/approve`, {});
  const { invitation_id } = await api('POST', '/v1/partner-invitations', { partner_id });
  const lead = { first_name: 'Con', last_name: 'Flict', email: 'con@example.com' };
  const input = { lead, license_template_id: TEMPLATE, approval: true, welcome: false };
  const { run_id } = await api('POST', '/v1/workflow-runs', { workflow: 'lead-to-customer', input });
  const texts = { subject: 'One', text: 'Text', html: '<p>Text</p>' };
  await api('PUT', '/v1/email-templates/trial_ending/fr', texts);
  const headers = { 'Content-Type': 'application/json', Origin: baseUrl, 'User-Agent': 'Firefox Windows' };
  const body = JSON.stringify({ api_key: adminKey });
  const session = await fetch(`${baseUrl}/auth/session`, { method: 'POST', headers, body });
  assert.ok(session.ok, await session.clone().text());
  const { session_id: sessionId } = (await api('GET', '/v1/sessions')).data.find(
    ({ user_agent }) => user_agent === 'Firefox Windows',
  );
  const licensePath = screens.files[0].split('?')[0];
  const cases = {
    'an API key': {
      path: '/api-keys',
      open: async () => {
        await button('Actions for Conflicting').click();
        await page.getByRole('menuitem', { name: 'Revoke' }).click();
      },
      change: () => api('POST', `/v1/api-keys/${keyId}/rotate`, { overlap_seconds: 3_600 }),
      submit: 'Revoke',
    },
    'an invitation': {
      path: `/partners/${partner_id}?tab=invitations`,
      open: () => button('Withdraw').click(),
      change: () => api('POST', `/v1/partner-invitations/${invitation_id}/resend`, {}),
      submit: 'Withdraw',
    },
    'a signal': {
      path: `/workflow-runs/${run_id}`,
      open: () => button('Approve').click(),
      change: () => api('POST', `/v1/workflow-runs/${run_id}/cancel`),
      submit: 'Approve',
    },
    'a session': {
      path: '/sessions',
      open: () =>
        page
          .getByRole('row', { name: /Firefox · Windows/ })
          .getByRole('button', { name: 'End' })
          .click(),
      change: () => api('POST', `/v1/sessions/${sessionId}/end`, {}),
      submit: 'End',
    },
    'the texts of an e-mail': {
      path: '/email-templates/trial_ending/fr',
      open: () => button('Delete these texts').click(),
      change: () => api('PUT', '/v1/email-templates/trial_ending/fr', { ...texts, subject: 'Two' }),
      submit: 'Delete these texts',
    },
    'a license key that is shown': {
      path: licensePath,
      open: () => button('Show key').click(),
      change: () => api('PATCH', `/v1${licensePath}`, { grace_period_days: 9 }),
      submit: 'Show key',
    },
  };
  for (const [name, { path, open, change, submit }] of Object.entries(cases)) {
    await step(`what somebody else changed of ${name} is shown first`, async () => {
      await page.goto(`${baseUrl}/admin${path}`);
      await open();
      await dialog.getByRole('button', { name: submit, exact: true }).waitFor();
      await change();
      await dialog.getByRole('button', { name: submit, exact: true }).click();
      await dialog.getByRole('alert').getByText('Changed meanwhile').waitFor();
      assert.equal(await dialog.getByRole('button', { name: submit, exact: true }).isDisabled(), true);
      assert.deepEqual(await accessibilityFaults(page), []);
      await dialog.getByRole('button', { name: 'Use the current state' }).click();
      assert.equal(await dialog.getByRole('button', { name: submit, exact: true }).isDisabled(), false);
    });
  }
}

/** The work of an operator with a platform key: tenants, and acting for one of them. */
async function platform({ open, step, baseUrl, platformKey }) {
  const key = await platformKey();
  await step('a platform key makes a tenant, acts for it in a banner, and suspends it', async () => {
    const page = await open();
    const button = (name) => page.getByRole('button', { name, exact: true });
    const dialog = page.getByRole('dialog');
    await page.goto(`${baseUrl}/admin/`);
    await page.getByLabel('API key').fill(key);
    await button('Sign in with API key').click();
    await page.getByRole('heading', { name: 'Choose a tenant', level: 1 }).waitFor();
    await button('Act for it: tenant-001').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await button('New tenant').click();
    await dialog.getByLabel('Tenant ID').fill('not an id!');
    await dialog.getByRole('button', { name: 'Create tenant' }).click();
    await dialog.locator('[aria-invalid=true]').waitFor();
    await dialog.getByLabel('Tenant ID').fill('tenant-new');
    await dialog.getByRole('button', { name: 'Create tenant' }).click();
    await button('Act for it: tenant-new').click();
    await page.getByText('You act for the tenant tenant-new').waitFor();
    await page.goto(`${baseUrl}/admin/products`);
    await page.getByText('No products yet').waitFor();
    await button('Choose another').click();
    await button('Actions for tenant-new').click();
    await page.getByRole('menuitem', { name: 'Suspend' }).click();
    await dialog.getByRole('button', { name: 'Suspend' }).click();
    await page
      .getByRole('row', { name: /tenant-new/ })
      .getByText('Suspended')
      .waitFor();
    const suspended = { code: 'TENANT_SUSPENDED', status: 403, detail: 'The tenant is suspended.' };
    await page.route('**/v1/me', (route) =>
      route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(suspended) }),
    );
    await page.reload();
    await page.getByRole('heading', { name: 'The tenant is suspended', level: 1 }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.unroute('**/v1/me');
    await button('Sign out').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
}

/** Lists without rows, and lists that somebody may not see. */
async function listStates({ open, signIn, step, api, baseUrl }) {
  await step('every list says that it is empty, and why it failed', async () => {
    const page = await open();
    await signIn(page);
    let answer = {};
    await page.route(/\/v1\/(?!me|reports|settings)[a-z-]+(?:\?|$)/, (route) => route.fulfill(answer));
    for (const path of Object.keys(LISTS)) {
      answer = { json: { data: [], next_cursor: null } };
      await page.goto(`${baseUrl}/admin${path}`);
      await page
        .getByText(/^No |^Nothing /)
        .first()
        .waitFor();
      assert.deepEqual(await accessibilityFaults(page), [], path);
      const problem = { type: 'about:blank', title: 'Conflict', status: 409, code: 'TEST', detail: 'It is refused.' };
      answer = { status: 409, contentType: 'application/problem+json', body: JSON.stringify(problem) };
      await page.reload();
      await page.getByRole('alert').getByText('It is refused.').waitFor();
    }
  });

  await step('every list names the permission that somebody lacks', async () => {
    const { api_key } = await api('POST', '/v1/api-keys', { name: 'Importer', permissions: ['licenses:import'] });
    const page = await open();
    await page.goto(`${baseUrl}/admin/`);
    await page.getByLabel('API key').fill(api_key);
    await page.getByRole('button', { name: 'Sign in with API key' }).click();
    for (const [path, permission] of Object.entries(LISTS)) {
      await page.getByText('You may not see this').waitFor();
      await page.goto(`${baseUrl}/admin${path}`);
      await page.getByText(permission).waitFor();
      assert.deepEqual(await accessibilityFaults(page), [], path);
    }
  });
}
