import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import type { Actor } from '../../src/shared/access/actor.js';
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
  const subscribe = async (terms: object = {}) => {
    const subscription = { subscription_id: `sub-${unique()}`, customer_id: 'buyer', template_id: template, ...terms };
    return (await api.create('/v1/subscriptions', subscription)).subscription_id as string;
  };
  const subscription = async (id: string): Promise<Wire> => (await api.get(`/v1/subscriptions/${id}`)).body;

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

  it.each([true, false])('finds the order fulfilled that fulfils itself, with fulfil: %s', async (fulfil) => {
    await api.patch('/v1/settings', { fulfil_orders_automatically: true });
    const quoteId = await draft();
    const messages = ['accepted', approve(quoteId), fulfil ? 'approved' : 'fulfilled'];
    expect(await run(quoteId, { messages }, { fulfil })).toMatchObject({ state: 'COMPLETED' });
    const order = await orderOf(quoteId);
    expect(order).toMatchObject({ status: 'FULFILLED', automatic_fulfilment: null });
    expect(await licensesOf(order)).toHaveLength(3);
    expect(await emailsOf(order)).toHaveLength(1);
    await api.patch('/v1/settings', { fulfil_orders_automatically: false });
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

  it.each([undefined, 0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'links the license of the order with the subscription, once, killed after the effect of step %s and before it is recorded',
    async (killAt) => {
      const period_end = '2099-01-01T00:00:00.000Z';
      const [quoteId, subscription_id] = [await draft({ lines: [issue(1)] }), await subscribe({ period_end })];
      const messages = ['accepted', approve(quoteId), 'approved'];
      const outcome = await run(quoteId, { messages, ...(killAt !== undefined && { killAt }) }, { subscription_id });
      const order = await orderOf(quoteId);
      const [license, ...others] = await licensesOf(order);
      expect(others).toEqual([]);
      expect(license).toMatchObject({ status: 'ACTIVE', subscription_id, expiry_date: period_end });
      const { license_id } = license as { license_id: string };
      expect(await subscription(subscription_id)).toMatchObject({ license: { license_id } });
      expect(await emailsOf(order)).toHaveLength(1);
      const result = { quote_id: quoteId, order_id: order.order_id, license_id, subscription_id };
      expect(outcome).toMatchObject({ state: 'COMPLETED', result });
    },
  );

  it('acts with a permission on subscriptions only if its input names one', async () => {
    const commands = jest.spyOn(app.nest.get(CommandBus), 'execute');
    const granted = async (input: Partial<QuoteToOrderInput>) => {
      commands.mockClear();
      const quoteId = await draft({ lines: [issue(1)] });
      const outcome = await run(quoteId, { messages: ['accepted', approve(quoteId), 'approved'] }, input);
      expect(outcome).toMatchObject({ state: 'COMPLETED' });
      const actors = commands.mock.calls.map(([command]) => (command as { actor?: Actor }).actor);
      return new Set(actors.flatMap((actor) => (actor?.subject.run_id === undefined ? [] : [...actor.permissions])));
    };
    expect([...(await granted({}))].filter((permission) => permission.startsWith('subscriptions:'))).toEqual([]);
    const withSubscription = await granted({ subscription_id: await subscribe() });
    expect([...withSubscription]).toEqual(expect.arrayContaining(['orders:fulfil', 'subscriptions:write']));
    commands.mockRestore();
  });

  it('has no effect at all where the subscription cannot take the license of the quote', async () => {
    const [other, elsewhere] = [await api.template(), await subscribe({ customer_id: 'somebody' })];
    const linked = await subscribe();
    const { license_id } = await api.issue(template, { customer_id: 'buyer' });
    await api.post(`/v1/subscriptions/${linked}/link`, { license_id });
    const ended = await subscribe();
    const occurred_at = '2025-01-01T00:00:00Z';
    const canceled = { event_id: 'e', occurred_at, kind: 'canceled', ends_at: occurred_at };
    await api.post(`/v1/subscriptions/${ended}/events`, canceled);
    const free = await subscribe();
    const one = [issue(1)];
    const renewal = { kind: 'RENEW', license_id, days: 1, unit_price: 0 };
    for (const [subscription_id, lines, code] of [
      ['none', one, 'SUBSCRIPTION_NOT_FOUND'],
      [ended, one, 'SUBSCRIPTION_ENDED'],
      [elsewhere, one, 'SUBSCRIPTION_CUSTOMER_MISMATCH'],
      [linked, one, 'SUBSCRIPTION_LINKED'],
      [free, [issue(2)], 'SUBSCRIPTION_LINE_MISMATCH'],
      [free, [issue(1), issue(1, other)], 'SUBSCRIPTION_LINE_MISMATCH'],
      [free, [issue(1, other)], 'SUBSCRIPTION_LINE_MISMATCH'],
      [free, [renewal], 'SUBSCRIPTION_LINE_MISMATCH'],
      [free, [{ ...issue(1), starts: 'AT_FIRST_ACTIVATION' }], 'SUBSCRIPTION_LINE_MISMATCH'],
      [free, [{ ...issue(1), starts: '2099-01-01T00:00:00.000Z' }], 'SUBSCRIPTION_LINE_MISMATCH'],
    ] as const) {
      const quoteId = await draft({ lines });
      expect(await run(quoteId, { messages: ['accepted'] }, { subscription_id })).toMatchObject({
        state: 'FAILED',
        error: { code, step: 'matchSubscription' },
        undone: [],
      });
      expect((await api.get(`/v1/quotes/${quoteId}`)).body).toMatchObject({ status: 'DRAFT', version: 1 });
      expect(await orderOf(quoteId)).toBeUndefined();
    }
    expect(await subscription(free)).toMatchObject({ license: null, version: 1 });
  });

  it('issues nothing for a subscription, or from an order, that no longer fits when the order is due', async () => {
    for (const change of ['subscription', 'order']) {
      const [quoteId, subscription_id] = [await draft({ lines: [issue(1)] }), await subscribe()];
      const occurred_at = '2025-01-01T00:00:00Z';
      const canceled = { event_id: 'e', occurred_at, kind: 'canceled', ends_at: occurred_at };
      const misfit =
        change === 'subscription'
          ? () => api.post(`/v1/subscriptions/${subscription_id}/events`, canceled)
          : async () => api.patch(`/v1/orders/${(await orderOf(quoteId)).order_id}`, { lines: [issue(2)] });
      const messages = ['accepted', misfit, approve(quoteId), 'approved'];
      expect(await run(quoteId, { messages }, { subscription_id })).toMatchObject({
        state: 'FAILED',
        error: { code: change === 'order' ? 'SUBSCRIPTION_LINE_MISMATCH' : 'SUBSCRIPTION_ENDED' },
        undone: ['cancelOrder'],
      });
      const order = await orderOf(quoteId);
      expect(order.status).toBe('CANCELLED');
      expect(await licensesOf(order)).toEqual([]);
    }
  });

  it('links after somebody else has fulfilled the order, and unlinks, when it is refused later, only what it linked', async () => {
    for (const isLinkedByHand of [false, true]) {
      const customer_id = `forgetful-${unique()}`;
      await api.create('/v1/customers', { customer_id, last_name: 'F', email: 'f@example.com' });
      const [quoteId, subscription_id] = [
        await draft({ customer_id, lines: [issue(1)] }),
        await subscribe({ customer_id }),
      ];
      const forget = () => api.patch(`/v1/customers/${customer_id}`, { email: null });
      const fulfil = async () => {
        await act(quoteId, 'fulfil');
        const [{ license_id } = {} as Wire] = await licensesOf(await orderOf(quoteId));
        if (isLinkedByHand) await api.post(`/v1/subscriptions/${subscription_id}/link`, { license_id });
      };
      const messages = ['accepted', approve(quoteId), forget, fulfil, 'fulfilled'];
      expect(await run(quoteId, { messages }, { subscription_id, fulfil: false })).toMatchObject({
        state: 'FAILED',
        error: { step: 'confirmOrder' },
        undone: isLinkedByHand ? ['cancelOrder'] : ['unlinkSubscription', 'cancelOrder'],
        not_undone: [],
      });
      const [license] = await licensesOf(await orderOf(quoteId));
      expect(license).toMatchObject({ status: 'ACTIVE', subscription_id: isLinkedByHand ? subscription_id : null });
    }
  });

  it('started twice for one quote and subscription links once, and unlinks nothing that the other run linked', async () => {
    const sold = async (customer_id: string) => {
      const quoteId = await draft({ customer_id, lines: [issue(1)] });
      await api.post(`/v1/quotes/${quoteId}/send`, {});
      await api.post(`/v1/quotes/${quoteId}/accept`, {});
      return { quoteId, subscription_id: await subscribe({ customer_id }) };
    };
    const { quoteId, subscription_id } = await sold('buyer');
    await act(quoteId, 'approve');
    const outcomes = await Promise.all([1, 2, 3].map(() => run(quoteId, {}, { subscription_id })));
    expect(outcomes.map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(await licensesOf(await orderOf(quoteId))).toMatchObject([{ subscription_id }]);

    const customer_id = `forgetful-${unique()}`;
    await api.create('/v1/customers', { customer_id, last_name: 'F', email: 'f@example.com' });
    const second = await sold(customer_id);
    const other = async () => {
      await act(second.quoteId, 'approve');
      const { state } = await run(second.quoteId, {}, { subscription_id: second.subscription_id });
      expect(state).toBe('COMPLETED');
      await api.patch(`/v1/customers/${customer_id}`, { email: null });
    };
    const refused = await run(
      second.quoteId,
      { messages: [other, 'approved'] },
      { subscription_id: second.subscription_id },
    );
    expect(refused).toMatchObject({ state: 'FAILED', error: { step: 'confirmOrder' }, undone: [] });
    expect((await subscription(second.subscription_id)).license).toMatchObject({ status: 'ACTIVE' });
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
