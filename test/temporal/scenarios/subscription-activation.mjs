import assert from 'node:assert/strict';
import { customerOf, TEMPLATE } from './people.mjs';

const WORKFLOW = 'subscription-activation';
const PERIOD_END = '2099-01-01T00:00:00.000Z';

/** Subscribes the person of the run. Returns the input of the run, and its customer. */
async function subscribe(context, runId) {
  const customer_id = await customerOf(context, runId);
  const subscription_id = `sub-${runId}`;
  await context.send('/subscriptions', { subscription_id, customer_id, template_id: TEMPLATE });
  return { input: { subscription_id, quantity: 7, period_end: PERIOD_END }, customer_id };
}

const licensesOf = async ({ get }, customerId) => (await get(`/licenses?customer_id=${customerId}`)).data;

async function assertActivatedOnce(context, { subscription_id }, customerId, { result }, issued) {
  const licenses = await licensesOf(context, customerId);
  assert.deepEqual(
    licenses.map((license) => [license.license_id, license.status, license.subscription_id]),
    [[result.license_id, 'ACTIVE', subscription_id]],
  );
  assert.deepEqual([licenses[0].max_activations, licenses[0].expiry_date], [7, PERIOD_END]);
  assert.deepEqual(result, { subscription_id, customer_id: customerId, license_id: licenses[0].license_id, issued });
  const { status } = await context.get(`/subscriptions/${subscription_id}`);
  assert.equal(status, 'ACTIVE');
  assert.equal((await context.get(`/subscriptions/${subscription_id}/events`)).data.length, 1);
}

async function assertUndone(context, { subscription_id }, customerId, status) {
  const licenses = await licensesOf(context, customerId);
  assert.deepEqual(
    licenses.map((license) => [license.status, license.subscription_id]),
    [[status, null]],
  );
  assert.equal((await context.get(`/subscriptions/${subscription_id}`)).license, null);
}

/** Reports an event under the id that the run will use, so that its activation is refused. */
async function takeEventOf(context, runId, { subscription_id }) {
  const event = { event_id: `workflow-run:${runId}`, occurred_at: '2025-01-01T00:00:00Z', kind: 'payment_failed' };
  await context.send(`/subscriptions/${subscription_id}/events`, event);
}

export const SUBSCRIPTION_ACTIVATION = [
  {
    workflow: WORKFLOW,
    runId: 'subscription-completed',
    title: 'a subscription, whose run is started twice at once, gets one license, in force for the period that is paid',
    async play(context, runId) {
      const { input, customer_id } = await subscribe(context, runId);
      await context.startTwice(WORKFLOW, runId, input);
      await assertActivatedOnce(context, input, customer_id, await context.until(runId, 'COMPLETED'), true);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'subscription-refused',
    title: 'a refused activation unlinks and revokes the license that the run issued',
    async play(context, runId) {
      const { input, customer_id } = await subscribe(context, runId);
      await takeEventOf(context, runId, input);
      await context.start(WORKFLOW, runId, input);
      const failed = await context.until(runId, 'FAILED');
      assert.deepEqual([failed.error.code, failed.error.step], ['BILLING_EVENT_CONFLICT', 'activateSubscription']);
      assert.deepEqual([failed.undone, failed.not_undone], [['unlinkSubscription', 'revokeLicense'], []]);
      await assertUndone(context, input, customer_id, 'REVOKED');
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'subscription-found-refused',
    title: 'a refused activation unlinks a license that the run found, and does not revoke it',
    async play(context, runId) {
      const { input, customer_id } = await subscribe(context, runId);
      await context.send('/licenses', { license_template_id: TEMPLATE, customer_id });
      await takeEventOf(context, runId, input);
      await context.start(WORKFLOW, runId, input);
      assert.deepEqual((await context.until(runId, 'FAILED')).undone, ['unlinkSubscription']);
      await assertUndone(context, input, customer_id, 'ACTIVE');
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'subscription-cancelled',
    title: 'a run that is cancelled inside a step takes back that step as well',
    async play(context, runId) {
      const { input, customer_id } = await subscribe(context, runId);
      const held = context.proxy.hold(`${runId}/linkSubscription`);
      await context.start(WORKFLOW, runId, input);
      await held.arrived;
      await context.signal(runId, 'cancel');
      held.release();
      assert.deepEqual((await context.until(runId, 'CANCELLED')).undone, ['unlinkSubscription', 'revokeLicense']);
      await assertUndone(context, input, customer_id, 'REVOKED');
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'subscription-killed',
    title: 'a worker that is killed after the subscription was activated, and before it knows, activates it once',
    kills: true,
    async play(context, runId) {
      const { input, customer_id } = await subscribe(context, runId);
      const key = `${runId}/activateSubscription`;
      const held = context.proxy.hold(key);
      await context.start(WORKFLOW, runId, input);
      await held.arrived;
      await context.killWorker();
      held.release();
      await assertActivatedOnce(context, input, customer_id, await context.until(runId, 'COMPLETED'), true);
      context.assertRepeated(key, 200);
    },
  },
];
