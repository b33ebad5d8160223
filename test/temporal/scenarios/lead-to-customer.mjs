import assert from 'node:assert/strict';
import { attemptsOf, person, TEMPLATE } from './people.mjs';

const WORKFLOW = 'lead-to-customer';

const input = (runId, more = {}) => ({ lead: person(runId), license_template_id: TEMPLATE, ...more });

/** Customer of a run, by its e-mail address, with its licenses. */
async function madeBy({ get }, runId) {
  const customers = (await get('/customers?limit=100')).data.filter(({ email }) => email === person(runId).email);
  assert.equal(customers.length, 1);
  const [customer] = customers;
  const licenses = (await get(`/licenses?customer_id=${customer.customer_id}`)).data;
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
  const { template } = await context.get(`/email-messages/${result.email_message_id}`);
  assert.equal(template, 'license_issued');
}

async function assertUndone(context, runId) {
  const { customer, licenses } = await madeBy(context, runId);
  assert.equal(customer.active, false);
  assert.deepEqual(
    licenses.filter(({ status }) => status === 'ACTIVE'),
    [],
  );
}

export const LEAD_TO_CUSTOMER = [
  {
    workflow: WORKFLOW,
    runId: 'lead-completed',
    title: 'a step that gets 503 is repeated with the same idempotency key, and the run completes with one license',
    async play(context, runId) {
      context.proxy.busy(`${runId}/issueLicense`);
      await context.start(WORKFLOW, runId, input(runId));
      await assertOneLicense(context, runId, await context.until(runId, 'COMPLETED'));
      assert.deepEqual(attemptsOf(context, `${runId}/issueLicense`), [
        [503, null],
        [201, null],
      ]);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'lead-approved',
    title: 'the run, started twice at once, waits for the approval and makes one customer',
    async play(context, runId) {
      await context.startTwice(WORKFLOW, runId, input(runId, { approval: true }));
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
    kills: true,
    async play(context, runId) {
      const key = `${runId}/issueLicense`;
      const held = context.proxy.hold(key);
      await context.start(WORKFLOW, runId, input(runId));
      await held.arrived;
      const { customer, licenses } = await madeBy(context, runId);
      assert.equal(customer.active && licenses.length, 1);
      await context.killWorker();
      held.release();
      await assertOneLicense(context, runId, await context.until(runId, 'COMPLETED'));
      context.assertRepeated(key, 201);
    },
  },
];
