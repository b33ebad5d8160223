import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { partnerOnboarding, type PartnerOnboardingInput } from '../../src/workflows/definitions/partner-onboarding.js';
import { StepPerformer } from '../../src/workflows/steps/step-performer.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { StepEngine } from '../support/step-engine.js';

const NEVER = Number.MAX_SAFE_INTEGER;
const LIMIT = 15;

describe('the workflow partner-onboarding over the steps of the server', () => {
  let app: TestApp;
  let api: Api;
  let templateId: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { EMAIL_LIMIT_PER_HOUR: String(LIMIT) } });
    api = await app.tenant();
    templateId = await api.template();
  });

  afterAll(() => app.stop());

  const inputOf = (partner: object): PartnerOnboardingInput => ({
    partner,
    approval_timeout_days: 30,
    pools: [
      {
        license_template_id: templateId,
        quantity: 5,
        returns_revoked: true,
        returns_expired: false,
        expires_at: null,
      },
    ],
    license_template_id: templateId,
  });
  const run = (input: PartnerOnboardingInput, killAt = NEVER) =>
    new StepEngine(app.nest.get(StepPerformer), {
      tenantId: api.tenantId,
      runId: `run-${unique()}`,
      workflow: 'partner-onboarding',
      killAt,
      messages: ['approved'],
    }).run(partnerOnboarding, input);
  const rows = async (path: string): Promise<Wire[]> => (await api.get(path)).body.data;

  it.each([NEVER, 0, 1, 2, 3, 4])(
    'ends with one partner, pool, license, invitation and message, killed after the effect of step %d',
    async (killAt) => {
      const name = `Reseller ${unique()}`;
      const outcome = await run(inputOf({ name, email: 'reseller@example.com' }), killAt);
      expect(outcome).toMatchObject({ state: 'COMPLETED' });
      const [partner, ...others] = await rows(`/v1/partners?q=${encodeURIComponent(name)}`);
      expect(others).toEqual([]);
      expect(partner).toMatchObject({ status: 'APPROVED' });
      const id = partner.partner_id as string;
      const pools = await rows(`/v1/license-pools?partner_id=${id}`);
      expect(pools).toMatchObject([{ available: 5, returns_revoked: true }]);
      const licenses = await rows(`/v1/licenses?partner_id=${id}`);
      expect(licenses).toMatchObject([{ customer_id: id, issued_to: name, status: 'ACTIVE' }]);
      const invitations = await rows(`/v1/partner-invitations?partner_id=${id}`);
      expect(invitations).toMatchObject([{ status: 'OPEN', email: 'reseller@example.com' }]);
      const messages = await rows(`/v1/email-messages?partner_id=${id}`);
      expect(messages).toMatchObject([{ template: 'partner_welcome', to: 'reseller@example.com' }]);
      expect((outcome as Wire).result).toEqual({
        partner_id: id,
        pool_ids: pools.map(({ pool_id }) => pool_id as string),
        license_id: licenses[0].license_id,
        invitation_id: invitations[0].invitation_id,
        email_message_id: messages[0].email_message_id,
      });
    },
  );

  it('leaves no code that works, and nothing in force, when the partner has no address', async () => {
    const { partner_id } = await api.create('/v1/partners', { name: 'No address' });
    const outcome = await run(inputOf({ partner_id: partner_id as string }));
    expect(outcome).toMatchObject({ state: 'FAILED', error: { step: 'invitePartner' }, not_undone: [] });
    // The partner was found, so it stays as it is now.
    expect((await api.get(`/v1/partners/${partner_id}`)).body.status).toBe('APPROVED');
    expect(await rows(`/v1/partner-invitations?partner_id=${partner_id}`)).toEqual([]);
    expect(await rows(`/v1/license-pools?partner_id=${partner_id}`)).toMatchObject([{ allotted: 0, available: 0 }]);
    expect(await rows(`/v1/licenses?partner_id=${partner_id}`)).toMatchObject([{ status: 'REVOKED' }]);
  });

  it('invites by the next attempt while the limit of e-mail is reached', async () => {
    const tenant = await app.tenant();
    const { partner_id } = await tenant.create('/v1/partners', { name: 'Reseller', email: 'r@example.com' });
    await tenant.post(`/v1/partners/${partner_id}/approve`, {});
    const other = { template: 'order_confirmation', order_id: 'o-1', to: 'buyer@example.com' };
    for (let sent = 0; sent < LIMIT; sent++) await tenant.create('/v1/email-messages', other);
    const steps = app.nest.get(StepPerformer);
    const call = { tenantId: tenant.tenantId, runId: 'run', workflow: 'partner-onboarding', step: 'invitePartner' };
    const invite = () => steps.perform({ ...call, key: 'invitePartner', argument: { partner_id } });
    await expect(invite()).rejects.toMatchObject({ code: 'EMAIL_LIMIT_REACHED' });
    await app.database.query(
      `UPDATE email_messages SET created_at = created_at - interval '61 minutes' WHERE tenant_id = $1`,
      [tenant.tenantId],
    );
    expect(await invite()).toMatchObject({ result: { email_message_id: expect.any(String) } });
    const { data } = (await tenant.get('/v1/partner-invitations')).body;
    expect(data).toMatchObject([{ status: 'OPEN' }]);
  });

  it('empties a pool to which a license came back between two attempts', async () => {
    const { partner_id } = await api.create('/v1/partners', { name: 'Reseller' });
    await api.post(`/v1/partners/${partner_id}/approve`, {});
    const pool = { partner_id, license_template_id: templateId, quantity: 5, returns_revoked: true };
    const { pool_id } = await api.create('/v1/license-pools', pool);
    const { license_id } = await api.issue(templateId, { pool_id });
    const call = { tenantId: api.tenantId, runId: `run-${unique()}`, workflow: 'partner-onboarding' };
    const step = { step: 'emptyLicensePool', key: 'emptyLicensePool', argument: { pool_id } };
    const empty = () => app.nest.get(StepPerformer).perform({ ...call, ...step });
    expect(await empty()).toMatchObject({ result: { pool_id } });
    await api.post(`/v1/licenses/${license_id}/revoke`, { reason: { code: 'OTHER' } });
    expect((await api.get(`/v1/license-pools/${pool_id}`)).body).toMatchObject({ allotted: 1, available: 1 });
    expect(await empty()).toMatchObject({ result: { pool_id } });
    expect((await api.get(`/v1/license-pools/${pool_id}`)).body).toMatchObject({ allotted: 0, available: 0 });
  });

  it('suspends a partner that it made when a later step is refused', async () => {
    const name = `Refused ${unique()}`;
    const input = { ...inputOf({ name, email: 'r@example.com' }), license_template_id: 'nobodys' };
    expect(await run(input)).toMatchObject({ state: 'FAILED', error: { code: 'TEMPLATE_NOT_FOUND' }, not_undone: [] });
    expect(await rows(`/v1/partners?q=${encodeURIComponent(name)}`)).toMatchObject([{ status: 'SUSPENDED' }]);
  });

  it('is started with its rights alone', async () => {
    const input = { partner: { name: 'X', email: 'x@example.com' }, pools: inputOf({}).pools };
    const starter = await app.key(api.tenantId, ['workflows:start', 'partners:write']);
    expect((await starter.post('/v1/workflow-runs', { workflow: 'partner-onboarding', input })).status).toBe(403);
  });
});
