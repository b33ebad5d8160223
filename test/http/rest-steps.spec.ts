import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { StepName } from '../../src/workflows/definitions/contract.js';
import { permissionsOf } from '../../src/workflows/definitions/definition.js';
import { definitionOf } from '../../src/workflows/definitions/definitions.js';
import { RestFailure, RestPerformer } from '../../src/workflows/steps/rest-performer.js';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';

const TIMES = { timeoutMs: 10_000, stepTimeoutMs: 20_000 };

describe('the steps of workflows over REST', () => {
  let app: TestApp;
  let api: Api;
  let template: string;
  let workerKey: string;

  beforeAll(async () => {
    app = await TestApp.start();
  });

  beforeEach(async () => {
    api = await app.tenant();
    template = await api.template({ max_activations: 5, default_duration: 365 });
    workerKey = api.key ?? '';
  });

  afterAll(() => app.stop());

  /** Gives the worker an API key with the permissions that the documentation names for a workflow, and no others. */
  const workAs = async (workflow: string, ...more: string[]) => {
    const definition = definitionOf(workflow);
    const permissions = [...(definition ? permissionsOf(definition) : []), ...more];
    workerKey = (await app.key(api.tenantId, permissions)).key ?? '';
  };
  const performer = async (apiKey = workerKey) =>
    new RestPerformer({ baseUrl: `${await app.nest.getUrl()}/`, apiKey, ...TIMES });
  const perform = async (step: StepName, argument: object, key: string = step) =>
    (await performer()).perform({ runId: 'run', step, key, argument });
  const list = async (path: string) => (await api.get(path)).body.data as Record<string, unknown>[];
  const JANE = { first_name: 'Jane', email: 'jane@example.com' };

  it('take effect once however often they are attempted, and take back what they made, at any version', async () => {
    await workAs('lead-to-customer');
    await api.patch('/v1/settings', { require_if_match: true });
    const twice = async (step: StepName, argument: object) => {
      const outcome = await perform(step, argument);
      expect(await perform(step, argument)).toEqual(outcome);
      return (outcome as { result: Record<string, string> }).result;
    };
    const customer = await twice('createCustomer', { customer: JANE, email_required: true });
    expect(customer).toEqual({ customer_id: expect.any(String), created: true });
    const { customer_id = '' } = customer;
    const license = await twice('issueLicense', {
      license_template_id: template,
      customer_id,
      starts: 'AT_ISSUE',
      overrides: { max_activations: 7 },
    });
    expect(license).toEqual({ license_id: expect.any(String), created: true });
    const { license_id = '' } = license;
    const email = await twice('sendLicenseEmail', { license_id, customer_id });
    expect(email).toEqual({ email_message_id: expect.any(String) });
    await twice('sendEmail', { template: 'renewal_reminder', license_id });
    expect(await list('/v1/licenses')).toMatchObject([{ license_id, metadata: { workflow_run_id: 'run' } }]);
    expect(await list('/v1/email-messages')).toHaveLength(2);
    const keys = await app.database.query<{ days: number }>(
      'SELECT DISTINCT round(extract(epoch FROM expires_at - created_at) / 86400)::int AS days FROM idempotency_keys WHERE tenant_id = $1',
      [api.tenantId],
    );
    expect(keys).toEqual([{ days: 90 }]);
    await twice('revokeLicense', { license_id });
    await twice('deactivateCustomer', { customer_id });
    expect(await list('/v1/licenses')).toMatchObject([{ status: 'REVOKED' }]);
    expect(await list('/v1/customers')).toMatchObject([{ active: false }]);
  });

  it('give a subscription its license once however often they are attempted, and take it back, at any version', async () => {
    await workAs('subscription-activation');
    await api.patch('/v1/settings', { require_if_match: true });
    const subscription_id = 'sub-1';
    const subscription = { subscription_id, customer_id: 'customer-1', template_id: template };
    await api.create('/v1/subscriptions', subscription);
    const twice = async (step: StepName, argument: object, key: string = step) => {
      const outcome = await perform(step, argument, key);
      expect(await perform(step, argument, key)).toEqual(outcome);
      return (outcome as { result: Record<string, string> }).result;
    };
    const nothing = { license_id: null, linked: false, customer_id: 'customer-1', license_template_id: template };
    expect(await twice('findSubscriptionLicense', { subscription_id })).toEqual(nothing);
    const issue = { license_template_id: template, customer_id: 'customer-1' };
    const { license_id = '' } = await twice('issueLicense', issue);
    expect(await twice('findSubscriptionLicense', { subscription_id })).toEqual({ ...nothing, license_id });
    expect(await twice('findSubscriptionLicense', { subscription_id, license_id })).toEqual({ ...nothing, license_id });
    expect(await twice('linkSubscription', { subscription_id, license_id })).toEqual({ license_id, linked_now: true });
    const again = await perform('linkSubscription', { subscription_id, license_id }, 'later');
    expect(again).toEqual({ result: { license_id, linked_now: false } });
    expect(await twice('findSubscriptionLicense', { subscription_id })).toEqual({
      ...nothing,
      license_id,
      linked: true,
    });
    const period = { quantity: 3, period_end: '2099-01-01T00:00:00.000Z' };
    await twice('activateSubscription', { subscription_id, activated_at: Date.now(), ...period });
    expect(await list('/v1/licenses')).toMatchObject([
      { status: 'ACTIVE', subscription_id, max_activations: 3, expiry_date: period.period_end },
    ]);
    expect(await list(`/v1/subscriptions/${subscription_id}/events`)).toHaveLength(1);
    await twice('unlinkSubscription', { subscription_id, license_id });
    expect(await list('/v1/licenses')).toMatchObject([{ subscription_id: null }]);
    const other = 'sub-2';
    await api.create('/v1/subscriptions', { ...subscription, subscription_id: other });
    await perform('linkSubscription', { subscription_id: other, license_id }, 'other');
    await perform('unlinkSubscription', { subscription_id, license_id }, 'again');
    expect(await list('/v1/licenses')).toMatchObject([{ subscription_id: other }]);
    expect(await twice('findSubscriptionLicense', { subscription_id })).toEqual(nothing);
  });

  it('carry a quote to its order, once, and cancel the order at the version that they saw', async () => {
    await workAs('quote-to-order', 'settings:read');
    await api.patch('/v1/settings', { require_if_match: true });
    await api.create('/v1/customers', { customer_id: 'buyer', ...JANE });
    const { license_id } = await api.issue(template, { customer_id: 'buyer' });
    const quote = await api.create('/v1/quotes', {
      customer_id: 'buyer',
      currency: 'EUR',
      valid_until: '2099-01-01T00:00:00Z',
      lines: [
        { kind: 'ISSUE', license_template_id: template, quantity: 2, unit_price: 100 },
        { kind: 'RENEW', license_id, days: 1, unit_price: 50 },
      ],
    });
    const { quote_id } = quote as { quote_id: string };
    const twice = async (step: StepName, argument: object, key?: string) => {
      const outcome = await perform(step, argument, key);
      expect(await perform(step, argument, key)).toEqual(outcome);
      return (outcome as { result: Record<string, unknown> }).result;
    };
    const valid_until = Date.parse('2099-01-01T00:00:00Z');
    const opened = { quote_id, customer_id: 'buyer', status: 'SENT', valid_until };
    expect(await twice('openQuote', { quote_id, email_required: true })).toEqual(opened);
    expect(await twice('getQuote', { quote_id })).toEqual({ status: 'SENT' });
    const accepted = await twice('acceptQuote', { quote_id, external_id: 'SO-1' });
    expect(accepted).toEqual({ order_id: expect.any(String), created: true });
    const { order_id } = accepted as { order_id: string };
    const pending = { status: 'PENDING', due: false, awaits: 'approved' };
    expect(await twice('getOrder', { order_id })).toEqual(pending);
    expect(await perform('fulfilOrder', { order_id })).toMatchObject({ refused: { code: 'ORDER_NOT_DUE' } });
    await api.post(`/v1/orders/${order_id}/approve`, {}, { 'If-Match': '*' });
    expect(await perform('getOrder', { order_id })).toMatchObject({ result: { status: 'APPROVED', due: true } });
    expect(await twice('fulfilOrder', { order_id })).toEqual({ order_id, fulfilled_now: true });
    expect(await perform('fulfilOrder', { order_id }, 'later')).toMatchObject({ result: { fulfilled_now: false } });
    const confirmed = await perform('confirmOrder', { order_id });
    expect(confirmed).toEqual({ result: { email_message_id: expect.any(String) } });
    const { template_name } = (await api.get(`/v1/license-templates/${template}`)).body;
    await api.patch(`/v1/license-templates/${template}`, { template_name: 'Renamed' }, { 'If-Match': '*' });
    expect(await perform('confirmOrder', { order_id })).toEqual(confirmed);
    const [email] = await list(`/v1/email-messages?order_id=${order_id}`);
    const { text } = (await api.get(`/v1/email-messages/${String(email?.email_message_id)}/preview`)).body;
    for (const part of ['SO-1', `${template_name}`, 'Renewal: ', '2.50 EUR']) expect(text).toContain(part);
    expect(await list(`/v1/email-messages?order_id=${order_id}`)).toHaveLength(1);
    const kept = { result: { order_id, cancelled: false } };
    expect(await perform('cancelOrder', { order_id, undone: 'ORDER' })).toEqual(kept);
    const undone = await twice('cancelOrder', { order_id, undone: 'FULFILMENT' }, 'cancelOrder.1');
    expect(undone).toEqual({ order_id, cancelled: true });
    expect(await list(`/v1/licenses?order_id=${order_id}`)).toMatchObject([
      { status: 'REVOKED' },
      { status: 'REVOKED' },
    ]);
    expect((await api.get(`/v1/licenses/${license_id}`)).body.status).toBe('ACTIVE');
  });

  it('match a subscription with what a quote and its order sell, and return its license once it is issued', async () => {
    await workAs('quote-to-order', 'settings:read');
    const template_id = template;
    await api.create('/v1/subscriptions', { subscription_id: 'sub-1', customer_id: 'customer-1', template_id });
    const line = { kind: 'ISSUE', license_template_id: template, unit_price: 100 };
    const terms = { customer_id: 'customer-1', currency: 'EUR', valid_until: '2099-01-01T00:00:00Z' };
    const quote = await api.create('/v1/quotes', { ...terms, lines: [line] });
    const sale = { subscription_id: 'sub-1', quote_id: quote.quote_id as string };
    const match = (key: string, of: object = sale) => perform('matchSubscription', of, key);
    const nothing = { result: { license_id: null, customer_id: 'customer-1' } };
    expect(await match('quote')).toEqual(nothing);
    const none = await match('none', { ...sale, subscription_id: 'none' });
    expect(none).toMatchObject({ refused: { code: 'SUBSCRIPTION_NOT_FOUND' } });
    await api.post(`/v1/quotes/${sale.quote_id}/send`, {});
    const { order_id } = (await api.post(`/v1/quotes/${sale.quote_id}/accept`, {})).body as { order_id: string };
    expect(await match('order')).toEqual(nothing);
    await api.post(`/v1/orders/${order_id}/approve`, {});
    await api.post(`/v1/orders/${order_id}/fulfil`, {});
    const [{ license_id } = {}] = await list(`/v1/licenses?order_id=${order_id}`);
    expect(await match('fulfilled')).toEqual({ result: { license_id, customer_id: 'customer-1' } });
    await perform('linkSubscription', { subscription_id: 'sub-1', license_id });
    expect(await match('linked')).toEqual({ result: { license_id, customer_id: 'customer-1' } });
    const other = await api.create('/v1/quotes', { ...terms, lines: [line] });
    const taken = await match('other', { ...sale, quote_id: other.quote_id });
    expect(taken).toMatchObject({ refused: { code: 'SUBSCRIPTION_LINKED' } });
  });

  it('onboard a partner once however often they are attempted, and take back what they made, at any version', async () => {
    await workAs('partner-onboarding');
    await api.patch('/v1/settings', { require_if_match: true });
    const twice = async (step: StepName, argument: object, key: string = step) => {
      const outcome = await perform(step, argument, key);
      expect(await perform(step, argument, key)).toEqual(outcome);
      return (outcome as { result: Record<string, unknown> }).result;
    };
    const { partner_id } = await twice('createPartner', { partner: { name: 'Reseller', email: 'r@example.com' } });
    expect(await twice('approvePartner', { partner_id })).toEqual({ partner_id, approved: true });
    expect(await twice('approvePartner', { partner_id }, 'again')).toEqual({ partner_id, approved: false });
    const terms = { returns_revoked: true, returns_expired: false, expires_at: null };
    const pool = { partner_id, license_template_id: template, quantity: 5, ...terms };
    const { pool_id } = await twice('createLicensePool', pool);
    const { license_id } = await twice('issuePartnerLicense', { partner_id, license_template_id: template });
    const invited = await twice('invitePartner', { partner_id });
    expect(invited).toEqual({ invitation_id: expect.any(String), email_message_id: expect.any(String) });
    expect(await list('/v1/partner-invitations')).toHaveLength(1);
    expect(await list('/v1/email-messages')).toMatchObject([{ template: 'partner_welcome', to: 'r@example.com' }]);
    await twice('revokeLicense', { license_id });
    const order = { license_template_id: template, customer_id: 'customer-1', pool_id };
    const { license_id: sold } = await api.create('/v1/licenses', order);
    await twice('emptyLicensePool', { pool_id });
    expect(await list('/v1/license-pools')).toMatchObject([{ allotted: 1, available: 0 }]);
    await api.post(`/v1/license-pools/${String(pool_id)}/allot`, { quantity: 4 }, { 'If-Match': '*' });
    await api.create('/v1/licenses', order);
    expect(await list('/v1/license-pools')).toMatchObject([{ allotted: 5, available: 3 }]);
    await twice('emptyLicensePool', { pool_id });
    expect(await list('/v1/license-pools')).toMatchObject([{ allotted: 2, available: 0 }]);
    await api.post(`/v1/licenses/${sold}/revoke`, { reason: { code: 'OTHER' } }, { 'If-Match': '*' });
    expect(await list('/v1/license-pools')).toMatchObject([{ allotted: 2, available: 1 }]);
    await twice('emptyLicensePool', { pool_id });
    expect(await list('/v1/license-pools')).toMatchObject([{ allotted: 1, available: 0 }]);
    await twice('suspendPartner', { partner_id });
    expect(await list('/v1/partners')).toMatchObject([{ status: 'SUSPENDED' }]);
    expect(await perform('createPartner', { partner: { partner_id } }, 'found')).toEqual({
      result: { partner_id, created: false },
    });
  });

  it('leave no invitation if its e-mail is refused', async () => {
    const { partner_id } = await api.create('/v1/partners', { name: 'No address' });
    await api.post(`/v1/partners/${partner_id}/approve`, {});
    const invited = await perform('invitePartner', { partner_id: partner_id as string });
    expect(invited).toMatchObject({ refused: { code: expect.stringMatching(/^EMAIL_/) } });
    expect(await list('/v1/partner-invitations')).toEqual([]);
  });

  it('find a customer by its id, and say that they did not create it', async () => {
    await api.create('/v1/customers', { customer_id: 'known', first_name: 'Joe' });
    const found = { result: { customer_id: 'known', created: false } };
    const create = (customer: object, email_required = false) =>
      perform('createCustomer', { customer, email_required });
    expect(await create({ customer_id: 'known' })).toEqual(found);
    expect(await create({ customer_id: 'known', ...JANE })).toEqual(found);
    expect(await create({ customer_id: 'known' }, true)).toMatchObject({ refused: { code: 'CUSTOMER_HAS_NO_EMAIL' } });
    expect(await create({ customer_id: 'nobody' })).toMatchObject({ refused: { code: 'CUSTOMER_NOT_FOUND' } });
  });

  it('are refused by what the server says about the request', async () => {
    await api.create('/v1/customers', { customer_id: 'known', first_name: 'Joe' });
    expect(await perform('issueLicense', { license_template_id: 'none', customer_id: 'known' })).toMatchObject({
      refused: { code: 'TEMPLATE_NOT_FOUND' },
    });
    const invalid = { customer: { email: 'nothing' }, email_required: false };
    expect(await perform('createCustomer', invalid)).toEqual({
      refused: { code: 'VALIDATION_FAILED', message: expect.stringContaining('/email must be') },
    });
  });

  it('are repeated after anything else, with an error that contains nothing but a code', async () => {
    const call = { runId: 'run', step: 'createCustomer', key: 'createCustomer', argument: { customer: JANE } };
    const failure = async (by: RestPerformer) => {
      const error: unknown = await by.perform(call).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RestFailure);
      expect(JSON.stringify(error) + String(error)).not.toContain('jane');
      return (error as RestFailure).code;
    };
    expect(await failure(await performer('wrong'))).toBe('UNAUTHENTICATED');
    const at = (baseUrl: string) => new RestPerformer({ baseUrl, apiKey: api.key ?? '', ...TIMES });
    expect(await failure(at('http://127.0.0.1:1'))).toBe('NO_ANSWER');
    await perform('createCustomer', { customer: { first_name: 'Other' } });
    expect(await failure(await performer())).toBe('IDEMPOTENCY_KEY_REUSED');
    const unknown = { ...call, step: 'toString' };
    await expect((await performer()).perform(unknown)).rejects.toMatchObject({ code: 'UNKNOWN_STEP' });
  });

  it('are given up after the time of an attempt, however many requests they send', async () => {
    const paths: string[] = [];
    const slow = createServer(({ url = '' }, response) => {
      if (paths.push(url) === 1) response.end(JSON.stringify({ customer_id: 'buyer', status: 'DRAFT' }));
    }).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    try {
      const baseUrl = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
      const by = new RestPerformer({ baseUrl, apiKey: 'key', timeoutMs: 3_600_000, stepTimeoutMs: 500 });
      const call = { runId: 'run', step: 'openQuote', key: 'openQuote' };
      const opened = by.perform({ ...call, argument: { quote_id: 'quote', email_required: true } });
      await expect(opened).rejects.toMatchObject({ code: 'NO_ANSWER' });
      expect(paths).toEqual(['/v1/quotes/quote', '/v1/customers/buyer']);
    } finally {
      slow.closeAllConnections();
      slow.close();
    }
  });
});
