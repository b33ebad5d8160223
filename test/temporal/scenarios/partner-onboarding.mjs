import assert from 'node:assert/strict';
import { NAMES, TEMPLATE } from './people.mjs';

const WORKFLOW = 'partner-onboarding';

const nameOf = (runId) => `${NAMES[1]} Resellers ${runId}`;
const input = (runId, more = {}) => ({
  partner: { name: nameOf(runId), email: `${runId}@partner.example` },
  pools: [
    { license_template_id: TEMPLATE, quantity: 5 },
    { license_template_id: TEMPLATE, quantity: 3, returns_revoked: true },
  ],
  license_template_id: TEMPLATE,
  ...more,
});

/** Partner of a run, by its name, with all that belongs to it. */
async function madeBy({ get }, runId) {
  const partners = (await get(`/partners?q=${encodeURIComponent(nameOf(runId))}`)).data;
  assert.equal(partners.length, 1);
  const [{ partner_id, status }] = partners;
  const list = async (path) => (await get(`${path}?partner_id=${partner_id}`)).data;
  return {
    partner_id,
    status,
    pools: await list('/license-pools'),
    licenses: await list('/licenses'),
    invitations: await list('/partner-invitations'),
    messages: await list('/email-messages'),
  };
}

/** Approves the partner once the run waits for that. */
async function approve(context, runId) {
  await context.until(runId, 'WAITING', 'approved');
  await context.signal(runId, 'approved');
}

async function assertOnboardedOnce(context, runId, { result }) {
  const made = await madeBy(context, runId);
  const { partner_id, status, pools, licenses, invitations, messages } = made;
  assert.equal(status, 'APPROVED');
  assert.deepEqual(pools.map(({ available }) => available).sort(), [3, 5]);
  assert.deepEqual(
    licenses.map((license) => [license.license_id, license.status, license.customer_id]),
    [[result.license_id, 'ACTIVE', partner_id]],
  );
  assert.deepEqual(
    invitations.map((invitation) => [invitation.invitation_id, invitation.status]),
    [[result.invitation_id, 'OPEN']],
  );
  assert.deepEqual(
    messages.map((message) => [message.email_message_id, message.template]),
    [[result.email_message_id, 'partner_welcome']],
  );
  assert.deepEqual([...result.pool_ids].sort(), pools.map(({ pool_id }) => pool_id).sort());
}

async function assertUndone(context, runId, licenses) {
  const made = await madeBy(context, runId);
  assert.equal(made.status, 'SUSPENDED');
  assert.ok(made.pools.length > 0 && made.pools.every(({ available }) => available === 0));
  assert.deepEqual(
    made.licenses.map(({ status }) => status),
    licenses,
  );
  assert.deepEqual([made.invitations, made.messages], [[], []]);
}

export const PARTNER_ONBOARDING = [
  {
    workflow: WORKFLOW,
    runId: 'partner-completed',
    title: 'a partner, whose run is started twice at once, gets its pools, license and invitation after the approval',
    async play(context, runId) {
      await context.startTwice(WORKFLOW, runId, input(runId));
      await context.until(runId, 'WAITING', 'approved');
      const { status, pools } = await madeBy(context, runId);
      assert.deepEqual([status, pools], ['PENDING', []]);
      await approve(context, runId);
      await assertOnboardedOnce(context, runId, await context.until(runId, 'COMPLETED'));
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'partner-refused',
    title: 'a refused license empties the pools and suspends the partner',
    async play(context, runId) {
      await context.start(WORKFLOW, runId, input(runId, { license_template_id: 'none' }));
      await approve(context, runId);
      const failed = await context.until(runId, 'FAILED');
      assert.deepEqual([failed.error.code, failed.error.step], ['TEMPLATE_NOT_FOUND', 'issuePartnerLicense']);
      const undone = ['emptyLicensePool', 'emptyLicensePool', 'suspendPartner'];
      assert.deepEqual([failed.undone, failed.not_undone], [undone, []]);
      await assertUndone(context, runId, []);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'partner-cancelled',
    title: 'a run that is cancelled inside a step revokes the license, empties the pools and suspends the partner',
    async play(context, runId) {
      const held = context.proxy.hold(`${runId}/issuePartnerLicense`);
      await context.start(WORKFLOW, runId, input(runId));
      await approve(context, runId);
      await held.arrived;
      await context.signal(runId, 'cancel');
      held.release();
      const undone = ['revokeLicense', 'emptyLicensePool', 'emptyLicensePool', 'suspendPartner'];
      assert.deepEqual((await context.until(runId, 'CANCELLED')).undone, undone);
      await assertUndone(context, runId, ['REVOKED']);
    },
  },
  {
    workflow: WORKFLOW,
    runId: 'partner-killed',
    title: 'a worker that is killed after the invitation was made, and before it knows that, makes and sends no other',
    kills: true,
    async play(context, runId) {
      const key = `${runId}/invitePartner`;
      const held = context.proxy.hold(key);
      await context.start(WORKFLOW, runId, input(runId));
      await approve(context, runId);
      await held.arrived;
      assert.equal((await madeBy(context, runId)).messages.length, 1);
      await context.killWorker();
      held.release();
      const completed = await context.until(runId, 'COMPLETED');
      await assertOnboardedOnce(context, runId, completed);
      context.assertRepeated(key, 201);
    },
  },
];
