// Guarantees of each workflow on Temporal. `runId` is also the name of the recorded history.
import assert from 'node:assert/strict';
import { eventually } from './processes.mjs';

const TEMPLATE = 'team-yearly';
const WORKFLOW = 'lead-to-customer';

/** Names that no history may contain. */
export const NAMES = ['Wilhelmina', 'Quatermain'];

const lead = (runId) => ({ first_name: NAMES[0], last_name: NAMES[1], email: `${runId}@lead.example` });
const input = (runId, more = {}) => ({ lead: lead(runId), license_template_id: TEMPLATE, ...more });

/** Customer of a run, by its e-mail address, with its licenses. */
async function madeBy({ api }, runId) {
  const { body } = await api('/customers?limit=100');
  const customers = body.data.filter(({ email }) => email === lead(runId).email);
  assert.equal(customers.length, 1);
  const [customer] = customers;
  const licenses = (await api(`/licenses?customer_id=${customer.customer_id}`)).body.data;
  return { customer, licenses };
}

async function assertOneLicense(context, runId, { result }) {
  const { customer, licenses } = await madeBy(context, runId);
  assert.equal(customer.active, true);
  assert.deepEqual(
    licenses.map(({ license_id, status }) => [license_id, status]),
    [[result.license_id, 'ACTIVE']],
  );
  assert.equal(result.customer_id, customer.customer_id);
  const email = await context.api(`/email-messages/${result.email_message_id}`);
  assert.equal(email.status, 200);
}

async function assertUndone(context, runId) {
  const { customer, licenses } = await madeBy(context, runId);
  assert.equal(customer.active, false);
  assert.deepEqual(
    licenses.filter(({ status }) => status === 'ACTIVE'),
    [],
  );
}

export const SCENARIOS = [
  {
    workflow: WORKFLOW,
    runId: 'lead-completed',
    title: 'a step that gets 503 is repeated with the same idempotency key, and the run completes with one license',
    async play(context, runId) {
      context.proxy.plan.set('POST /v1/licenses', 'busy');
      await context.start(WORKFLOW, runId, input(runId));
      await assertOneLicense(context, runId, await context.until(runId, 'COMPLETED'));
      const keys = context.proxy.requests.filter(({ url }) => url === '/v1/licenses').map(({ key }) => key);
      assert.deepEqual(keys, [`${runId}/issueLicense`, `${runId}/issueLicense`]);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'lead-approved',
    title: 'the run waits for the approval',
    async play(context, runId) {
      await context.start(WORKFLOW, runId, input(runId, { approval: true }));
      const { signal } = await context.until(runId, 'WAITING');
      assert.equal(signal, 'approved');
      assert.deepEqual((await madeBy(context, runId)).licenses, []);
      await context.signal(runId, 'approved');
      await assertOneLicense(context, runId, await context.until(runId, 'COMPLETED'));
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'lead-refused',
    title: 'a refused step fails the run, which takes back what it made',
    async play(context, runId) {
      await context.start(WORKFLOW, runId, input(runId, { license_template_id: 'none' }));
      const failed = await context.until(runId, 'FAILED');
      assert.equal(failed.error.step, 'issueLicense');
      assert.match(failed.error.code, /TEMPLATE/);
      assert.deepEqual(failed.undone, ['deactivateCustomer']);
      await assertUndone(context, runId);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'lead-invalid',
    title: 'an invalid input fails the run before its first step',
    async play(context, runId) {
      await context.start(WORKFLOW, runId, { ...input(runId), approval: 'perhaps' });
      const { error } = await context.until(runId, 'FAILED');
      assert.equal(error.code, 'VALIDATION_FAILED');
      assert.match(error.message, /approval/);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'lead-cancelled',
    title: 'the message `cancel` ends the wait, and the run is undone',
    async play(context, runId) {
      await context.start(WORKFLOW, runId, input(runId, { approval: true }));
      await context.until(runId, 'WAITING');
      await context.signal(runId, 'cancel');
      assert.deepEqual((await context.until(runId, 'CANCELLED')).undone, ['deactivateCustomer']);
      await assertUndone(context, runId);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'lead-cancelled-by-temporal',
    title: 'a cancellation by Temporal is undone as well',
    async play(context, runId) {
      await context.start(WORKFLOW, runId, input(runId, { approval: true }));
      await context.until(runId, 'WAITING');
      await context.cancelByTemporal(runId);
      assert.deepEqual((await context.until(runId, 'CANCELLED')).undone, ['deactivateCustomer']);
      await assertUndone(context, runId);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'lead-killed',
    title: 'a worker that is killed after the license was issued, and before it knows, leaves one license',
    async play(context, runId) {
      context.proxy.plan.set('POST /v1/licenses', 'lost');
      await context.start(WORKFLOW, runId, input(runId));
      await eventually(() => context.proxy.lost === 1);
      const { customer, licenses } = await madeBy(context, runId);
      assert.equal(customer.active && licenses.length, 1);
      await context.killWorker();
      await assertOneLicense(context, runId, await context.until(runId, 'COMPLETED'));
      const attempts = context.proxy.requests.filter(({ key }) => key === `${runId}/issueLicense`);
      assert.deepEqual(
        attempts.map(({ status, replayed }) => [status, replayed]),
        [
          [201, null],
          [201, 'true'],
        ],
      );
    },
  },
];
