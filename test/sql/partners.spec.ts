import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { withClient } from '../../src/database/with-client.js';
import { IssueLicenseCommand, IssueLicensesCommand } from '../../src/licensing/index.js';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { eraseCustomer } from '../../src/maintenance/erasure/erase-customer.js';
import { PartnerUpkeep } from '../../src/partners/partner-upkeep.js';
import { Actor } from '../../src/shared/access/actor.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { everythingStored, traces } from '../support/everything-stored.js';
import { eventually } from '../support/eventually.js';
import { statementsOf } from '../support/statements.js';

const REASON = { reason: { code: 'OTHER' } };
const DAY = `interval '1 day'`;

describe('partners', () => {
  let app: TestApp;
  let tenant: Api;
  let templateId: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { PUBLIC_URL: 'https://licenses.example.com/' } });
    tenant = await app.tenant();
    templateId = await tenant.template({ default_duration: 30, grace_period_days: 0 });
  });

  afterAll(() => app.stop());

  const partner = async (fields: Wire = {}): Promise<string> => {
    const { partner_id } = await tenant.create('/v1/partners', { name: 'Reseller', ...fields });
    expect((await tenant.post(`/v1/partners/${partner_id}/approve`, {})).status).toBe(200);
    return partner_id as string;
  };
  const keyOf = async (partner_id: string): Promise<Api> => {
    const { api_key } = await tenant.create('/v1/api-keys', { name: 'k', role: 'partner', partner_id });
    return app.bearer(tenant.tenantId, api_key as string);
  };
  const pool = async (partner_id: string, quantity: number, terms: Wire = {}): Promise<string> => {
    const body = { partner_id, license_template_id: templateId, quantity, ...terms };
    return (await tenant.create('/v1/license-pools', body)).pool_id as string;
  };
  const issueFrom = (api: Api, pool_id: string | undefined, customer_id: string) =>
    api.post('/v1/licenses', { license_template_id: templateId, customer_id, ...(pool_id && { pool_id }) });
  const balance = async (poolId: string) => {
    const { allotted, issued, returned, expired, available } = (await tenant.get(`/v1/license-pools/${poolId}`)).body;
    return { allotted, issued, returned, expired, available } as Record<string, number>;
  };
  const kinds = async (poolId: string) =>
    ((await tenant.get(`/v1/license-pools/${poolId}/entries`)).body.data as Wire[])
      .reverse()
      .map(({ kind, quantity }) => `${kind} ${quantity}`);
  const lastEvent = async (type: string): Promise<Wire> => {
    let found: Wire;
    await eventually(async () => {
      const { data } = (await tenant.get(`/v1/license-events?event_type=${type}&order=desc&limit=1`)).body;
      expect(data).toHaveLength(1);
      found = data[0];
    });
    return found;
  };

  it('are PENDING until they are approved, and each action is allowed in one status', async () => {
    const created = await tenant.create('/v1/partners', { name: 'New', email: 'new@example.com' });
    expect(created).toMatchObject({ status: 'PENDING', version: 1, license_effect: null });
    const path = `/v1/partners/${created.partner_id}`;
    const suspension = { license_effect: 'KEEP', ...REASON };
    expect((await tenant.post(`${path}/suspend`, suspension)).body.code).toBe('PARTNER_STATE');
    expect((await tenant.post(`${path}/approve`, {})).body).toMatchObject({ status: 'APPROVED', version: 2 });
    expect((await tenant.post(`${path}/approve`, {})).body.code).toBe('PARTNER_STATE');
    expect((await tenant.post(`${path}/suspend`, suspension)).body).toMatchObject({ status: 'SUSPENDED', version: 3 });
    expect((await tenant.post(`${path}/reinstate`, {})).body).toMatchObject({ status: 'APPROVED', version: 4 });
    expect((await tenant.patch(path, { name: 'Renamed' })).body).toMatchObject({ name: 'Renamed', version: 5 });
    expect((await tenant.get('/v1/partners?q=rena&status=APPROVED')).body.data).toHaveLength(1);
    expect(await lastEvent('partner.suspended')).toMatchObject({
      partner_id: created.partner_id,
      event_data: { licenses: 'KEEP', before: { status: 'APPROVED' }, after: { status: 'SUSPENDED' } },
    });
  });

  it('have keys with the role partner alone, and of partners that exist', async () => {
    const partner_id = await partner();
    const create = (body: Wire) => tenant.post('/v1/api-keys', { name: 'k', ...body });
    for (const body of [
      { role: 'partner' },
      { role: 'admin', partner_id },
      { permissions: ['licenses:read'], partner_id },
      { role: 'partner', permissions: ['licenses:revoke'], partner_id },
      { role: 'partner', partner_id: '01890000-0000-7000-8000-000000000000' },
    ])
      expect({ body, status: (await create(body)).status }).toEqual({ body, status: 400 });
    await expect(app.key(tenant.tenantId, [], { role: 'partner' })).rejects.toThrow('api_keys_partner_role');
  });

  it('issue from the only usable pool of the template, and name one where there are several', async () => {
    const partnerId = await partner();
    const api = await keyOf(partnerId);
    const { customer_id: customer } = await api.create('/v1/customers', { last_name: 'C' });
    expect((await issueFrom(api, undefined, customer as string)).body).toMatchObject({
      status: 409,
      code: 'POOL_REQUIRED',
    });
    const first = await pool(partnerId, 1);
    expect((await issueFrom(api, undefined, customer as string)).status).toBe(201);
    expect((await issueFrom(api, undefined, customer as string)).body.code).toBe('POOL_EXHAUSTED');
    const second = await pool(partnerId, 2);
    // The first has none left, so the second is the only usable one.
    expect((await issueFrom(api, undefined, customer as string)).status).toBe(201);
    await pool(partnerId, 1);
    expect((await issueFrom(api, undefined, customer as string)).body.code).toBe('POOL_REQUIRED');
    expect((await issueFrom(api, second, customer as string)).status).toBe(201);
    expect(await balance(second)).toEqual({ allotted: 2, issued: 2, returned: 0, expired: 0, available: 0 });
    expect(await balance(first)).toMatchObject({ available: 0 });
    const other = await pool(partnerId, 1, { license_template_id: await tenant.template() });
    expect((await issueFrom(api, other, customer as string)).body.code).toBe('POOL_TEMPLATE_MISMATCH');
  });

  it('issue once for an idempotency key, also when the pool is exhausted meanwhile', async () => {
    const partnerId = await partner();
    const api = await keyOf(partnerId);
    const { customer_id } = await api.create('/v1/customers', { last_name: 'C' });
    const poolId = await pool(partnerId, 1);
    const request = { license_template_id: templateId, customer_id: customer_id as string, pool_id: poolId };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.post('/v1/licenses', request, { 'Idempotency-Key': 'once' })),
    );
    expect(new Set(answers.map(({ body }) => body.license_id as string)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(await kinds(poolId)).toEqual(['ALLOTMENT 1', 'ISSUE 1']);
  });

  it('issue together under one lock of the pool, and one that only replays leaves its license to another', async () => {
    const partnerId = await partner();
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('test', tenant.tenantId);
    const issue = (poolId: string, idempotencyKey?: string) =>
      commands.execute(
        new IssueLicenseCommand(
          actor,
          { license_template_id: templateId, customer_id: 'c', pool_id: poolId },
          { ...(idempotencyKey !== undefined && { idempotencyKey }) },
        ),
      );
    const poolId = await pool(partnerId, 3);
    const first = await issue(poolId, 'again');
    const outcomes: PromiseSettledResult<unknown>[] = [];
    const statements = await statementsOf(async () => {
      const requests = [issue(poolId, 'again'), issue(poolId), issue(poolId), issue(poolId)];
      outcomes.push(...(await Promise.allSettled(requests)));
    });
    expect(outcomes).toMatchObject([
      { value: { license_id: first.license_id } },
      { status: 'fulfilled' },
      { status: 'fulfilled' },
      { reason: { errorCode: 'POOL_EXHAUSTED' } },
    ]);
    expect(await kinds(poolId)).toEqual(['ALLOTMENT 3', 'ISSUE 1', 'ISSUE 1', 'ISSUE 1']);
    const locks = statements.filter((text) => /FROM license_pools[^;]*FOR (NO KEY )?UPDATE/s.test(text));
    expect(locks).toHaveLength(2);
  });

  it('have vendors that issue from a pool, many at once or none', async () => {
    const partnerId = await partner();
    const poolId = await pool(partnerId, 3);
    expect((await issueFrom(tenant, poolId, 'anybody')).status).toBe(201);
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('test', tenant.tenantId);
    const license = { request: { license_template_id: templateId, customer_id: 'c' }, origin: { poolId } };
    await expect(commands.execute(new IssueLicensesCommand(actor, [license, license, license]))).rejects.toMatchObject({
      index: 2,
      errorCode: 'POOL_EXHAUSTED',
    });
    expect(await balance(poolId)).toMatchObject({ issued: 1, available: 2 });
    const issued = await commands.execute(new IssueLicensesCommand(actor, [license, license]));
    expect(issued).toHaveLength(2);
    const { body } = await tenant.get(`/v1/licenses/${issued[0]?.license_id}`);
    expect(body).toMatchObject({ partner_id: partnerId, pool_id: poolId });
    expect((await tenant.get(`/v1/licenses?pool_id=${poolId}`)).body.data).toHaveLength(3);
    expect(await kinds(poolId)).toEqual(['ALLOTMENT 3', 'ISSUE 1', 'ISSUE 1', 'ISSUE 1']);
  });

  it('are allotted more licenses, and lose only such that are available', async () => {
    const poolId = await pool(await partner(), 2);
    const allot = (quantity: number) => tenant.post(`/v1/license-pools/${poolId}/allot`, { quantity, ...REASON });
    expect((await issueFrom(tenant, poolId, 'c')).status).toBe(201);
    expect((await allot(3)).body).toMatchObject({ allotted: 5, available: 4 });
    expect((await allot(-5)).body).toMatchObject({ status: 409, code: 'POOL_EXHAUSTED' });
    expect((await allot(-4)).body).toMatchObject({ allotted: 1, available: 0 });
    expect(await kinds(poolId)).toEqual(['ALLOTMENT 2', 'ISSUE 1', 'ALLOTMENT 3', 'ALLOTMENT -4']);
    const page = (await tenant.get(`/v1/license-pools/${poolId}/entries?limit=1`)).body;
    expect(page.data).toMatchObject([{ number: 4, allotted: 1, issued: 1 }]);
    const next = await tenant.get(`/v1/license-pools/${poolId}/entries?limit=1&cursor=${page.next_cursor}`);
    expect(next.body.data).toMatchObject([{ number: 3 }]);
  });

  it('get a revoked license back where the pool says so', async () => {
    const partnerId = await partner();
    const [giving, keeping] = [await pool(partnerId, 1, { returns_revoked: true }), await pool(partnerId, 1)];
    for (const poolId of [giving, keeping]) {
      const { license_id } = (await issueFrom(tenant, poolId, 'c')).body;
      expect((await tenant.post(`/v1/licenses/${license_id}/suspend`, REASON)).status).toBe(200);
      expect(await balance(poolId)).toMatchObject({ available: 0 });
      expect((await tenant.post(`/v1/licenses/${license_id}/revoke`, REASON)).status).toBe(200);
    }
    expect(await balance(giving)).toEqual({ allotted: 1, issued: 1, returned: 1, expired: 0, available: 1 });
    expect(await balance(keeping)).toMatchObject({ returned: 0, available: 0 });
    expect((await issueFrom(tenant, giving, 'c')).status).toBe(201);
  });

  it('get no license back that a subscription renews while the pool has none left, and say so in the subscription', async () => {
    const poolId = await pool(await partner(), 1, { returns_expired: true });
    const { license_id } = (await issueFrom(tenant, poolId, 'c')).body;
    const subscription = { customer_id: 'c', template_id: templateId };
    const { subscription_id } = await tenant.create('/v1/subscriptions', subscription);
    const path = `/v1/subscriptions/${subscription_id}`;
    expect((await tenant.post(`${path}/link`, { license_id: license_id as string })).status).toBe(200);
    await app.database.query(
      `UPDATE licenses SET expiry_date = now() - ${DAY}, next_due_at = now() - ${DAY} WHERE license_id = $1`,
      [license_id],
    );
    await app.nest.get(LicenseTimer).sweep();
    expect(await balance(poolId)).toMatchObject({ returned: 1, available: 1 });
    expect((await issueFrom(tenant, poolId, 'c')).status).toBe(201);
    const renew = (event_id: string) =>
      tenant.post(`${path}/events`, {
        event_id,
        kind: 'renewed',
        occurred_at: new Date().toISOString(),
        period_end: '2099-01-01T00:00:00.000Z',
      });
    const status = async () => (await tenant.get(`/v1/licenses/${license_id}`)).body.status as string;
    expect((await renew('a')).status).toBeLessThan(300);
    expect([await status(), (await tenant.get(path)).body.license_problem]).toMatchObject([
      'EXPIRED',
      { code: 'POOL_EXHAUSTED' },
    ]);
    expect(await balance(poolId)).toMatchObject({ issued: 2, returned: 1, available: 0 });
    await tenant.post(`/v1/license-pools/${poolId}/allot`, { quantity: 1 });
    expect((await renew('b')).status).toBeLessThan(300);
    expect([await status(), (await tenant.get(path)).body.license_problem]).toEqual(['ACTIVE', null]);
    expect(await balance(poolId)).toMatchObject({ issued: 3, returned: 1, available: 0 });
  });

  it('get an expired license back where the pool says so, and give it again for its renewal', async () => {
    const poolId = await pool(await partner(), 1, { returns_expired: true });
    const { license_id } = (await issueFrom(tenant, poolId, 'c')).body;
    await app.database.query(
      `UPDATE licenses SET expiry_date = now() - ${DAY}, next_due_at = now() - ${DAY} WHERE license_id = $1`,
      [license_id],
    );
    await app.nest.get(LicenseTimer).sweep();
    expect(await balance(poolId)).toMatchObject({ returned: 1, available: 1 });
    const renew = () => tenant.post(`/v1/licenses/${license_id}/renew`, { months: 1 });
    const { license_id: other } = (await issueFrom(tenant, poolId, 'c')).body;
    // The pool has none left for the license that expired.
    expect((await renew()).body).toMatchObject({ status: 409, code: 'POOL_EXHAUSTED' });
    expect((await tenant.get(`/v1/licenses/${license_id}`)).body).toMatchObject({ status: 'EXPIRED' });
    await tenant.post(`/v1/license-pools/${poolId}/allot`, { quantity: 1 });
    expect((await renew()).body).toMatchObject({ status: 'ACTIVE' });
    expect(await balance(poolId)).toMatchObject({ issued: 3, returned: 1, available: 0 });
    expect(other).not.toBe(license_id);
  });

  it('lose the licenses that are left when a pool ends, and those that come back later', async () => {
    const partnerId = await partner();
    const poolId = await pool(partnerId, 5, {
      returns_revoked: true,
      expires_at: new Date(Date.now() + 60_000).toISOString(),
    });
    const { license_id } = (await issueFrom(tenant, poolId, 'c')).body;
    await app.database.query(`UPDATE license_pools SET expires_at = now() - ${DAY} WHERE pool_id = $1`, [poolId]);
    expect((await issueFrom(tenant, poolId, 'c')).body).toMatchObject({ status: 409, code: 'POOL_EXPIRED' });
    expect(await balance(poolId)).toMatchObject({ expired: 0, available: 0 });
    await Promise.all([app.nest.get(PartnerUpkeep).sweep(), app.nest.get(PartnerUpkeep).sweep()]);
    expect(await balance(poolId)).toEqual({ allotted: 5, issued: 1, returned: 0, expired: 4, available: 0 });
    expect(await lastEvent('license_pool.expired')).toMatchObject({
      partner_id: partnerId,
      event_data: { quantity: 4 },
    });
    await tenant.post(`/v1/licenses/${license_id}/revoke`, REASON);
    expect(await kinds(poolId)).toEqual(['ALLOTMENT 5', 'ISSUE 1', 'EXPIRY 4', 'RETURN 1', 'EXPIRY 1']);
    expect((await tenant.post(`/v1/license-pools/${poolId}/allot`, { quantity: 1 })).body.code).toBe('POOL_EXPIRED');
  });

  it.each([
    ['KEEP', 'ACTIVE'],
    ['SUSPEND', 'SUSPENDED'],
    ['REVOKE', 'REVOKED'],
  ])('are refused at once when they are suspended, and with %s their licenses become %s', async (licenses, status) => {
    const partnerId = await partner();
    const api = await keyOf(partnerId);
    const { customer_id } = await api.create('/v1/customers', { last_name: 'C' });
    const poolId = await pool(partnerId, 3);
    const { license_id } = (await issueFrom(api, undefined, customer_id as string)).body;
    const own = await tenant.create(`/v1/partners/${partnerId}/issue-license`, { license_template_id: templateId });
    const suspended = await tenant.post(`/v1/partners/${partnerId}/suspend`, { license_effect: licenses, ...REASON });
    expect(suspended.body).toMatchObject({
      status: 'SUSPENDED',
      license_effect: licenses === 'KEEP' ? null : licenses,
    });
    expect((await api.get('/v1/licenses')).body).toMatchObject({ status: 403, code: 'PARTNER_NOT_APPROVED' });
    expect((await issueFrom(tenant, poolId, 'c')).body).toMatchObject({ status: 409, code: 'PARTNER_STATE' });
    await eventually(async () => {
      expect((await tenant.get(`/v1/partners/${partnerId}`)).body.license_effect).toBeNull();
      for (const id of [license_id, own.license_id])
        expect((await tenant.get(`/v1/licenses/${id}`)).body.status).toBe(status);
    });
    expect((await tenant.post(`/v1/partners/${partnerId}/reinstate`, {})).status).toBe(200);
    expect((await api.get('/v1/licenses')).status).toBe(200);
  });

  it('are suspended with their licenses only by who may suspend or revoke licenses', async () => {
    const partnerId = await partner();
    const approver = await app.key(tenant.tenantId, ['partners:approve', 'licenses:suspend']);
    const suspend = (licenses: string) =>
      approver.post(`/v1/partners/${partnerId}/suspend`, { license_effect: licenses, ...REASON });
    expect((await suspend('REVOKE')).body).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
    expect((await suspend('SUSPEND')).status).toBe(200);
  });

  it('get a license of their own, which counts against no pool', async () => {
    const partnerId = await partner({ name: 'Own Ltd' });
    const poolId = await pool(partnerId, 1);
    const path = `/v1/partners/${partnerId}/issue-license`;
    const issued = await tenant.create(path, { license_template_id: templateId });
    expect(issued).toMatchObject({ issued_to: 'Own Ltd', customer_id: partnerId });
    const license = (await (await keyOf(partnerId)).get(`/v1/licenses/${issued.license_id}`)).body;
    expect(license).toMatchObject({ partner_id: partnerId, pool_id: null });
    expect(await balance(poolId)).toMatchObject({ issued: 0, available: 1 });
  });

  describe('invitations', () => {
    /** The code is in the first answer alone. */
    const invite = async (partner_id: string): Promise<Wire> =>
      tenant.create('/v1/partner-invitations', { partner_id });
    const redeem = (code: string, name?: string) =>
      app.anonymous().post('/v1/partner-invitations:redeem', { code, ...(name && { name }) });

    it('make one API key, once, whoever asks at the same time, and it is shown once', async () => {
      const partnerId = await partner({ email: 'jane@example.com' });
      const invitation = await invite(partnerId);
      expect(invitation).toMatchObject({ status: 'OPEN', email: 'jane@example.com', partner_id: partnerId });
      expect(invitation.link).toBe(`https://licenses.example.com/partner-invitation#${invitation.code}`);
      expect(Buffer.from(String(invitation.code).split('.')[1] ?? '', 'base64url')).toHaveLength(32);
      const days =
        (Date.parse(invitation.expires_at as string) - Date.parse(invitation.created_at as string)) / 86_400_000;
      expect(days).toBe(7);
      // Reading redeems nothing, as a mail scanner that follows links would.
      expect((await app.anonymous().get('/v1/partner-invitations:redeem')).status).toBe(405);
      const answers = await Promise.all(Array.from({ length: 5 }, () => redeem(invitation.code as string, 'shop')));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 404, 404, 404, 404]);
      const key = answers.find(({ status }) => status === 201)?.body;
      expect(key).toMatchObject({ name: 'shop', role: 'partner', partner_id: partnerId });
      expect((await app.bearer(tenant.tenantId, key.api_key as string).get('/v1/me')).body.partner_id).toBe(partnerId);
      const [listed] = (await tenant.get(`/v1/partner-invitations?partner_id=${partnerId}`)).body.data as Wire[];
      expect(listed).toMatchObject({ status: 'REDEEMED', api_key_id: key.id });
      expect(listed).not.toHaveProperty('code');
      expect(traces(await everythingStored(app.database, app.secrets), [invitation.code as string])).toEqual([]);
    });

    it('show their code in no answer but the first, and store it in no result of an idempotency key', async () => {
      const key = { 'Idempotency-Key': 'invited', 'Idempotency-Remember-Days': '90' };
      const partner_id = await partner();
      const first = await tenant.post('/v1/partner-invitations', { partner_id }, key);
      const again = await tenant.post('/v1/partner-invitations', { partner_id }, key);
      expect(again.body).toEqual({ ...first.body, code: null, link: null });
      const path = `/v1/partner-invitations/${first.body.invitation_id}/resend`;
      const resent = await tenant.post(path, {}, { 'Idempotency-Key': 'resent' });
      expect((await tenant.post(path, {}, { 'Idempotency-Key': 'resent' })).body).toEqual({
        ...resent.body,
        code: null,
        link: null,
      });
      const codes = [first.body.code as string, resent.body.code as string];
      expect(traces(await everythingStored(app.database, app.secrets), codes)).toEqual([]);
      expect((await redeem(codes[1] ?? '')).status).toBe(201);
    });

    it('end by a new code, by withdrawal, and after their time, all with one answer', async () => {
      const partnerId = await partner();
      const [sent, withdrawn, late] = [await invite(partnerId), await invite(partnerId), await invite(partnerId)];
      const path = (invitation: Wire, action: string) =>
        `/v1/partner-invitations/${invitation.invitation_id}/${action}`;
      const resent = (await tenant.post(path(sent, 'resend'), {})).body;
      expect((await tenant.post(path(withdrawn, 'withdraw'), {})).body.status).toBe('WITHDRAWN');
      await app.database.query('UPDATE partner_invitations SET expires_at = now() WHERE invitation_id = $1', [
        late.invitation_id,
      ]);
      const unknown = `${tenant.tenantId}.${'A'.repeat(43)}`;
      const answers = await Promise.all(
        [sent.code, withdrawn.code, late.code, unknown, 'x', `nobody.${'A'.repeat(43)}`].map((code) =>
          redeem(String(code)),
        ),
      );
      for (const { status, body } of answers)
        expect({ status, code: body.code, detail: body.detail }).toEqual({
          status: 404,
          code: 'INVITATION_NOT_FOUND',
          detail: 'There is no such invitation, or it has ended.',
        });
      expect((await redeem(resent.code as string)).status).toBe(201);
      expect((await tenant.post(path(withdrawn, 'resend'), {})).body.code).toBe('INVITATION_STATE');
      expect((await tenant.post(path(sent, 'withdraw'), {})).body.code).toBe('INVITATION_STATE');
      const upkeep = app.nest.get(PartnerUpkeep);
      await Promise.all([upkeep.sweep(), upkeep.sweep()]);
      await upkeep.sweep();
      const expired = async () => {
        await eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));
        const { data } = (await tenant.get('/v1/license-events?event_type=partner_invitation.expired')).body;
        return (data as Wire[]).map(({ resource_id, actor }) => [resource_id, actor.id] as [string, string]);
      };
      expect(await expired()).toEqual([[late.invitation_id, 'partner-upkeep']]);
      // An expired one can be sent again, and expires again.
      expect((await tenant.post(path(late, 'resend'), {})).body.status).toBe('OPEN');
      await app.database.query('UPDATE partner_invitations SET expires_at = now() WHERE invitation_id = $1', [
        late.invitation_id,
      ]);
      expect((await tenant.post(path(late, 'withdraw'), {})).body.status).toBe('WITHDRAWN');
      expect(await expired()).toHaveLength(2);
    });

    it('are made by who has the permissions of the key, for a partner that is approved', async () => {
      const partnerId = await partner();
      const writer = await app.key(tenant.tenantId, ['partners:write', 'partners:read']);
      const asWriter = await writer.post('/v1/partner-invitations', { partner_id: partnerId });
      expect(asWriter.body).toMatchObject({ status: 403, code: 'GRANT_EXCEEDED' });
      const { code } = await invite(partnerId);
      await tenant.post(`/v1/partners/${partnerId}/suspend`, { license_effect: 'KEEP', ...REASON });
      expect((await redeem(code as string)).body.code).toBe('PARTNER_STATE');
      const again = await tenant.post('/v1/partner-invitations', { partner_id: partnerId });
      expect(again.body.code).toBe('PARTNER_STATE');
      await tenant.post(`/v1/partners/${partnerId}/reinstate`, {});
      expect((await redeem(code as string)).status).toBe(201);
    });
  });

  it('are erased like the customer of their own license, with invitations, events and stored results', async () => {
    const name = 'Erika Mustermann';
    const email = 'erika@example.com';
    const created = await tenant.post('/v1/partners', { name, email }, { 'Idempotency-Key': 'erased' });
    const partnerId = created.body.partner_id as string;
    await tenant.post(`/v1/partners/${partnerId}/approve`, {});
    await tenant.create(`/v1/partners/${partnerId}/issue-license`, { license_template_id: templateId });
    await tenant.create('/v1/partner-invitations', { partner_id: partnerId });
    const waiting = await tenant.create('/v1/partner-invitations', { partner_id: partnerId, send_email: true });
    const earlier = await tenant.create('/v1/email-messages', { template: 'partner_welcome', partner_id: partnerId });
    await eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));
    await withClient(app.database.ownerUrl, (owner) =>
      eraseCustomer(owner, app.secrets, tenant.tenantId, partnerId, new Date()),
    );
    const answers = [
      (await tenant.get(`/v1/partners/${partnerId}`)).text,
      (await tenant.get(`/v1/partner-invitations?partner_id=${partnerId}`)).text,
      (await tenant.get(`/v1/license-events?partner_id=${partnerId}&limit=100`)).text,
      (await tenant.get(`/v1/licenses?partner_id=${partnerId}`)).text,
      (await tenant.post('/v1/partners', { name, email }, { 'Idempotency-Key': 'erased' })).text,
    ];
    for (const id of [waiting.email_message_id, earlier.email_message_id])
      expect((await tenant.get(`/v1/email-messages/${id}`)).body).toMatchObject({
        status: 'CANCELLED',
        reason: 'CONTENT_ERASED',
        to: null,
      });
    expect(traces(await everythingStored(app.database, app.secrets), ['erika', 'Mustermann'])).toEqual([]);
    for (const text of answers) {
      expect(text).not.toContain('Erika');
      expect(text).not.toContain('erika@');
    }
  });
});
