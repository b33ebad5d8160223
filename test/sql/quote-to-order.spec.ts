import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quoteToOrder, type QuoteToOrderInput } from '../../src/workflows/definitions/quote-to-order.js';
import { StepPerformer } from '../../src/workflows/steps/step-performer.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { StepEngine, type RunPlan } from '../support/step-engine.js';

const reason = { code: 'OTHER' };

describe('the workflow quote-to-order over the steps of the server', () => {
  let app: TestApp;
  let api: Api;
  let template: string;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
    template = await api.template({ default_duration: 30 });
    await api.create('/v1/customers', { customer_id: 'buyer', first_name: 'Jane', email: 'jane@example.com' });
  });

  afterAll(() => app.stop());

  const issue = (quantity = 1, license_template_id = template) => ({
    kind: 'ISSUE',
    license_template_id,
    quantity,
    unit_price: 99_000,
  });
  const draft = async (more: object = {}): Promise<string> => {
    const sale = { customer_id: 'buyer', currency: 'EUR', lines: [issue(2), issue(1)] };
    const quote = { ...sale, valid_until: '2099-01-01T00:00:00Z', ...more };
    return (await api.create('/v1/quotes', quote)).quote_id as string;
  };
  const INPUT = { fulfil: true, order_timeout_days: 30, confirmation: true };
  const run = (quote_id: string, plan: Partial<RunPlan> = {}, input: Partial<QuoteToOrderInput> = {}) => {
    const all = { tenantId: api.tenantId, runId: `run-${unique()}`, workflow: 'quote-to-order', ...plan };
    return new StepEngine(app.nest.get(StepPerformer), all).run(quoteToOrder, { quote_id, ...INPUT, ...input });
  };
  const orderOf = async (quoteId: string): Promise<Wire> => {
    const { data } = (await api.get(`/v1/orders?quote_id=${quoteId}`)).body;
    expect(data.length).toBeLessThanOrEqual(1);
    return data[0] && (await api.get(`/v1/orders/${data[0].order_id}`)).body;
  };
  const act = async (quoteId: string, action: string, body: Record<string, unknown> = {}) => {
    const { order_id } = await orderOf(quoteId);
    expect((await api.post(`/v1/orders/${order_id}/${action}`, body)).status).toBe(200);
  };
  const licensesOf = async ({ order_id }: Wire): Promise<Wire[]> =>
    (await api.get(`/v1/licenses?order_id=${order_id}`)).body.data;
  const emailsOf = async ({ order_id }: Wire): Promise<Wire[]> =>
    (await api.get(`/v1/email-messages?order_id=${order_id}`)).body.data;
  const approve = (quoteId: string) => () => act(quoteId, 'approve');

  it.each([undefined, 0, 1, 2, 3, 4, 5])(
    'ends with one order, its licenses and one e-mail, killed after the effect of step %s and before it is recorded',
    async (killAt) => {
      const quoteId = await draft();
      const external_id = `SO-${unique()}`;
      const messages = ['accepted', approve(quoteId), 'approved'];
      const outcome = await run(quoteId, { messages, ...(killAt !== undefined && { killAt }) }, { external_id });
      const order = await orderOf(quoteId);
      expect(order).toMatchObject({ status: 'FULFILLED', external_id, total_amount: 297_000 });
      const licenses = await licensesOf(order);
      expect(licenses.map(({ status }) => status as string)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
      const emails = await emailsOf(order);
      expect(emails).toMatchObject([{ template: 'order_confirmation', customer_id: 'buyer' }]);
      const { email_message_id } = emails[0];
      const result = { quote_id: quoteId, order_id: order.order_id, customer_id: 'buyer', email_message_id };
      expect(outcome).toEqual({ state: 'COMPLETED', result });
    },
  );

  it('needs no signal for what somebody did over REST', async () => {
    const quoteId = await draft();
    const accept = () => api.post(`/v1/quotes/${quoteId}/accept`, {});
    const messages = [accept, null, approve(quoteId), null];
    expect(await run(quoteId, { messages })).toMatchObject({ state: 'COMPLETED' });
    expect(await orderOf(quoteId)).toMatchObject({ status: 'FULFILLED' });
  });

  it('waits for the payment where the tenant fulfils after that, and until somebody fulfils where it does not itself', async () => {
    await api.patch('/v1/settings', { order_fulfilment_after: 'PAYMENT' });
    const paid = await draft();
    const pay = (amount?: number) => () => act(paid, 'record-payment', amount === undefined ? {} : { amount });
    const messages = ['accepted', pay(1), 'paid', pay(), 'paid'];
    expect(await run(paid, { messages })).toMatchObject({ state: 'COMPLETED' });
    await api.patch('/v1/settings', { order_fulfilment_after: 'APPROVAL' });
    const waiting = await draft();
    const fulfil = () => act(waiting, 'fulfil');
    const outcome = await run(
      waiting,
      { messages: ['accepted', approve(waiting), 'approved', null, fulfil, 'fulfilled'] },
      { fulfil: false, confirmation: false },
    );
    expect(outcome).toMatchObject({ state: 'COMPLETED', result: { email_message_id: null } });
    const order = await orderOf(waiting);
    expect(await licensesOf(order)).toHaveLength(3);
    expect(await emailsOf(order)).toEqual([]);
  });

  it('makes nothing of a quote that is declined, or of a customer without an e-mail address', async () => {
    const quoteId = await draft();
    const decline = () => api.post(`/v1/quotes/${quoteId}/decline`, {});
    expect(await run(quoteId, { messages: [decline, null] })).toMatchObject({
      state: 'FAILED',
      error: { code: 'QUOTE_STATE' },
    });
    await api.create('/v1/customers', { customer_id: 'silent', last_name: 'Silent' });
    const silent = await draft({ customer_id: 'silent' });
    expect(await run(silent)).toMatchObject({ state: 'FAILED', error: { code: 'CUSTOMER_HAS_NO_EMAIL' } });
    expect((await api.get(`/v1/quotes/${silent}`)).body.status).toBe('DRAFT');
    for (const id of [quoteId, silent]) expect(await orderOf(id)).toBeUndefined();
  });

  it('cancels the order that it made when a line is refused, and leaves one that somebody else made', async () => {
    for (const isFound of [false, true]) {
      const archived = await api.template();
      const quoteId = await draft({ lines: [issue(2), issue(1, archived)] });
      const archive = () => api.patch(`/v1/license-templates/${archived}`, { active: false });
      const accept = isFound ? () => api.post(`/v1/quotes/${quoteId}/accept`, {}) : () => Promise.resolve();
      const messages = [accept, 'accepted', approve(quoteId), archive, 'approved'];
      expect(await run(quoteId, { messages })).toMatchObject({
        state: 'FAILED',
        error: { code: 'ORDER_LINE_REFUSED', step: 'fulfilOrder' },
        undone: isFound ? [] : ['cancelOrder'],
      });
      const order = await orderOf(quoteId);
      expect(order.status).toBe(isFound ? 'APPROVED' : 'CANCELLED');
      expect(await licensesOf(order)).toEqual([]);
    }
  });

  it('revokes what it issued when it is refused later, and nothing that somebody else issued', async () => {
    for (const byOther of [false, true]) {
      const customer_id = `forgetful-${unique()}`;
      await api.create('/v1/customers', { customer_id, last_name: 'F', email: 'f@example.com' });
      const quoteId = await draft({ customer_id });
      // The confirmation then has no address to go to.
      const forget = () => api.patch(`/v1/customers/${customer_id}`, { email: null });
      const fulfil = byOther ? () => act(quoteId, 'fulfil') : () => Promise.resolve();
      const messages = ['accepted', approve(quoteId), forget, fulfil, 'approved'];
      expect(await run(quoteId, { messages })).toMatchObject({
        state: 'FAILED',
        error: { step: 'confirmOrder' },
        not_undone: [],
      });
      const order = await orderOf(quoteId);
      expect(order.status).toBe(byOther ? 'FULFILLED' : 'CANCELLED');
      const statuses = (await licensesOf(order)).map(({ status }) => status as string);
      expect(statuses).toEqual(Array(3).fill(byOther ? 'ACTIVE' : 'REVOKED'));
    }
  });

  it('started twice for one quote gives one order, fulfilled once', async () => {
    const quoteId = await draft();
    await api.post(`/v1/quotes/${quoteId}/send`, {});
    await api.post(`/v1/quotes/${quoteId}/accept`, {});
    await act(quoteId, 'approve');
    const outcomes = await Promise.all([run(quoteId), run(quoteId), run(quoteId)]);
    expect(outcomes.map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(await licensesOf(await orderOf(quoteId))).toHaveLength(3);
    await act(quoteId, 'cancel', { licenses: 'REVOKE', reason });
  });
});
