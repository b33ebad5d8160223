import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { eraseCustomer } from '../../src/maintenance/index.js';
import { SubscriptionTimer } from '../../src/subscriptions/subscription-timer.js';
import { Clock } from '../../src/shared/time/clock.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { everythingStored, traces } from '../support/everything-stored.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const at = (days: number) => new Date(START + days * 86_400_000).toISOString();
const reason = { code: 'OTHER' };

describe('subscriptions', () => {
  let now = new Date(START);
  let app: TestApp;
  let api: Api;
  let templateId: string;
  /** Another template of the same product. */
  let teamId: string;
  let id: string;
  let licenseId: string;

  beforeAll(async () => {
    app = await TestApp.start({
      environment: { LICENSE_TIMER_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => now }),
    });
    api = await app.tenant();
    const terms = { default_duration: 30, grace_period_days: 10, max_activations: 5 };
    templateId = await api.template(terms);
    const { product_id } = (await api.get(`/v1/license-templates/${templateId}`)).body;
    const team = { ...terms, template_name: 'Team', product_id, max_activations: 25, auto_renewal_enabled: true };
    const model = { license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT' };
    teamId = (await api.create('/v1/license-templates', { ...team, ...model })).template_id as string;
  });

  beforeEach(async () => {
    now = new Date(START);
    id = `sub-${unique()}`;
    licenseId = (await api.issue(templateId)).license_id as string;
    await api.create('/v1/subscriptions', {
      subscription_id: id,
      customer_id: 'customer-1',
      template_id: templateId,
      period_end: at(30),
    });
  });

  afterAll(() => app.stop());

  const today = (days: number) => (now = new Date(START + days * 86_400_000));
  const link = async (subscription = id, license = licenseId) =>
    api.post(`/v1/subscriptions/${subscription}/link`, { license_id: license });
  const send = async (kind: string, day: number, facts: object = {}, event_id = `e-${unique()}`) => {
    if (now < new Date(at(day))) today(day);
    const event = { event_id, occurred_at: at(day), kind, ...facts };
    const response = await api.post(`/v1/subscriptions/${id}/events`, event);
    expect({ event, status: response.status, text: response.text }).toMatchObject({ status: 200 });
    return response.body;
  };
  const license = async (): Promise<Wire> => (await api.get(`/v1/licenses/${licenseId}`)).body;
  const subscription = async (): Promise<Wire> => (await api.get(`/v1/subscriptions/${id}`)).body;
  const act = async (action: string, body: object = {}) => {
    const response = await api.post(`/v1/licenses/${licenseId}/${action}`, body as Record<string, unknown>);
    expect({ action, status: response.status, text: response.text }).toMatchObject({ status: 200 });
  };
  const told = async (query: string): Promise<Wire[]> =>
    (await api.get(`/v1/license-events?${query}&limit=100`)).body.data;

  it('have the id of the caller, are found by what they have in common, and exist once', async () => {
    const customer_id = `customer-${unique()}`;
    const body = { subscription_id: `sub-${unique()}`, customer_id, template_id: teamId, period_end: at(400) };
    const made = await api.create('/v1/subscriptions', body);
    expect(made).toMatchObject({ ...body, status: 'ACTIVE', quantity: null, license: null, hold: null, version: 1 });
    expect((await api.post('/v1/subscriptions', body)).body.code).toBe('SUBSCRIPTION_EXISTS');
    const unknown = { customer_id, template_id: 'nobodys' };
    expect((await api.post('/v1/subscriptions', unknown)).body.code).toBe('TEMPLATE_NOT_FOUND');
    const trial = await api.create('/v1/subscriptions', { ...body, subscription_id: 7, status: 'TRIALING' });
    expect(trial.subscription_id).toBe('7');
    const found = async (query: string) =>
      ((await api.get(`/v1/subscriptions?${query}`)).body.data as Wire[]).map(({ subscription_id }) => subscription_id);
    expect((await found(`customer_id=${customer_id}`)).sort()).toEqual(['7', body.subscription_id]);
    expect(await found(`customer_id=${customer_id}&status=TRIALING`)).toEqual(['7']);
    expect(await found(`template_id=${teamId}&period_ends_from=${at(400)}`)).toEqual(
      ['7', body.subscription_id].sort(),
    );
    expect(await found(`period_ends_before=${at(30)}`)).toEqual([]);
    await link();
    expect(await found(`license_id=${licenseId}`)).toEqual([id]);
    const first = (await api.get(`/v1/subscriptions?customer_id=${customer_id}&limit=1`)).body;
    const [rest] = ['7', body.subscription_id].filter((each) => each !== first.data[0].subscription_id);
    expect(await found(`customer_id=${customer_id}&limit=1&cursor=${first.next_cursor}`)).toEqual([rest]);
    await send('canceled', 0, { ends_at: at(0) });
    expect(await found(`status=ENDED&license_id=${licenseId}`)).toEqual([id]);
    expect(await found(`status=CANCELED&license_id=${licenseId}`)).toEqual([]);
  });

  it('decide the expiry and the seats of the license, and the log has before and after', async () => {
    const linked = (await link()).body;
    const following = { license_id: licenseId, status: 'ACTIVE', expiry_date: at(30) };
    expect(linked).toMatchObject({ license: following, linked_now: true });
    expect((await link()).body).toEqual({ ...linked, linked_now: false });
    await send('renewed', 1, { period_end: at(60) });
    expect(await license()).toMatchObject({ expiry_date: at(60), subscription_id: id });
    await send('quantity_changed', 2, { quantity: 12 });
    expect(await license()).toMatchObject({ max_activations: 12, expiry_date: at(60) });
    await send('plan_changed', 3, { template_id: teamId });
    await send('plan_changed', 4, { template_id: teamId });
    const changed = await license();
    expect(changed).toMatchObject({ template_id: teamId, max_activations: 12, auto_renewal_enabled: false });
    await eventually(async () => {
      const types = (await told(`license_id=${licenseId}`)).map(({ event_type }) => event_type as string);
      expect(types.sort()).toEqual(
        [
          ...['license.created', 'license.subscription_changed', 'license.renewed', 'license.updated'],
          ...['license.template_changed', 'license.updated', 'subscription.linked'],
          ...Array<string>(4).fill('subscription.event_received'),
        ].sort(),
      );
    });
    const received = await told(`license_id=${licenseId}&event_type=subscription.event_received`);
    const renewed = received.find(({ event_data }) => event_data.billing_event.kind === 'renewed')!;
    expect(renewed).toMatchObject({
      resource_type: 'subscription',
      resource_id: id,
      metadata: { operation: 'subscriptions.ingest' },
      event_data: {
        billing_event: { kind: 'renewed', occurred_at: at(1), period_end: at(60) },
        before: { period_end: at(30) },
        after: { period_end: at(60) },
      },
    });
    const [moved] = await told(`license_id=${licenseId}&event_type=license.renewed`);
    expect(moved?.event_data).toMatchObject({
      reason: { code: 'SUBSCRIPTION' },
      before: { expiry_date: at(30) },
      after: { expiry_date: at(60) },
    });
  });

  it('renew a license that would renew itself, which the timer and PATCH leave alone', async () => {
    licenseId = (await api.issue(teamId)).license_id as string;
    expect(await license()).toMatchObject({ auto_renewal_enabled: true });
    await api.patch(`/v1/subscriptions/${id}`, { template_id: teamId });
    await link();
    const patch = (auto_renewal_enabled: boolean) => api.patch(`/v1/licenses/${licenseId}`, { auto_renewal_enabled });
    expect(await patch(true)).toMatchObject({ status: 409, body: { code: 'SUBSCRIPTION_MANAGED' } });
    expect((await patch(false)).status).toBe(200);
    today(31);
    await app.nest.get(LicenseTimer).sweep();
    expect(await license()).toMatchObject({ expiry_date: at(30), status: 'EXPIRED', in_grace: true });
    await api.post(`/v1/subscriptions/${id}/unlink`);
    expect(await license()).toMatchObject({ subscription_id: null, auto_renewal_enabled: false, expiry_date: at(30) });
    expect((await patch(true)).status).toBe(409);
    await act('renew', { days: 30 });
    expect((await patch(true)).status).toBe(200);
  });

  it('keep the grace period while a payment is due, and take it away with the cancellation', async () => {
    await link();
    await send('payment_failed', 30);
    today(35);
    expect(await license()).toMatchObject({ status: 'EXPIRED', in_grace: true, grace_ends_at: at(40) });
    expect(await subscription()).toMatchObject({ status: 'PAST_DUE' });
    await send('payment_recovered', 34, { period_end: at(60) });
    expect(await license()).toMatchObject({ status: 'ACTIVE', expiry_date: at(60), grace_ends_at: at(70) });
    await send('cancel_scheduled', 35);
    expect(await license()).toMatchObject({ expiry_date: at(60), grace_ends_at: at(60) });
    await send('cancel_scheduled', 36, { cancel_at_period_end: false });
    expect(await license()).toMatchObject({ grace_ends_at: at(70) });
    await send('canceled', 36.5);
    expect(await subscription()).toMatchObject({ status: 'CANCELED', ends_at: at(60) });
    expect(await license()).toMatchObject({ status: 'ACTIVE', expiry_date: at(60), grace_ends_at: at(60) });
    today(60);
    expect(await subscription()).toMatchObject({ status: 'ENDED', license: { status: 'EXPIRED' } });
    expect(await license()).toMatchObject({ status: 'EXPIRED', in_grace: false });
    await send('activated', 60, { period_end: at(90) });
    expect(await subscription()).toMatchObject({ status: 'ACTIVE', ends_at: null });
    expect(await license()).toMatchObject({ status: 'ACTIVE', expiry_date: at(90), grace_ends_at: at(100) });
  });

  it('have one event for each end, whoever comes by first, and none for an end that was called off', async () => {
    const timer = app.nest.get(SubscriptionTimer);
    const types = async () => (await eventsOf()).map(({ event_type }) => event_type as string);
    const eventsOf = async (): Promise<Wire[]> => {
      await eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));
      const rows = await told(`resource_type=subscription&resource_id=${id}`);
      return rows.filter(({ event_type }) => event_type === 'subscription.ended');
    };
    await send('canceled', 1);
    today(29);
    await timer.sweep();
    expect(await types()).toEqual([]);
    await send('activated', 29, { period_end: at(60) });
    today(31);
    await timer.sweep();
    expect(await types()).toEqual([]);
    await send('canceled', 31);
    today(60);
    await Promise.all([timer.sweep(), timer.sweep()]);
    await timer.sweep();
    const [ended, ...more] = await eventsOf();
    expect(more).toEqual([]);
    expect(ended).toMatchObject({
      actor: { type: 'service', id: 'subscription-timer' },
      event_data: { before: { status: 'CANCELED' }, after: { status: 'ENDED', ends_at: at(60) } },
    });
    // It begins again and ends before the timer comes by: the next action records that, before its own change.
    await send('activated', 61, { period_end: at(70) });
    await send('canceled', 62);
    await send('activated', 71, { period_end: at(90) });
    await timer.sweep();
    expect(await types()).toHaveLength(2);
    await send('canceled', 72, { ends_at: at(72) });
    expect(await types()).toHaveLength(3);
    await timer.sweep();
    expect(await types()).toHaveLength(3);
  });

  it('suspend the license for a refund or a chargeback and while paused, and reinstate it when the reason has ended', async () => {
    await link();
    const reasons = [
      ['paused', 'resumed', {}],
      ['refunded', 'renewed', { period_end: at(60) }],
      ['charged_back', 'payment_recovered', {}],
    ] as const;
    for (const [n, [hold, lift, facts]] of reasons.entries()) {
      await send(hold, 2 * n + 1);
      expect(await license()).toMatchObject({ status: 'SUSPENDED', held_by_subscription: true });
      expect(await subscription()).toMatchObject({ hold: hold.toUpperCase() });
      await send(lift, 2 * n + 2, facts);
      expect(await license()).toMatchObject({ status: 'ACTIVE', held_by_subscription: false });
      expect(await subscription()).toMatchObject({ hold: null });
    }
  });

  it('undo nothing that was revoked or suspended by hand, not even after they had suspended it themselves', async () => {
    await link();
    await act('suspend', { reason });
    await send('refunded', 1);
    await send('activated', 2, { period_end: at(60) });
    expect(await license()).toMatchObject({ status: 'SUSPENDED', held_by_subscription: false, expiry_date: at(60) });
    await act('reinstate');
    await send('paused', 3);
    expect(await license()).toMatchObject({ status: 'SUSPENDED', held_by_subscription: true });
    await act('suspend', { reason });
    expect(await license()).toMatchObject({ status: 'SUSPENDED', held_by_subscription: false });
    expect((await api.post(`/v1/licenses/${licenseId}/suspend`, { reason })).body.code).toBe('LICENSE_STATE');
    await send('resumed', 4);
    expect(await license()).toMatchObject({ status: 'SUSPENDED' });
    await act('revoke', { reason });
    await send('renewed', 5, { period_end: at(90) });
    expect(await license()).toMatchObject({ status: 'REVOKED', expiry_date: at(60) });
    expect(await subscription()).toMatchObject({ status: 'ACTIVE', period_end: at(90) });
  });

  it('let a reinstatement by hand stand until there is another reason', async () => {
    await link();
    await send('refunded', 1);
    await act('reinstate');
    await send('payment_failed', 2);
    expect(await license()).toMatchObject({ status: 'ACTIVE' });
    await send('charged_back', 3);
    expect(await license()).toMatchObject({ status: 'SUSPENDED', held_by_subscription: true });
  });

  it('let a renewal or an expiry by hand stand until a later period is paid', async () => {
    await link();
    await act('renew', { days: 45 });
    expect(await license()).toMatchObject({ expiry_date: at(75) });
    await send('renewed', 1, { period_end: at(60) });
    expect(await license()).toMatchObject({ expiry_date: at(75) });
    await send('renewed', 2, { period_end: at(90) });
    expect(await license()).toMatchObject({ expiry_date: at(90) });
    expect((await api.patch(`/v1/licenses/${licenseId}`, { expiry_date: at(80) })).status).toBe(200);
    await send('payment_failed', 3);
    await send('payment_recovered', 4, { period_end: at(90) });
    expect(await license()).toMatchObject({ expiry_date: at(80) });
    await send('renewed', 5, { period_end: at(120) });
    expect(await license()).toMatchObject({ expiry_date: at(120) });
  });

  it('accept fewer seats than are in use, and show the overage', async () => {
    await link();
    for (const fingerprint of ['one', 'two', 'three'])
      await api.post(`/v1/licenses/${licenseId}/activations`, { fingerprint });
    await send('quantity_changed', 1, { quantity: 2 });
    expect((await subscription()).license).toMatchObject({ max_activations: 2, current_activations: 3, overage: 1 });
    const listed = (await api.get(`/v1/subscriptions?license_id=${licenseId}`)).body.data[0];
    expect(listed).toEqual(await subscription());
    const fourth = await api.post(`/v1/licenses/${licenseId}/activations`, { fingerprint: 'four' });
    expect(fourth.body.code).toBe('ACTIVATION_LIMIT_REACHED');
    expect((await api.patch(`/v1/licenses/${licenseId}`, { max_activations: 4 })).status).toBe(200);
    await send('renewed', 2, { period_end: at(60) });
    expect(await license()).toMatchObject({ max_activations: 4 });
    await send('quantity_changed', 3, { quantity: 3 });
    expect((await subscription()).license).toMatchObject({ max_activations: 3, overage: 0 });
  });

  it('take each event once, and refuse another one with its id', async () => {
    await link();
    const first = await send('renewed', 1, { period_end: at(60) }, 'evt-1');
    expect(first).toEqual({
      subscription_id: id,
      event_id: 'evt-1',
      duplicate: false,
      changed: true,
      status: 'ACTIVE',
    });
    const before = await subscription();
    expect(await send('renewed', 1, { period_end: at(60) }, 'evt-1')).toEqual({
      ...first,
      duplicate: true,
      changed: false,
    });
    expect(await subscription()).toEqual(before);
    const other = { event_id: 'evt-1', occurred_at: at(1), kind: 'renewed', period_end: at(61) };
    expect((await api.post(`/v1/subscriptions/${id}/events`, other)).body.code).toBe('BILLING_EVENT_CONFLICT');
    expect(await send('quantity_changed', 0.5, { quantity: 3 })).toMatchObject({ changed: true });
    expect(await send('payment_failed', 0.5)).toMatchObject({ duplicate: false, changed: false });
    const { data } = (await api.get(`/v1/subscriptions/${id}/events`)).body;
    const kinds = (data as Wire[]).map(({ kind }) => kind as string);
    expect([kinds[0], ...kinds.slice(1).sort()]).toEqual(['renewed', 'payment_failed', 'quantity_changed']);
    expect(data[0].facts).toEqual({ period_end: at(60) });
  });

  it('refuse events that bring along too little or too much, or come from the future', async () => {
    const errors = async (event: object) => {
      const base = { event_id: 'e', occurred_at: at(0) };
      const { status, body } = await api.post(`/v1/subscriptions/${id}/events`, { ...base, ...event });
      return status === 400 ? (body.errors as Wire[]).map(({ pointer, detail }) => `${pointer} ${detail}`) : [status];
    };
    expect(await errors({ kind: 'renewed' })).toEqual(['/period_end is required']);
    expect(await errors({ kind: 'paused', quantity: 3 })).toEqual(['/quantity must not be in an event of kind paused']);
    expect(await errors({ kind: 'renewed', period_start: at(2), period_end: at(1) })).toEqual([
      '/period_end must be after period_start',
    ]);
    expect(await errors({ kind: 'corrected' })).toHaveLength(1);
    expect(await errors({ kind: 'paused', occurred_at: at(1.1) })).toEqual([
      '/occurred_at must not be more than 24 hours in the future',
    ]);
    expect((await api.get(`/v1/subscriptions/${id}/events`)).body.data).toEqual([]);
  });

  it('are corrected by hand as of now: earlier events do not undo it, later ones do', async () => {
    await link();
    today(5);
    const patch = { period_end: at(50), quantity: 9, metadata: { deal: 'x' } };
    const patched = (await api.patch(`/v1/subscriptions/${id}`, patch)).body;
    expect(patched).toMatchObject({ ...patch, license: { expiry_date: at(50), max_activations: 9 } });
    await send('renewed', 4, { period_end: at(40) });
    expect(await license()).toMatchObject({ expiry_date: at(50) });
    await send('renewed', 5.5, { period_end: at(60) });
    expect(await license()).toMatchObject({ expiry_date: at(60), max_activations: 9 });
    const again = (await api.patch(`/v1/subscriptions/${id}`, { quantity: 9 })).body;
    expect(again.version).toBe((await subscription()).version);
    const kinds = ((await api.get(`/v1/subscriptions/${id}/events?kind=corrected`)).body.data as Wire[]).length;
    expect(kinds).toBe(1);
    const backwards = await api.patch(`/v1/subscriptions/${id}`, { period_start: at(70) });
    expect(backwards.body.errors).toEqual([{ pointer: '/period_end', detail: 'must be after period_start' }]);
    expect((await api.patch(`/v1/subscriptions/${id}`, { template_id: 'nobodys' })).body.code).toBe(
      'TEMPLATE_NOT_FOUND',
    );
  });

  it('let the license follow later what it cannot now, visibly', async () => {
    await link();
    const template_id = `late-${unique()}`;
    await send('plan_changed', 1, { template_id });
    const { license_problem } = await subscription();
    expect(license_problem).toEqual({ code: 'TEMPLATE_NOT_FOUND', detail: expect.stringContaining(template_id) });
    await send('refunded', 1);
    expect(await license()).toMatchObject({ status: 'SUSPENDED', template_id: templateId });
    const { product_id } = (await api.get(`/v1/license-templates/${templateId}`)).body;
    const model = { license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT', default_duration: 30 };
    await api.create('/v1/license-templates', { template_id, template_name: template_id, product_id, ...model });
    await send('renewed', 2, { period_end: at(60) });
    expect(await license()).toMatchObject({ status: 'ACTIVE', template_id, expiry_date: at(60) });
    expect(await subscription()).toMatchObject({ license_problem: null });
  });

  it('do not let a license end before its license file', async () => {
    await link();
    await app.database.query('UPDATE licenses SET files_until = $2 WHERE license_id = $1', [licenseId, at(10)]);
    await send('canceled', 0, { ends_at: at(2) });
    expect(await license()).toMatchObject({ expiry_date: at(10), grace_ends_at: at(10) });
    expect(await subscription()).toMatchObject({ ends_at: at(2), license_problem: null });
    await send('payment_failed', 0);
    expect(await license()).toMatchObject({ expiry_date: at(10) });
  });

  it('take a license of the same customer and product alone, and no trial', async () => {
    const refused = async (license: string) => (await link(id, license)).body.code;
    expect(await refused('01890000-0000-7000-8000-000000000000')).toBe('LICENSE_NOT_FOUND');
    expect((await link('nobodys')).body.code).toBe('SUBSCRIPTION_NOT_FOUND');
    const others = await api.issue(templateId, { customer_id: 'customer-2' });
    expect(await refused(others.license_id as string)).toBe('SUBSCRIPTION_CUSTOMER_MISMATCH');
    const elsewhere = await api.issue(await api.template());
    expect(await refused(elsewhere.license_id as string)).toBe('TEMPLATE_PRODUCT_MISMATCH');
    const trial = await api.issue(await api.template({ trial_allowed: true }), { trial: true });
    expect(await refused(trial.license_id as string)).toBe('LICENSE_IS_TRIAL');
    await act('revoke', { reason });
    expect(await refused(licenseId)).toBe('LICENSE_STATE');
    expect(await subscription()).toMatchObject({ license: null, version: 1 });
  });

  it('are one for a license while they are open; one that has ended gives it free, with its grace period', async () => {
    await link();
    const next = `sub-${unique()}`;
    const body = { subscription_id: next, customer_id: 'customer-1', template_id: templateId, period_end: at(90) };
    await api.create('/v1/subscriptions', body);
    expect((await link(next)).body).toMatchObject({ code: 'LICENSE_SUBSCRIBED', detail: expect.stringContaining(id) });
    const second = (await api.issue(templateId)).license_id as string;
    expect((await link(id, second)).body.code).toBe('SUBSCRIPTION_LINKED');
    await send('refunded', 1);
    await send('canceled', 2, { ends_at: at(0) });
    expect(await license()).toMatchObject({ status: 'SUSPENDED', grace_period_days: 0 });
    expect((await link(next)).body).toMatchObject({ license: { status: 'ACTIVE', expiry_date: at(90) } });
    expect(await license()).toMatchObject({ subscription_id: next, grace_period_days: 10 });
    expect(await subscription()).toMatchObject({ license: null, status: 'ENDED' });
    await send('renewed', 3, { period_end: at(200) });
    expect(await license()).toMatchObject({ expiry_date: at(90) });
    await eventually(async () => {
      const types = (await told(`license_id=${licenseId}`)).map(({ event_type }) => event_type as string);
      expect(types.filter((type) => type.endsWith('linked')).sort()).toEqual([
        'subscription.linked',
        'subscription.linked',
        'subscription.unlinked',
      ]);
    });
  });

  it('are one for a license also when ten are linked with it at once', async () => {
    const ids = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const body = { subscription_id: `sub-${unique()}`, customer_id: 'customer-1', template_id: templateId };
        return (await api.create('/v1/subscriptions', body)).subscription_id as string;
      }),
    );
    const answers = await Promise.all(ids.map((each) => link(each)));
    const codes = answers.map(({ status, body }) => (status === 200 ? 'linked' : (body.code as string))).sort();
    expect(codes).toEqual([...Array<string>(9).fill('LICENSE_SUBSCRIBED'), 'linked']);
    const winner = ids[answers.findIndex(({ status }) => status === 200)];
    expect(await license()).toMatchObject({ subscription_id: winner });
  });

  it('are reported on by a key of the role billing, which can do nothing else', async () => {
    const billing = await app.key(api.tenantId, [], { role: 'billing' });
    const event = { event_id: 'e', occurred_at: at(0), kind: 'payment_failed' };
    expect((await billing.post(`/v1/subscriptions/${id}/events`, event)).status).toBe(200);
    for (const path of ['', `/${id}`, `/${id}/events`])
      expect((await billing.get(`/v1/subscriptions${path}`)).status).toBe(403);
    expect((await billing.post(`/v1/subscriptions/${id}/link`, { license_id: licenseId })).status).toBe(403);
    expect((await billing.get('/v1/licenses')).status).toBe(403);
  });

  it('are erased of what is personal with their customer', async () => {
    await api.patch(`/v1/subscriptions/${id}`, { metadata: { name: 'Zq Personal' } });
    await withClient(app.database.ownerUrl, (owner) =>
      eraseCustomer(owner, app.secrets, api.tenantId, 'customer-1', new Date(now)),
    );
    expect(traces(await everythingStored(app.database, app.secrets), ['Zq Personal'])).toEqual([]);
  });
});
