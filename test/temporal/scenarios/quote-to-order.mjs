import assert from 'node:assert/strict';
import { customerOf, TEMPLATE } from './people.mjs';

const WORKFLOW = 'quote-to-order';
const SECOND_MS = 1_000;

/** Creates a draft for the person of the run. Returns the input of the run, and its customer. */
async function draft(context, runId, { valid_until = '2099-12-31T00:00:00Z', quantity = 2 } = {}) {
  const customer_id = await customerOf(context, runId);
  const lines = [{ kind: 'ISSUE', license_template_id: TEMPLATE, quantity, unit_price: 99_000 }];
  const { quote_id } = await context.send('/quotes', { customer_id, currency: 'EUR', valid_until, lines });
  return { input: { quote_id, external_id: `SO-${runId}` }, customer_id };
}

/** Creates a draft of one license for a subscription of the person of the run. Returns the input of the run, and its customer. */
async function subscribedDraft(context, runId) {
  const { input, customer_id } = await draft(context, runId, { quantity: 1 });
  const subscription_id = `sub-${runId}`;
  await context.send('/subscriptions', { subscription_id, customer_id, template_id: TEMPLATE });
  return { input: { ...input, subscription_id }, customer_id };
}

/** Order of a quote, with its licenses and messages; undefined if there is none. There are never two. */
async function orderOf({ get }, { quote_id }) {
  const { data } = await get(`/orders?quote_id=${quote_id}`);
  assert.ok(data.length < 2);
  if (data.length === 0) return undefined;
  const [{ order_id }] = data;
  const licenses = (await get(`/licenses?order_id=${order_id}`)).data.map(({ status }) => status);
  const messages = (await get(`/email-messages?order_id=${order_id}`)).data.map(({ template }) => template);
  return { ...(await get(`/orders/${order_id}`)), licenses, messages };
}

/** Accepts the quote of a run, and waits until the run asks for the approval of its order. */
async function accept(context, runId) {
  await context.until(runId, 'WAITING', 'accepted');
  await context.signal(runId, 'accepted');
  await context.until(runId, 'WAITING', 'approved');
}

async function approve(context, runId, input) {
  const { order_id } = await orderOf(context, input);
  await context.send(`/orders/${order_id}/approve`, {});
  await context.signal(runId, 'approved');
  return order_id;
}

async function assertFulfilledOnce(context, runId, input, { result }) {
  const order = await orderOf(context, input);
  assert.equal(result.order_id, order.order_id);
  assert.deepEqual(
    [order.status, order.external_id, order.licenses, order.messages],
    ['FULFILLED', input.external_id, ['ACTIVE', 'ACTIVE'], ['order_confirmation']],
  );
  assert.equal((await context.get(`/quotes/${input.quote_id}`)).status, 'ACCEPTED');
}

