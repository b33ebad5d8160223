import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/shared/time/clock.js';
import { CredentialCache } from '../../src/tenants/authentication/credential-cache.js';
import { ApiKeyLastUsed } from '../../src/tenants/authentication/api-key-last-used.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const HOUR_MS = 3_600_000;
const KEY = /^imp_[0-9A-Za-z]{38}$/;

describe('API keys', () => {
  let app: TestApp;
  let admin: Api;
  let offset = 0;

  beforeAll(async () => {
    const clock = { now: () => new Date(Date.now() + offset) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    admin = await app.tenant();
  });

  afterAll(() => app.stop());

  const make = (request: Record<string, unknown>): Promise<Wire> => admin.create('/v1/api-keys', request);
  const as = (key: Wire) => app.bearer(admin.tenantId, key.api_key as string);
  const me = async (key: Wire) => (await as(key).get('/v1/me')).status;

  it('are shown once, when they are made, and work', async () => {
    const made = await make({ name: 'shop', role: 'issuer', permissions: ['events:read'] });
    expect(made.api_key).toMatch(KEY);
    const { api_key, ...rest } = made;
    const read = (await admin.get(`/v1/api-keys/${made.id}`)).body;
    expect(read).toEqual({ ...rest, last_used_at: null });
    expect(read.key_prefix).toBe((api_key as string).slice(0, 8));
    const listed = await admin.get('/v1/api-keys');
    expect(listed.text).not.toContain(api_key);
    expect((listed.body.data as Wire[]).map(({ id }) => id)).toContain(made.id);
    expect((await as(made).get('/v1/me')).body).toEqual({
      type: 'api_key',
      id: made.id,
      issuer: null,
      tenant_id: admin.tenantId,
      partner_id: null,
      permissions: expect.arrayContaining(['licenses:issue', 'events:read']),
    });
  });

  it.each([
    [{ name: 'x' }, '/permissions'],
    [{ name: 'x', role: 'owner' }, '/role'],
    [{ name: 'x', role: 'platform' }, '/role'],
    [{ name: 'x', permissions: ['tenants:act-as'] }, '/permissions/0'],
    [{ name: 'x', permissions: ['*'] }, '/permissions/0'],
    [{ name: 'x', role: 'issuer', networks: ['10.0.0.1'] }, '/networks/0'],
    [{ name: 'x', role: 'issuer', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    [{ name: 'x', role: 'issuer', expires_at: '+010000-01-01T00:00:00Z' }, '/expires_at'],
    [{ role: 'issuer' }, '/name'],
  ])('are refused as %j', async (request, pointer) => {
    const response = await admin.post('/v1/api-keys', request);
    expect(response).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it('cannot grant, nor get hold of, what they do not hold themselves', async () => {
    const manager = as(await make({ name: 'manager', permissions: ['api-keys:manage', 'licenses:read'] }));
    const refused = await manager.post('/v1/api-keys', { name: 'x', role: 'support' });
    expect(refused).toMatchObject({ status: 403, body: { code: 'GRANT_EXCEEDED' } });
    expect(refused.body.detail).toContain('licenses:reveal-key');
    expect(refused.body.detail).not.toContain('licenses:read,');
    const stronger = await make({ name: 'stronger', role: 'admin' });
    expect((await manager.post(`/v1/api-keys/${stronger.id}/rotate`, {})).body.code).toBe('GRANT_EXCEEDED');
    expect(await me(stronger)).toBe(200);
    expect((await manager.post('/v1/api-keys', { name: 'x', permissions: ['licenses:read'] })).status).toBe(201);
  });

  describe('with networks and an expiry', () => {
    const networks = ['127.0.0.0/8', '::1/128'];
    const end = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();
    const expires_at = end(2);
    let bound: Api;

    beforeAll(async () => {
      bound = as(await make({ name: 'bound', role: 'admin', networks, expires_at }));
    });

    it.each<[string, Record<string, unknown>]>([
      ['from everywhere', { networks: [], expires_at }],
      ['from elsewhere', { networks: ['127.0.0.0/8', '203.0.113.0/24'], expires_at }],
      ['from a wider network', { networks: ['126.0.0.0/7'], expires_at }],
      ['for ever', { networks, expires_at: null }],
      ['for longer', { networks, expires_at: end(3) }],
      ['with no word of either', {}],
    ])('cannot make a key that is good %s', async (_, wider) => {
      const refused = await bound.post('/v1/api-keys', { name: 'x', role: 'read-only', ...wider });
      expect(refused).toMatchObject({ status: 403, body: { code: 'GRANT_EXCEEDED' } });
      expect(refused.body.detail).toMatch(/^The (networks of the key must be within yours|key must expire)/);
    });

    it('can make a key that is as narrow or narrower, which works', async () => {
      for (const narrow of [
        { networks, expires_at },
        { networks: ['127.0.0.1/32', '::1/128'], expires_at: end(1) },
      ]) {
        const key = await bound.create('/v1/api-keys', { name: 'x', role: 'read-only', ...narrow });
        expect(await me(key)).toBe(200);
      }
    });

    it.each<[string, Record<string, unknown>]>([
      ['from everywhere', { expires_at }],
      ['for ever', { networks }],
      ['for longer', { networks, expires_at: end(3) }],
    ])('cannot get hold of a key that is good %s by rotating it', async (_, wider) => {
      const key = await make({ name: 'wider', role: 'read-only', ...wider });
      const refused = await bound.post(`/v1/api-keys/${key.id}/rotate`, {});
      expect(refused).toMatchObject({ status: 403, body: { code: 'GRANT_EXCEEDED' } });
      expect(await me(key)).toBe(200);
    });

    it('keep both when they rotate themselves, which the secret before cannot do in their place', async () => {
      const first = await make({ name: 'self', role: 'admin', networks, expires_at });
      const rotated = await as(first).post(`/v1/api-keys/${first.id}/rotate`, { overlap_seconds: 600 });
      expect(rotated).toMatchObject({ status: 200, body: { networks, expires_at } });
      const { previous_expires_at } = rotated.body;
      // A replaced secret cannot prolong itself.
      expect((await as(first).post(`/v1/api-keys/${first.id}/rotate`, {})).body.code).toBe('GRANT_EXCEEDED');
      const lasting = { name: 'x', role: 'read-only', networks };
      expect((await as(first).post('/v1/api-keys', { ...lasting, expires_at })).status).toBe(403);
      expect((await as(first).post('/v1/api-keys', { ...lasting, expires_at: previous_expires_at })).status).toBe(201);
      expect((await as(rotated.body).post('/v1/api-keys', { ...lasting, expires_at })).status).toBe(201);
    });

    it('of the platform bind the keys that it makes for a tenant', async () => {
      const platform = await app.platform();
      const { id } = (await platform.get('/v1/me')).body;
      await app.database.query('UPDATE api_keys SET networks = $2, expires_at = $3 WHERE id = $1', [
        id,
        networks,
        expires_at,
      ]);
      app.nest.get(CredentialCache).invalidate();
      const acting = { 'X-Tenant-Id': admin.tenantId };
      const wide = await platform.post('/v1/api-keys', { name: 'first', role: 'admin' }, acting);
      expect(wide).toMatchObject({ status: 403, body: { code: 'GRANT_EXCEEDED' } });
      const narrow = { name: 'first', role: 'admin', networks, expires_at };
      expect((await platform.post('/v1/api-keys', narrow, acting)).status).toBe(201);
      const key = await make({ name: 'wider', role: 'read-only' });
      expect((await platform.post(`/v1/api-keys/${key.id}/rotate`, {}, acting)).body.code).toBe('GRANT_EXCEEDED');
    });
  });

  it('that are in use are read again together, and one that was revoked elsewhere stops working', async () => {
    const [kept, revoked] = [await app.key(admin.tenantId, ['products:read']), await app.key(admin.tenantId, ['*'])];
    for (const key of [kept, revoked]) expect((await key.get('/v1/products')).status).toBe(200);
    await app.database.query(
      `UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1 AND name = 'test' AND permissions = '{*}'`,
      [admin.tenantId],
    );
    await app.database.query(
      `UPDATE api_keys SET permissions = '{}' WHERE tenant_id = $1 AND name = 'test' AND permissions <> '{*}'`,
      [admin.tenantId],
    );
    await eventually(async () => {
      // Never unused for as long as keys are remembered: without being read again they would go on.
      const statuses = [(await kept.get('/v1/products')).status, (await revoked.get('/v1/products')).status];
      await app.nest.get(CredentialCache).refresh();
      expect(statuses).toEqual([403, 401]);
    });
  });

  it('stop working at once when they are revoked, also when they were just used', async () => {
    const key = await make({ name: 'leaked', role: 'read-only' });
    expect(await me(key)).toBe(200);
    const revoked = await admin.post(`/v1/api-keys/${key.id}/revoke`);
    expect(revoked.body.revoked_at).not.toBeNull();
    expect(await me(key)).toBe(401);
    const again = await admin.post(`/v1/api-keys/${key.id}/revoke`);
    expect(again.body).toEqual(revoked.body);
    expect((await admin.post(`/v1/api-keys/${key.id}/rotate`, {})).body.code).toBe('API_KEY_INACTIVE');
  });

  it('stop working in another process within 5 seconds', async () => {
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets });
    const key = await make({ name: 'elsewhere', role: 'read-only' });
    const there = neighbour.bearer(admin.tenantId, key.api_key as string);
    expect((await there.get('/v1/me')).status).toBe(200);
    await admin.post(`/v1/api-keys/${key.id}/revoke`);
    await eventually(async () => {
      expect((await there.get('/v1/me')).status).toBe(401);
    }, 5_000);
    await neighbour.stop();
  });

  it('keep their id when they are rotated, and the old secret for the overlap alone', async () => {
    const first = await make({ name: 'rotated', role: 'read-only' });
    expect(await me(first)).toBe(200);
    const second = (await admin.post(`/v1/api-keys/${first.id}/rotate`, { overlap_seconds: 3600 })).body;
    expect([second.id, second.version]).toEqual([first.id, 2]);
    expect(second.api_key).not.toBe(first.api_key);
    expect([await me(first), await me(second)]).toEqual([200, 200]);
    offset = HOUR_MS + 1000;
    expect([await me(first), await me(second)]).toEqual([401, 200]);
    offset = 0;
    const third = (await admin.post(`/v1/api-keys/${first.id}/rotate`, {})).body;
    expect(third.previous_expires_at).toBeNull();
    expect([await me(first), await me(second), await me(third)]).toEqual([401, 401, 200]);
    const tooLong = await admin.post(`/v1/api-keys/${first.id}/rotate`, { overlap_seconds: 7 * 24 * 3600 + 1 });
    expect(tooLong).toMatchObject({ status: 400, body: { errors: [{ pointer: '/overlap_seconds' }] } });
  });

  it('end when they expire', async () => {
    const expires_at = new Date(Date.now() + HOUR_MS).toISOString();
    const key = await make({ name: 'temporary', role: 'read-only', expires_at });
    expect(await me(key)).toBe(200);
    offset = HOUR_MS + 1000;
    expect(await me(key)).toBe(401);
    offset = 0;
  });

  it('work from their networks alone', async () => {
    const local = await make({ name: 'local', role: 'read-only', networks: ['127.0.0.0/8', '::1/128'] });
    expect(await me(local)).toBe(200);
    const away = await make({ name: 'away', role: 'read-only', networks: ['203.0.113.0/24'] });
    expect((await as(away).get('/v1/me')).body.code).toBe('NETWORK_NOT_ALLOWED');
  });

  it('leave their story in the log, without their secrets', async () => {
    const key = await make({ name: 'storied', role: 'read-only' });
    const rotated = (await admin.post(`/v1/api-keys/${key.id}/rotate`, {})).body;
    await admin.post(`/v1/api-keys/${key.id}/revoke`);
    await eventually(async () => {
      const { body, text } = await admin.get(`/v1/license-events?resource_type=api_key&resource_id=${key.id}`);
      const types = (body.data as Wire[]).map(({ event_type }) => event_type as string);
      expect(types).toEqual(['api_key.created', 'api_key.rotated', 'api_key.revoked']);
      for (const secret of [key.api_key, rotated.api_key]) expect(text).not.toContain(secret);
    });
  });

  it('are known to have been used, without a write for each request', async () => {
    const key = await make({ name: 'used', role: 'read-only' });
    // From now on it is written when this says so.
    await app.nest.get(ApiKeyLastUsed).beforeApplicationShutdown();
    for (let i = 0; i < 5; i++) await as(key).get('/v1/me');
    expect((await admin.get(`/v1/api-keys/${key.id}`)).body.last_used_at).toBeNull();
    await app.nest.get(ApiKeyLastUsed).flush();
    expect((await admin.get(`/v1/api-keys/${key.id}`)).body.last_used_at).not.toBeNull();
  });
});

describe('the platform', () => {
  let app: TestApp;
  let platform: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    platform = await app.platform();
  });

  afterAll(() => app.stop());

  const acting = (tenantId: string) => ({ 'X-Tenant-Id': tenantId });

  it('makes a tenant and its first key, and both stand in its log with who did it and for whom', async () => {
    const created = await platform.post('/v1/tenants', { tenant_id: 'acme' });
    expect(created).toMatchObject({ status: 201, body: { tenant_id: 'acme', status: 'ACTIVE', version: 1 } });
    expect((await platform.post('/v1/tenants', { tenant_id: 'acme' })).body.code).toBe('TENANT_EXISTS');
    const key = await platform.post('/v1/api-keys', { name: 'first', role: 'admin' }, acting('acme'));
    expect(key.status).toBe(201);
    const acme = app.bearer('acme', key.body.api_key as string);
    expect((await acme.get('/v1/me')).body.tenant_id).toBe('acme');
    const { id } = (await platform.get('/v1/me')).body;
    await eventually(async () => {
      const { data } = (await acme.get('/v1/license-events')).body;
      const events = (data as Wire[]).map(({ event_type, actor }) => [event_type, actor] as const);
      const byPlatform = { type: 'platform_key', id, via: 'rest', acting_for: 'acme' };
      expect(events.filter(([, actor]) => actor.type !== 'service')).toEqual([
        ['tenant.created', byPlatform],
        ['api_key.created', byPlatform],
      ]);
      const background = events.filter(([, actor]) => actor.type === 'service').map(([type]) => type as string);
      expect(background.sort()).toEqual(['signing_key.activated', 'signing_key.created']);
    });
  });

  it('must name the tenant it acts for, and one that exists', async () => {
    expect((await platform.get('/v1/licenses')).body.code).toBe('TENANT_REQUIRED');
    const response = await platform.send('get', '/v1/licenses', undefined, acting('nobody'));
    expect(response).toMatchObject({ status: 404, body: { code: 'TENANT_NOT_FOUND' } });
    expect((await platform.send('get', '/v1/licenses', undefined, acting('a/b'))).status).toBe(400);
    expect((await platform.get('/v1/me')).body).toMatchObject({ type: 'platform_key', tenant_id: null });
  });

  it('may do for a tenant what its key says, and nothing without tenants:act-as', async () => {
    const reader = await app.platform(null, ['tenants:act-as', 'products:read']);
    const tenant = await app.tenant();
    expect((await reader.send('get', '/v1/products', undefined, acting(tenant.tenantId))).status).toBe(200);
    expect((await reader.send('get', '/v1/licenses', undefined, acting(tenant.tenantId))).status).toBe(403);
    expect((await reader.get('/v1/tenants')).body.code).toBe('PERMISSION_DENIED');
    const manager = await app.platform(null, ['tenants:read', 'products:read']);
    expect((await manager.send('get', '/v1/products', undefined, acting(tenant.tenantId))).status).toBe(403);
    expect((await manager.get('/v1/tenants')).status).toBe(200);
  });

  it('suspends a tenant, whose keys are refused at once, and reinstates it', async () => {
    const tenant = await app.tenant();
    expect((await tenant.get('/v1/products')).status).toBe(200);
    const path = `/v1/tenants/${tenant.tenantId}`;
    expect((await platform.patch(path, { status: 'SUSPENDED' })).body.version).toBe(2);
    expect(await tenant.get('/v1/products')).toMatchObject({ status: 403, body: { code: 'TENANT_SUSPENDED' } });
    expect((await platform.send('get', '/v1/products', undefined, acting(tenant.tenantId))).status).toBe(200);
    await platform.patch(path, { status: 'ACTIVE' });
    expect((await tenant.get('/v1/products')).status).toBe(200);
  });

  it('lists tenants page by page', async () => {
    for (let i = 0; i < 3; i++) await app.tenant();
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { data, next_cursor } = (await platform.get(`/v1/tenants?limit=2${cursor && `&cursor=${cursor}`}`)).body;
      ids.push(...(data as Wire[]).map(({ tenant_id }) => tenant_id as string));
      cursor = next_cursor as string | null;
    }
    const rows = await app.database.query<{ id: string }>('SELECT id FROM tenants');
    expect(ids.sort()).toEqual(rows.map(({ id }) => id).sort());
  });

  it("keeps tenants out of the platform's routes, whatever their keys say", async () => {
    const tenant = await app.tenant();
    const forged = await app.key(tenant.tenantId, ['*', 'tenants:read', 'tenants:write', 'tenants:act-as'], {
      role: 'platform',
    });
    expect((await forged.get('/v1/tenants')).status).toBe(403);
    expect((await forged.send('get', '/v1/products', undefined, acting('acme'))).status).toBe(403);
  });
});

describe('the settings of a tenant', () => {
  it('can demand If-Match for every change of what exists, and for nothing else', async () => {
    const app = await TestApp.start();
    const tenant = await app.tenant();
    await tenant.create('/v1/products', { product_id: 'p', name: 'P' });
    expect((await tenant.patch('/v1/settings', { require_if_match: true })).status).toBe(200);
    expect(await tenant.patch('/v1/products/p', { name: 'Q' })).toMatchObject({
      status: 428,
      body: { code: 'PRECONDITION_REQUIRED' },
    });
    expect((await tenant.patch('/v1/products/p', { name: 'Q' }, { 'If-Match': '"1"' })).status).toBe(200);
    expect((await tenant.post('/v1/products', { product_id: 'q', name: 'Q' })).status).toBe(201);
    expect((await tenant.patch('/v1/settings', { status: 'SUSPENDED' }, { 'If-Match': '"2"' })).status).toBe(400);
    const { etag } = (await tenant.get('/v1/settings')).headers as { etag: string };
    const off = await tenant.patch('/v1/settings', { require_if_match: false }, { 'If-Match': etag });
    expect(off.status).toBe(200);
    expect((await tenant.patch('/v1/products/p', { name: 'R' })).status).toBe(200);
    await app.stop();
  });
});
