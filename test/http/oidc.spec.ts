import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Issuer } from '../support/issuer.js';

const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('tokens of an identity provider', () => {
  let issuer: Issuer;
  let app: TestApp;
  let admin: Api;

  beforeAll(async () => {
    issuer = await Issuer.start();
    app = await TestApp.start({ environment: settings(issuer) });
    admin = await app.tenant();
  });

  afterAll(async () => {
    await app.stop();
    await issuer.stop();
  });

  const settings = ({ url, audience }: Issuer) => ({ OIDC_ISSUER: url, OIDC_AUDIENCE: audience });
  const claims = (other: JWTPayload = {}): JWTPayload => ({
    sub: 'auth0|jane',
    tenant_id: admin.tenantId,
    permissions: ['read-only', 'products:write'],
    ...other,
  });
  const as = (token: string) => app.bearer(admin.tenantId, token);

  it('let a person in with the permissions and roles of the token, and write down who it was', async () => {
    const person = as(await issuer.token(claims()));
    const { permissions, ...me } = (await person.get('/v1/me')).body;
    expect(me).toEqual({
      type: 'user',
      id: 'auth0|jane',
      issuer: issuer.url,
      tenant_id: admin.tenantId,
      partner_id: null,
    });
    expect(permissions).toEqual(expect.arrayContaining(['licenses:read', 'products:write']));
    expect((await person.get('/v1/api-keys')).status).toBe(403);
    await person.create('/v1/products', { product_id: 'by-jane', name: 'P' });
    await eventually(async () => {
      const { data } = (await admin.get('/v1/license-events?resource_id=by-jane')).body;
      expect(data).toMatchObject([
        { user_id: 'auth0|jane', actor: { type: 'user', id: 'auth0|jane', issuer: issuer.url } },
      ]);
    });
  });

  it.each<[string, () => JWTPayload]>([
    ['made for somebody else', () => ({ aud: 'another' })],
    ['by another issuer', () => ({ iss: 'https://evil.example' })],
    ['that is expired', () => ({ exp: seconds(-31) })],
    ['that is not valid yet', () => ({ nbf: seconds(60) })],
    ['that never expires', () => ({ exp: undefined })],
    ['of nobody', () => ({ sub: undefined })],
    ['of a number', () => ({ sub: 7 }) as unknown as JWTPayload],
    ['of a list of people', () => ({ sub: ['auth0|jane'] }) as unknown as JWTPayload],
    ['of an object', () => ({ sub: { id: 'jane' } }) as unknown as JWTPayload],
    ['of nobody at all', () => ({ sub: null }) as unknown as JWTPayload],
    ['of a list of tenants', () => ({ tenant_id: [admin.tenantId] })],
    ['of no tenant', () => ({ tenant_id: undefined })],
    ['of a tenant that does not exist', () => ({ tenant_id: 'nobody' })],
    ['of an odd tenant', () => ({ tenant_id: "x'; --" })],
  ])('are refused when it is one %s', async (_, change) => {
    const response = await as(await issuer.token(claims(change()))).get('/v1/me');
    expect(response).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });

  it.each<[string, () => JWTPayload]>([
    ['WRONG_AUDIENCE', () => ({ aud: 'another' })],
    ['WRONG_ISSUER', () => ({ iss: 'https://evil.example' })],
    ['TOKEN_EXPIRED', () => ({ exp: seconds(-31) })],
    ['TOKEN_NOT_YET_VALID', () => ({ nbf: seconds(60) })],
    ['CLAIM_MISSING', () => ({ sub: undefined })],
    ['TENANT_CLAIM_INVALID', () => ({ tenant_id: undefined })],
    ['TENANT_UNKNOWN', () => ({ tenant_id: 'nobody' })],
  ])('are refused with the reason %s, in the answer and in the log, which has no token', async (reason, change) => {
    const lines: string[] = [];
    const write = jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation((line: unknown) => void lines.push(String(line)));
    try {
      // A reason is logged once a second.
      await eventually(async () => {
        const token = await issuer.token(claims(change()));
        expect((await as(token).get('/v1/me')).body).toMatchObject({ code: 'UNAUTHENTICATED', reason });
        expect(lines.join()).toContain(reason);
        expect(lines.join()).not.toContain(token.split('.')[2]);
      });
    } finally {
      write.mockRestore();
    }
  });

  it('may be a little late, or early, for clocks differ', async () => {
    expect((await as(await issuer.token(claims({ exp: seconds(-20) }))).get('/v1/me')).status).toBe(200);
    expect((await as(await issuer.token(claims({ nbf: seconds(20) }))).get('/v1/me')).status).toBe(200);
  });

  it('grant nothing by words that are not permissions, and nothing of the platform', async () => {
    const odd = as(await issuer.token(claims({ permissions: ['*', 'platform', 'tenants:read', 'owner', 7] })));
    expect((await odd.get('/v1/me')).body.permissions).toEqual([]);
    const values: unknown[] = [
      [['admin']],
      [{ toString: 'admin' }],
      { admin: true },
      7,
      true,
      null,
      [[], ['licenses:read']],
    ];
    for (const permissions of values) {
      const nested = await as(await issuer.token(claims({ permissions }))).get('/v1/me');
      expect(nested).toMatchObject({ status: 200, body: { permissions: [] } });
    }
    const text = as(await issuer.token(claims({ permissions: 'openid licenses:read products:read' })));
    expect((await text.get('/v1/me')).body.permissions).toEqual(['products:read', 'licenses:read']);
  });

  it('do not bound what a person grants: the token ends with the session, a key does not', async () => {
    const person = as(await issuer.token(claims({ permissions: ['admin'] })));
    const made = await person.create('/v1/api-keys', { name: 'by a person', role: 'read-only' });
    expect(made.expires_at).toBeNull();
    const reader = as(await issuer.token(claims({ permissions: ['api-keys:manage', 'licenses:read'] })));
    expect((await reader.post('/v1/api-keys', { name: 'x', role: 'read-only' })).body.code).toBe('GRANT_EXCEEDED');
  });

  it('are refused unsigned', async () => {
    const payload = encode({ iss: issuer.url, aud: issuer.audience, exp: seconds(60), ...claims() });
    for (const alg of ['none', 'None', 'NONE']) {
      expect((await as(`${encode({ alg })}.${payload}.`).get('/v1/me')).status).toBe(401);
    }
  });

  it('are refused when the public key was used as a shared secret', async () => {
    const jwk = issuer.publicJwk;
    const pem = await exportSPKI((await importJWK(jwk, 'RS256')) as CryptoKey);
    const payload = encode({ iss: issuer.url, aud: issuer.audience, exp: seconds(60), ...claims() });
    for (const secret of [pem, JSON.stringify(jwk), jwk.n ?? '']) {
      const signed = `${encode({ alg: 'HS256', kid: jwk.kid, typ: 'JWT' })}.${payload}`;
      const forged = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      expect((await as(forged).get('/v1/me')).status).toBe(401);
    }
  });

  it('are refused when signed by a key that the provider does not publish, or that the token brings along', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const payload = { iss: issuer.url, aud: issuer.audience, exp: seconds(60), ...claims() };
    const { exportJWK } = await import('jose');
    const jwk = await exportJWK(publicKey);
    for (const header of [
      { alg: 'RS256', kid: issuer.publicJwk.kid ?? '' },
      { alg: 'RS256', kid: 'unknown' },
      { alg: 'RS256', jwk },
      { alg: 'RS256', jku: 'http://127.0.0.1:1/keys' },
    ]) {
      const forged = await new SignJWT(payload).setProtectedHeader(header).sign(privateKey);
      expect((await as(forged).get('/v1/me')).status).toBe(401);
    }
  });

  it('are refused when changed by one character', async () => {
    const token = await issuer.token(claims());
    const [header = '', payload = '', signature = ''] = token.split('.');
    const other = encode({ ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), sub: 'root' });
    expect((await as(`${header}.${other}.${signature}`).get('/v1/me')).status).toBe(401);
    const turned = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    expect((await as(`${header}.${payload}.${turned}`).get('/v1/me')).status).toBe(401);
  });

  it('may be signed by the algorithms that are pinned, and by no other', async () => {
    const strict = await TestApp.start({
      database: app.database,
      secrets: app.secrets,
      environment: { ...settings(issuer), OIDC_ALGORITHMS: 'ES256' },
    });
    const answer = async () => (await strict.bearer(admin.tenantId, await issuer.token(claims())).get('/v1/me')).status;
    expect(await answer()).toBe(401);
    await issuer.rotate('ES256');
    await eventually(async () => {
      expect(await answer()).toBe(200);
    });
    await strict.stop();
  });

  it('follow the provider when it rotates its keys', async () => {
    const before = await issuer.token(claims());
    await issuer.rotate();
    const after = await issuer.token(claims());
    await eventually(async () => {
      expect((await as(after).get('/v1/me')).status).toBe(200);
    });
    expect((await as(before).get('/v1/me')).status).toBe(401);
  });

  it('read tenant and permissions from the claims that are configured', async () => {
    const own = await TestApp.start({
      database: app.database,
      secrets: app.secrets,
      environment: {
        ...settings(issuer),
        OIDC_TENANT_CLAIM: 'https://example.com/tenant',
        OIDC_PERMISSIONS_CLAIM: 'realm_access.roles',
      },
    });
    const token = await issuer.token({
      sub: 'jane',
      'https://example.com/tenant': admin.tenantId,
      realm_access: { roles: ['support'] },
    });
    const me = await own.bearer(admin.tenantId, token).get('/v1/me');
    expect(me).toMatchObject({ status: 200, body: { tenant_id: admin.tenantId } });
    expect(me.body.permissions).toContain('licenses:reveal-key');
    await own.stop();
  });

  it('of a suspended tenant are told so', async () => {
    const suspended = await app.tenant();
    await app.database.query(`UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, [suspended.tenantId]);
    const token = await issuer.token(claims({ tenant_id: suspended.tenantId }));
    expect((await as(token).get('/v1/products')).body.code).toBe('TENANT_SUSPENDED');
  });

  it('are refused where none are configured', async () => {
    const plain = await TestApp.start({ database: app.database, secrets: app.secrets });
    const token = await issuer.token(claims());
    expect((await plain.bearer(admin.tenantId, token).get('/v1/me')).status).toBe(401);
    await plain.stop();
  });

  it('answer 503 while the provider cannot be reached, and API keys work on', async () => {
    const away = await Issuer.start();
    const own = await TestApp.start({ database: app.database, secrets: app.secrets, environment: settings(away) });
    const token = await away.token(claims());
    away.down = true;
    const refused = await own.bearer(admin.tenantId, token).get('/v1/me');
    expect(refused).toMatchObject({ status: 503, body: { code: 'IDENTITY_PROVIDER_UNAVAILABLE' } });
    expect((await own.bearer(admin.tenantId, admin.key ?? '').get('/v1/me')).status).toBe(200);
    away.down = false;
    expect((await own.bearer(admin.tenantId, token).get('/v1/me')).status).toBe(200);
    await own.stop();
    await away.stop();
  });

  it("remember idempotency keys per person: another issuer's namesake is another", async () => {
    const templateId = await admin.template();
    const order = { license_template_id: templateId, customer_id: 'c' };
    const key = { 'Idempotency-Key': '"the same"' };
    const issue = async (sub: string) =>
      as(await issuer.token(claims({ sub, permissions: ['issuer'] }))).post('/v1/licenses', order, key);
    const [jane, again, john] = [await issue('jane'), await issue('jane'), await issue('john')];
    expect(jane.status).toBe(201);
    expect(again.text).toBe(jane.text);
    expect(john.body.license_id).not.toBe(jane.body.license_id);
  });
});