export const QUOTE_TO_ORDER = [
  {
    workflow: WORKFLOW,
    runId: 'quote-completed',
    title: 'a quote, whose run is started twice at once, becomes one order with its licenses and one e-mail',
    async play(context, runId) {
      const { input } = await draft(context, runId);
      await context.startTwice(WORKFLOW, runId, input);
      await accept(context, runId);
      await approve(context, runId, input);
      await assertFulfilledOnce(context, runId, input, await context.until(runId, 'COMPLETED'));
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'quote-refused',
    title: 'a refused confirmation takes back the fulfilment and the order',
    async play(context, runId) {
      const { input, customer_id } = await draft(context, runId);
      await context.start(WORKFLOW, runId, input);
      await accept(context, runId);
      await context.send(`/customers/${customer_id}`, { email: null }, 'PATCH');
      await approve(context, runId, input);
      const failed = await context.until(runId, 'FAILED');
      assert.deepEqual([failed.error.code, failed.error.step], ['EMAIL_RECIPIENT_MISSING', 'confirmOrder']);
      assert.deepEqual([failed.undone, failed.not_undone], [['cancelOrder', 'cancelOrder'], []]);
      const { status, licenses, messages } = await orderOf(context, input);
      assert.deepEqual([status, licenses, messages], ['CANCELLED', ['REVOKED', 'REVOKED'], []]);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'quote-expired',
    title: 'a quote that nobody accepts ends the run at its date, without an order',
    async play(context, runId) {
      const { input } = await draft(context, runId, {
        valid_until: new Date(Date.now() + 4 * SECOND_MS).toISOString(),
      });
      await context.start(WORKFLOW, runId, input);
      assert.equal((await context.until(runId, 'FAILED')).error.code, 'QUOTE_EXPIRED');
      assert.equal(await orderOf(context, input), undefined);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'quote-cancelled',
    title: 'a run that is cancelled while it waits for the approval cancels its order',
    async play(context, runId) {
      const { input } = await draft(context, runId);
      await context.start(WORKFLOW, runId, input);
      await accept(context, runId);
      await context.signal(runId, 'cancel');
      assert.deepEqual((await context.until(runId, 'CANCELLED')).undone, ['cancelOrder']);
      const { status, licenses } = await orderOf(context, input);
      assert.deepEqual([status, licenses], ['CANCELLED', []]);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'quote-linked-refused',
    title: 'a refused confirmation unlinks the license from the subscription, and takes back the rest',
    async play(context, runId) {
      const { input, customer_id } = await subscribedDraft(context, runId);
      await context.start(WORKFLOW, runId, input);
      await accept(context, runId);
      await context.send(`/customers/${customer_id}`, { email: null }, 'PATCH');
      await approve(context, runId, input);
      const { undone, not_undone } = await context.until(runId, 'FAILED');
      assert.deepEqual([undone, not_undone], [['unlinkSubscription', 'cancelOrder', 'cancelOrder'], []]);
      assert.deepEqual((await orderOf(context, input)).licenses, ['REVOKED']);
      assert.equal((await context.get(`/subscriptions/${input.subscription_id}`)).license, null);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'quote-linked-killed',
    title:
      'a worker that is killed after the license was linked with the subscription, and before it knows, links it once',
    kills: true,
    async play(context, runId) {
      const key = `${runId}/linkSubscription`;
      const held = context.proxy.hold(key);
      const { input } = await subscribedDraft(context, runId);
      await context.start(WORKFLOW, runId, input);
      await accept(context, runId);
      await approve(context, runId, input);
      await held.arrived;
      await context.killWorker();
      held.release();
      const { result } = await context.until(runId, 'COMPLETED');
      const { status, licenses, messages } = await orderOf(context, input);
      assert.deepEqual([status, licenses, messages], ['FULFILLED', ['ACTIVE'], ['order_confirmation']]);
      assert.equal(result.subscription_id, input.subscription_id);
      const { license } = await context.get(`/subscriptions/${input.subscription_id}`);
      assert.equal(result.license_id, license.license_id);
      context.assertRepeated(key, 200);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'quote-killed',
    title: 'a worker that is killed after the order was fulfilled, and before it knows, leaves its licenses once',
    kills: true,
    async play(context, runId) {
      const key = `${runId}/fulfilOrder`;
      const held = context.proxy.hold(key);
      const { input } = await draft(context, runId);
      await context.start(WORKFLOW, runId, input);
      await accept(context, runId);
      await approve(context, runId, input);
      await held.arrived;
      assert.deepEqual((await orderOf(context, input)).licenses, ['ACTIVE', 'ACTIVE']);
      await context.killWorker();
      held.release();
      await assertFulfilledOnce(context, runId, input, await context.until(runId, 'COMPLETED'));
      context.assertRepeated(key, 200);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'quote-killed-in-undo',
    title: 'a worker that is killed after an undo took effect, and before it knows, cancels the order once',
    kills: true,
    async play(context, runId) {
      const key = `${runId}/cancelOrder`;
      const held = context.proxy.hold(key);
      const { input } = await draft(context, runId);
      await context.start(WORKFLOW, runId, input);
      await accept(context, runId);
      await context.signal(runId, 'cancel');
      await held.arrived;
      assert.equal((await orderOf(context, input)).status, 'CANCELLED');
      await context.killWorker();
      held.release();
      const { undone, not_undone } = await context.until(runId, 'CANCELLED');
      assert.deepEqual([undone, not_undone], [['cancelOrder'], []]);
      context.assertRepeated(key, 200);
    },
  },
];
