import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { withClient } from '../../src/database/with-client.js';
import { Clock } from '../../src/shared/time/clock.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Secrets } from '../../src/shared/secrets/secrets.js';
import { Actor } from '../../src/shared/access/actor.js';
import {
  assertSigningKeysOpen,
  hasSigningKeys,
  NoActiveSigningKeyError,
  SignDocumentCommand,
  type SignedDocument,
} from '../../src/signing/index.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('signing keys', () => {
  let app: TestApp;
  let offset = 0;

  beforeAll(async () => {
    const clock = { now: () => new Date(Date.now() + offset) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
  });

  afterAll(() => app.stop());

  const make = (tenant: Api): Promise<Wire> => tenant.create('/v1/signing-keys', {});
  const act = async (tenant: Api, { kid }: Wire, action: string, body?: Wire): Promise<Wire> =>
    (await tenant.post(`/v1/signing-keys/${kid}/${action}`, body as Record<string, unknown>)).body;
  const keySet = async (tenant: Api): Promise<Wire[]> =>
    (await app.anonymous().get(`/v1/client/${tenant.tenantId}/jwks.json`)).body.keys as Wire[];
  const kids = async (tenant: Api) => (await keySet(tenant)).map(({ kid }) => kid as string);
  const states = async (tenant: Api) =>
    ((await tenant.get('/v1/signing-keys')).body.data as Wire[]).map(({ state }) => state as string).sort();
  const eventsOf = async (tenant: Api, count: number): Promise<string[]> =>
    eventually(async () => {
      const { data } = (await tenant.get('/v1/license-events?order=asc&limit=100')).body;
      const types = (data as Wire[]).map(({ event_type }) => event_type as string);
      expect(types).toHaveLength(count);
      return types;
    });
  const sign = (tenant: Api): Promise<SignedDocument> => {
    const issuedAt = new Date(Date.now() + offset);
    const document = {
      type: 'license' as const,
      issuedAt,
      expiresAt: new Date(issuedAt.getTime() + DAY_MS),
      content: {},
    };
    const actor = Actor.service('test', tenant.tenantId);
    return app.nest.get(CommandBus).execute(new SignDocumentCommand(actor, document));
  };

  it('are published when they are made, sign when they are activated, and retire when the next one does', async () => {
    const tenant = await app.tenant();
    const first = await make(tenant);
    expect(first).toMatchObject({ state: 'CREATED', published_until: null, version: 1 });
    expect(await kids(tenant)).toEqual([first.kid]);
    expect((await act(tenant, first, 'activate')).state).toBe('ACTIVE');
    const second = await make(tenant);
    expect((await sign(tenant)).kid).toBe(first.kid);
    await act(tenant, second, 'activate');
    expect((await sign(tenant)).kid).toBe(second.kid);
    expect(await states(tenant)).toEqual(['ACTIVE', 'RETIRED']);
    expect(await kids(tenant)).toEqual([first.kid, second.kid]);
    expect(await eventsOf(tenant, 5)).toEqual([
      'signing_key.created',
      'signing_key.activated',
      'signing_key.created',
      'signing_key.retired',
      'signing_key.activated',
    ]);
  });

  it('are named by their RFC 7638 thumbprint, and what is published verifies what was signed', async () => {
    const tenant = await app.tenant();
    const { kid, text } = await sign(tenant);
    const [key] = await keySet(tenant);
    expect(key).toEqual({ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid, use: 'sig', alg: 'EdDSA' });
    const { x } = key as { x: string };
    const members = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
    expect(createHash('sha256').update(members).digest('base64url')).toBe(kid);
    const bytes = Buffer.from(text.replace(/-----.*-----/g, ''), 'base64');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, bytes.subarray(64), publicKey, bytes.subarray(0, 64))).toBe(true);
  });

  it('make themselves when a tenant first signs: exactly one, however many sign at once', async () => {
    const tenant = await app.tenant();
    const signed = await Promise.all(Array.from({ length: 30 }, () => sign(tenant)));
    expect(new Set(signed.map(({ kid }) => kid)).size).toBe(1);
    expect(await states(tenant)).toEqual(['ACTIVE']);
    expect(await eventsOf(tenant, 2)).toEqual(['signing_key.created', 'signing_key.activated']);
  });

  it('that stand by are taken before a new one is made', async () => {
    const tenant = await app.tenant();
    const [oldest] = [await make(tenant), await make(tenant)];
    const signed = await Promise.all(Array.from({ length: 10 }, () => sign(tenant)));
    expect(new Set(signed.map(({ kid }) => kid))).toEqual(new Set([oldest.kid]));
    expect(await states(tenant)).toEqual(['ACTIVE', 'CREATED']);
  });

  it('are one at a time, also when many are activated, retired and used at once', async () => {
    const tenant = await app.tenant();
    const made = await Promise.all(Array.from({ length: 6 }, () => make(tenant)));
    const outcomes = await Promise.all([
      ...made.map(({ kid }) => tenant.post(`/v1/signing-keys/${kid}/activate`)),
      ...made.map(({ kid }) => tenant.post(`/v1/signing-keys/${kid}/retire`)),
    ]);
    const signed = await Promise.all(Array.from({ length: 10 }, () => sign(tenant)));
    expect(outcomes.every(({ status }) => [200, 409].includes(status))).toBe(true);
    expect(outcomes.slice(0, 6).filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect((await states(tenant)).filter((state) => state === 'ACTIVE')).toHaveLength(1);
    expect(new Set(signed.map(({ kid }) => kid)).size).toBe(1);
  });

  it('lose their private half with the right to sign', async () => {
    const tenant = await app.tenant();
    const key = await make(tenant);
    await act(tenant, key, 'activate');
    await act(tenant, key, 'retire', { force: true });
    const rows = await app.database.query('SELECT private_key_sealed FROM signing_keys WHERE kid = $1', [key.kid]);
    expect(rows).toEqual([{ private_key_sealed: null }]);
  });

  it('that retired stay published until what they signed has ended, and no longer', async () => {
    const tenant = await app.tenant();
    const key = await make(tenant);
    await act(tenant, key, 'activate');
    const { retired_at, published_until } = await act(tenant, key, 'retire', { force: true });
    expect(Date.parse(published_until as string) - Date.parse(retired_at as string)).toBe(367 * DAY_MS);
    offset = 367 * DAY_MS - HOUR_MS;
    expect(await kids(tenant)).toEqual([key.kid]);
    offset = 367 * DAY_MS + HOUR_MS;
    expect(await kids(tenant)).toEqual([]);
    offset = 0;
  });

  it('that are compromised are published no more and sign nothing', async () => {
    const tenant = await app.tenant();
    const { kid } = await sign(tenant);
    const next = await make(tenant);
    await act(tenant, next, 'activate');
    expect((await act(tenant, { kid }, 'revoke')).state).toBe('REVOKED');
    expect(await kids(tenant)).toEqual([next.kid]);
    expect((await sign(tenant)).kid).toBe(next.kid);
    expect(await act(tenant, { kid }, 'activate')).toMatchObject({ status: 409, code: 'SIGNING_KEY_STATE' });
  });

  it.each(['retire', 'revoke'])(
    'end by %s when nothing else signs only if that is forced, and none takes their place',
    async (action) => {
      const tenant = await app.tenant();
      const { kid } = await sign(tenant);
      for (const body of [undefined, {}, { force: false }])
        expect(await act(tenant, { kid }, action, body)).toMatchObject({
          status: 409,
          code: 'ONLY_ACTIVE_SIGNING_KEY',
        });
      expect(await act(tenant, { kid }, action, { force: 'yes' })).toMatchObject({ status: 400 });
      expect(await states(tenant)).toEqual(['ACTIVE']);
      const ended = action === 'retire' ? 'RETIRED' : 'REVOKED';
      expect((await act(tenant, { kid }, action, { force: true })).state).toBe(ended);
      await expect(sign(tenant)).rejects.toThrow(NoActiveSigningKeyError);
      const license = await tenant.issue(await tenant.template({ max_activations: null }));
      expect((await tenant.post(`/v1/licenses/${license.license_id}/check-out`, {})).body).toMatchObject({
        status: 409,
        code: 'NO_ACTIVE_SIGNING_KEY',
      });
      const standby = await make(tenant);
      await expect(sign(tenant)).rejects.toThrow(NoActiveSigningKeyError);
      expect(await states(tenant)).toEqual(['CREATED', ended].sort());
      await act(tenant, standby, 'activate');
      expect((await sign(tenant)).kid).toBe(standby.kid);
      expect((await act(tenant, await make(tenant), 'revoke')).state).toBe('REVOKED');
    },
  );

  it('are made once for an idempotency key, and changed at the version that was meant', async () => {
    const tenant = await app.tenant();
    const once = { 'Idempotency-Key': 'once' };
    const [one, two] = [
      await tenant.post('/v1/signing-keys', {}, once),
      await tenant.post('/v1/signing-keys', {}, once),
    ];
    expect(two.body).toEqual(one.body);
    expect(two.headers['idempotency-replayed']).toBe('true');
    expect(one.headers.location).toBe(`/v1/signing-keys/${one.body.kid}`);
    const path = `/v1/signing-keys/${one.body.kid}/activate`;
    expect((await tenant.post(path, {}, { 'If-Match': '"2"' })).status).toBe(412);
    expect((await tenant.post(path, {}, { 'If-Match': one.headers.etag! })).status).toBe(200);
    expect(await states(tenant)).toEqual(['ACTIVE']);
  });

  it('never leave with their private half: not in answers, not in events, not in the open in a row', async () => {
    const tenant = await app.tenant();
    await sign(tenant);
    const [row] = await app.database.query<{ sealed: Buffer; kid: string }>(
      'SELECT private_key_sealed AS sealed, kid FROM signing_keys WHERE tenant_id = $1',
      [tenant.tenantId],
    );
    const seed = app.secrets.unseal(row!.sealed, ['signing-key', tenant.tenantId, row!.kid]);
    expect(Buffer.from(seed, 'base64url')).toHaveLength(32);
    expect(row!.sealed.toString('latin1')).not.toContain(seed);
    expect(() => app.secrets.unseal(row!.sealed, ['signing-key', 'tenant-other', row!.kid])).toThrow();
    await eventsOf(tenant, 2);
    for (const path of ['/v1/signing-keys', `/v1/signing-keys/${row!.kid}`, '/v1/license-events']) {
      expect((await tenant.get(path)).text).not.toContain(seed);
    }
  });

  it('are signed with in the unit of work of who signs: nothing is left of what was rolled back', async () => {
    const tenant = await app.tenant();
    const failing = app.nest.get(UnitOfWork).run(tenant.tenantId, async () => {
      await sign(tenant);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await states(tenant)).toEqual([]);
  });

  it('fix the master key: a server with another one says so before it starts', async () => {
    const database = await TestDatabase.create();
    await withClient(database.applicationUrl, async (client) => {
      expect(await hasSigningKeys(client)).toBe(false);
      await expect(assertSigningKeysOpen(client, app.secrets)).resolves.toBeUndefined();
    });
    const own = await TestApp.start({ database, secrets: app.secrets });
    const [, tenant] = [await own.tenant('a-without-keys'), await own.tenant('b-with-keys')];
    await own.tenant('c-without-keys');
    await own.signRevocations(tenant);
    await withClient(database.applicationUrl, async (client) => {
      expect(await hasSigningKeys(client)).toBe(true);
      await expect(assertSigningKeysOpen(client, app.secrets)).resolves.toBeUndefined();
      const others = new Secrets([randomBytes(32)], randomBytes(32));
      await expect(assertSigningKeysOpen(client, others)).rejects.toThrow('MASTER_KEY does not match');
    });
    await own.stop();
    await database.drop();
  });

  describe('the key set', () => {
    it('may be kept by caches, which a refusal may not', async () => {
      const tenant = await app.tenant();
      const good = await app.anonymous().get(`/v1/client/${tenant.tenantId}/jwks.json`);
      expect(good.headers['cache-control']).toBe('public, max-age=300');
      expect(good.body).toEqual({ keys: [] });
      const missing = await app.anonymous().get('/v1/client/nobody/jwks.json');
      expect(missing).toMatchObject({ status: 404, body: { code: 'TENANT_NOT_FOUND' } });
      expect(missing.headers['cache-control']).toBe('no-store');
      expect((await app.anonymous().get('/v1/client/a%20b/jwks.json')).status).toBe(400);
    });

    it("holds no other tenant's keys", async () => {
      const [ours, theirs] = [await app.tenant(), await app.tenant()];
      const key = await make(theirs);
      expect(await kids(ours)).toEqual([]);
      expect(await kids(theirs)).toEqual([key.kid]);
      expect((await ours.post(`/v1/signing-keys/${key.kid}/activate`)).status).toBe(404);
    });
  });
});
