import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import supertest, { type Response } from 'supertest';
import { Config } from '../../src/config.js';
import { withClient } from '../../src/database/with-client.js';
import { createSignInLink } from '../../src/sessions/index.js';
import { CookieSessionAuthenticator } from '../../src/sessions/cookie-session.authenticator.js';
import { SessionChore } from '../../src/sessions/session-chore.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Issuer } from '../support/issuer.js';
import { resolve } from '../support/openapi.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOBODY = '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e';
const OWN = { 'Sec-Fetch-Site': 'same-origin' };
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
type Headers = Record<string, string>;
type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

describe('sessions of browsers', () => {
  let issuer: Issuer;
  let app: TestApp;
  let admin: Api;
  let offset = 0;

  beforeAll(async () => {
    issuer = await Issuer.start();
    const clock = { now: () => new Date(Date.now() + offset) };
    app = await TestApp.start({
      environment: {
        OIDC_ISSUER: issuer.url,
        OIDC_AUDIENCE: issuer.audience,
        OIDC_CLIENT_ID: 'admin-ui',
        TRUST_PROXY: '127.0.0.0/8',
      },
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    admin = await app.tenant();
  });

  afterAll(async () => {
    await app.stop();
    await issuer.stop();
  });

  const send = (method: Method, path: string, headers: Headers = {}, body?: object, to = app): Promise<Response> => {
    const request = supertest(to.nest.getHttpServer())[method](path).set(headers).redirects(0);
    return body === undefined ? request.then() : request.send(body).then();
  };
  const cookiesOf = (response: Response) =>
    ((response.headers['set-cookie'] ?? []) as unknown as string[]).map((line) => line);
  /** The cookie of a response as a browser sends it back. */
  const cookieOf = (response: Response, name = 'imprimatur') =>
    cookiesOf(response)
      .find((line) => line.startsWith(`${name}=`))
      ?.split(';')[0] ?? '';
  const signIn = async (credential: object, headers: Headers = OWN) => {
    const response = await send('post', '/auth/session', headers, credential);
    return { response, cookie: cookieOf(response), page: { ...OWN, Cookie: cookieOf(response) } as Headers };
  };
  const withKey = (of: Api) => signIn({ api_key: of.key });
  const linkCode = (tenantId = admin.tenantId) =>
    withClient(app.database.ownerUrl, (owner) => createSignInLink(owner, { tenantId }, new Date(Date.now() + offset)));
  const status = async (headers: Headers, path = '/v1/me', to = app) =>
    (await send('get', path, headers, undefined, to)).status;
  /** Every route with ids that nothing has, but for those of sessions themselves. */
  const routes = () =>
    Object.entries(app.document.paths)
      .filter(([path]) => !path.startsWith('/auth'))
      .flatMap(([path, operations]) =>
        Object.entries(
          operations as Record<string, { operationId: string; responses: Record<string, { $ref?: string }> }>,
        ).map(([method, operation]) => [method as Method, path.replace(/\{[^}]+\}/g, NOBODY), operation] as const),
      );
  const eventsOf = async (sessionId: string) =>
    ((await admin.get(`/v1/license-events?resource_id=${sessionId}`)).body.data as Wire[]).map(
      ({ event_type }) => event_type,
    );

  const at = async <T>(ms: number, work: () => Promise<T>) => {
    offset = ms;
    try {
      return await work();
    } finally {
      offset = 0;
    }
  };

  describe('with an API key', () => {
    it('are a cookie that scripts cannot read, and act as the API key', async () => {
      const { response, page } = await withKey(admin);
      expect(response).toMatchObject({
        status: 201,
        body: { tenant_id: admin.tenantId, type: 'api_key', method: 'api_key' },
      });
      expect(cookiesOf(response)).toEqual([
        expect.stringMatching(/^imprimatur=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
      ]);
      expect((await send('get', '/v1/me', page)).body).toEqual((await admin.get('/v1/me')).body);
      expect((await send('get', '/auth/session', page)).body).toEqual(response.body);
      await eventually(async () => expect(await eventsOf(response.body.session_id)).toEqual(['session.started']));
    });

    it('are bound to the host where the connection is TLS, and are refused where it is plain', async () => {
      const tls = { ...OWN, 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'licenses.example.com' };
      const response = await send('post', '/auth/session', tls, { api_key: admin.key });
      expect(cookiesOf(response)).toEqual([
        expect.stringMatching(/^__Host-imprimatur=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
      ]);
      const cookie = cookieOf(response, '__Host-imprimatur');
      expect(await status({ ...tls, Cookie: cookie })).toBe(200);
      // Another name is not read over TLS: any site of the domain could have set it.
      expect(await status({ ...tls, Cookie: cookie.replace('__Host-', '') })).toBe(401);
      const plain = await send(
        'post',
        '/auth/session',
        { ...OWN, Host: 'licenses.example.com' },
        { api_key: admin.key },
      );
      expect(plain).toMatchObject({ status: 400, body: { code: 'INSECURE_CONNECTION' } });
    });

    it.each([
      ['an unknown key', { api_key: 'imp_0123456789ABCDEFGHIJKLMNOPQRSTUV0aBcDe' }, 401],
      ['no key', { api_key: 'secret' }, 401],
      ['an unknown code', { code: 'A'.repeat(43) }, 401],
      ['nothing', {}, 400],
      ['both', { api_key: 'x', code: 'y' }, 400],
    ])('are not started by %s', async (_, credential, expected) => {
      const { response } = await signIn(credential);
      expect(response.status).toBe(expected);
      expect(cookiesOf(response)).toEqual([]);
    });

    it('are not started by the key that is embedded in programs, nor by that of a partner', async () => {
      const { body: partner } = await admin.post('/v1/partners', { name: 'Reseller' });
      await admin.post(`/v1/partners/${partner.partner_id}/approve`, {});
      const keys = [
        await app.key(admin.tenantId, [], { role: 'client' }),
        await app.key(admin.tenantId, [], { role: 'partner', partnerId: partner.partner_id }),
      ];
      expect((await keys[1]!.get('/v1/me')).body.partner_id).toBe(partner.partner_id);
      for (const key of keys) {
        const { response } = await withKey(key);
        expect(response).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } });
        expect(cookiesOf(response)).toEqual([]);
      }
    });

    it('are told from their absence by the cookie alone', async () => {
      const { page } = await withKey(admin);
      expect((await send('get', '/auth/options', page)).body.has_cookie).toBe(true);
      expect((await send('get', '/auth/options')).body.has_cookie).toBe(false);
    });

    it('end when they sign out, and are replaced when they sign in again', async () => {
      const first = await withKey(admin);
      const again = await send('post', '/auth/session', first.page, { api_key: admin.key });
      const second = { ...OWN, Cookie: cookieOf(again) };
      expect([await status(first.page), await status(second)]).toEqual([401, 200]);
      const out = await send('delete', '/auth/session', second);
      expect(out).toMatchObject({ status: 200, body: { sign_out_url: null } });
      expect(cookiesOf(out)).toEqual([expect.stringMatching(/^imprimatur=; Max-Age=0; /)]);
      expect(await status(second)).toBe(401);
      await eventually(async () =>
        expect(await eventsOf(again.body.session_id)).toEqual(
          expect.arrayContaining(['session.started', 'session.ended']),
        ),
      );
    });

    it('sign out also while their tenant is suspended, or from a network that their key does not allow', async () => {
      const tenant = await app.tenant();
      const { page } = await withKey(tenant);
      const { api_key } = await tenant.create('/v1/api-keys', {
        name: 'office',
        role: 'admin',
        networks: ['127.0.0.0/8'],
      });
      const { page: office } = await signIn({ api_key });
      const elsewhere = { ...office, 'X-Forwarded-For': '203.0.113.9' };
      expect(await status(elsewhere)).toBe(403);
      await app.database.query(`UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, [tenant.tenantId]);
      app.nest.get(CookieSessionAuthenticator).invalidate();
      expect((await send('get', '/v1/me', page)).body.code).toBe('TENANT_SUSPENDED');
      for (const headers of [page, elsewhere]) {
        const response = await send('delete', '/auth/session', headers);
        expect([response.status, cookieOf(response)]).toEqual([200, 'imprimatur=']);
      }
      expect(await status(page)).toBe(401);
      expect(await status(office)).toBe(401);
    });

    it('never take a value that the browser brought', async () => {
      const planted = `imprimatur=${'A'.repeat(43)}`;
      const response = await send('post', '/auth/session', { ...OWN, Cookie: planted }, { api_key: admin.key });
      expect(response.status).toBe(201);
      expect(cookieOf(response)).not.toBe(planted);
      expect(await status({ ...OWN, Cookie: planted })).toBe(401);
    });

    it('end with the API key, and with its secret: at once here, within five seconds in another process', async () => {
      const other = await TestApp.start({ database: app.database, secrets: app.secrets });
      try {
        for (const change of ['revoke', 'rotate']) {
          const key = await admin.create('/v1/api-keys', { name: 'short', role: 'read-only' });
          const { page } = await signIn({ api_key: key.api_key });
          expect([await status(page), await status(page, '/v1/me', other)]).toEqual([200, 200]);
          expect((await admin.post(`/v1/api-keys/${key.id}/${change}`, {})).status).toBe(200);
          const changedAt = performance.now();
          expect(await status(page)).toBe(401);
          await eventually(async () => expect(await status(page, '/v1/me', other)).toBe(401));
          expect(performance.now() - changedAt).toBeLessThan(5_000);
        }
      } finally {
        await other.stop();
      }
    });

    it('of somebody else do not count for a page that names whom it shows', async () => {
      const { response, page } = await withKey(admin);
      const { id } = response.body;
      const shown = (name: string) => status({ ...page, 'X-Signed-In-As': name });
      expect(await shown(`api_key:${id}`)).toBe(200);
      for (const other of [`api_key:${NOBODY}`, `user:${id}`, '']) expect(await shown(other)).toBe(401);
      expect(await shown(`api_key:${id}`)).toBe(200);
    });

    it('are of the platform too, and name the tenant by X-Tenant-Id', async () => {
      const { page } = await withKey(await app.platform());
      expect((await send('get', '/v1/me', page)).body).toMatchObject({ type: 'platform_key', tenant_id: null });
      expect((await send('get', '/v1/licenses', { ...page, 'X-Tenant-Id': admin.tenantId })).status).toBe(200);
      expect((await send('delete', '/auth/session', page)).status).toBe(200);
      expect(await status(page)).toBe(401);
    });

    it('find the results of their API key, also in a later session', async () => {
      const order = { 'Idempotency-Key': 'bulk-1' };
      const body = { product_id: 'by-session', name: 'P' };
      const [first, second] = [await withKey(admin), await withKey(admin)];
      const made = await send('post', '/v1/products', { ...first.page, ...order }, body);
      expect(made.status).toBe(201);
      for (const headers of [second.page, { Authorization: `Bearer ${admin.key}` }]) {
        const replayed = await send('post', '/v1/products', { ...headers, ...order }, body);
        expect(replayed.headers['idempotency-replayed']).toBe('true');
        expect(replayed.body).toEqual(made.body);
      }
    });

    it('are listed and ended by who may manage them, in the own tenant alone', async () => {
      const { response, page } = await withKey(admin);
      const { session_id } = response.body;
      const { data } = (await admin.get('/v1/sessions')).body;
      expect(data[0]).toMatchObject({ session_id, method: 'api_key', ended_at: null });
      const stranger = await app.tenant();
      expect((await stranger.get('/v1/sessions')).body.data).toEqual([]);
      expect((await stranger.post(`/v1/sessions/${session_id}/end`, {})).body.code).toBe('SESSION_NOT_FOUND');
      expect((await admin.post(`/v1/sessions/${session_id}/end`, {})).body).toMatchObject({ end_reason: 'ENDED' });
      expect(await status(page)).toBe(401);
    });
  });

  describe('of a link', () => {
    it('begin once, however many redeem its code at the same time', async () => {
      const code = await linkCode();
      const responses = await Promise.all(Array.from({ length: 8 }, () => signIn({ code })));
      expect(responses.map(({ response }) => response.status).sort()).toEqual([201, ...Array<number>(7).fill(401)]);
      const begun = responses.find(({ response }) => response.status === 201);
      expect((await send('get', '/auth/session', begun?.page)).body.method).toBe('link');
    });

    it('do not begin after ten minutes, nor with a key that is gone', async () => {
      const late = await linkCode();
      offset = 11 * MINUTE_MS;
      expect((await signIn({ code: late })).response.status).toBe(401);
      offset = 0;
      const tenant = await app.tenant();
      const code = await linkCode(tenant.tenantId);
      await app.database.query('UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1', [tenant.tenantId]);
      expect((await signIn({ code })).response.status).toBe(401);
      await expect(linkCode(tenant.tenantId)).rejects.toThrow('has no admin API key');
    });
  });

  describe('over time', () => {
    it('stay open while they are used, however short the idle time is', async () => {
      const settings = app.nest.get(Config).settings as { SESSION_IDLE_MINUTES: number };
      settings.SESSION_IDLE_MINUTES = 1;
      try {
        const { page } = await withKey(admin);
        for (let seconds = 5; seconds < 120; seconds += 5) {
          app.nest.get(CookieSessionAuthenticator).invalidate();
          expect([seconds, await at(seconds * 1_000, () => status(page))]).toEqual([seconds, 200]);
        }
      } finally {
        settings.SESSION_IDLE_MINUTES = 30;
      }
    });

    it('end when they are idle for long, and at last however much they are used', async () => {
      const idle = await withKey(admin);
      expect(await at(29 * MINUTE_MS, () => status(idle.page))).toBe(200);
      expect(await at(58 * MINUTE_MS, () => status(idle.page))).toBe(200);
      expect(await at(89 * MINUTE_MS, () => status(idle.page))).toBe(401);
      const used = await withKey(admin);
      for (let half = 1; half < 24; half++) {
        app.nest.get(CookieSessionAuthenticator).invalidate();
        expect(await at(half * 30 * MINUTE_MS - 1_000 * half, () => status(used.page))).toBe(200);
      }
      expect(await at(12 * HOUR_MS, () => status(used.page))).toBe(401);
    });

    it('end when nobody is at a page that goes on to read by itself', async () => {
      const { page } = await withKey(admin);
      const unattended = { ...page, 'X-Unattended': '1' };
      for (const minutes of [10, 20, 29]) expect(await at(minutes * MINUTE_MS, () => status(unattended))).toBe(200);
      expect(await at(31 * MINUTE_MS, () => status(unattended))).toBe(401);
      const other = await withKey(admin);
      expect(await at(29 * MINUTE_MS, () => status(other.page))).toBe(200);
      expect(await at(58 * MINUTE_MS, () => status({ ...other.page, 'X-Unattended': '1' }))).toBe(200);
    });

    it('end with their API key, in the list and with an event', async () => {
      const { api_key, id } = await admin.create('/v1/api-keys', { name: 'For a while', role: 'support' });
      const { response } = await signIn({ api_key });
      const { session_id } = response.body;
      await app.database.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id]);
      await app.nest.get(SessionChore).run();
      const rows = await app.database.query('SELECT end_reason FROM sessions WHERE session_id = $1', [session_id]);
      expect(rows).toEqual([{ end_reason: 'WITHDRAWN' }]);
      await eventually(async () => expect(await eventsOf(session_id)).toContain('session.ended'));
    });

    it('are ended with an event, and deleted a month later', async () => {
      const { response } = await withKey(admin);
      const { session_id } = response.body;
      const rows = () => app.database.query('SELECT end_reason FROM sessions WHERE session_id = $1', [session_id]);
      await at(HOUR_MS, () => app.nest.get(SessionChore).run());
      expect(await rows()).toEqual([{ end_reason: 'EXPIRED' }]);
      await eventually(async () => expect(await eventsOf(session_id)).toContain('session.ended'));
      await at(32 * 24 * HOUR_MS, () => app.nest.get(SessionChore).run());
      expect(await rows()).toEqual([]);
    });

    it('show the credential again before they reach secrets', async () => {
      const { page } = await withKey(admin);
      const create = () => send('post', '/v1/api-keys', page, { name: 'x', role: 'read-only' });
      expect((await create()).status).toBe(201);
      await at(11 * MINUTE_MS, async () => {
        expect((await create()).body.code).toBe('RECENT_SIGN_IN_REQUIRED');
        const refused: string[] = [];
        for (const [method, path, operation] of routes()) {
          const { body } = await send(method, path, page, method === 'get' ? undefined : {});
          if ((body as { code?: string } | null)?.code === 'RECENT_SIGN_IN_REQUIRED')
            refused.push(operation.operationId);
        }
        expect(refused).toEqual([
          ...['createApiKey', 'rotateApiKey', 'revokeApiKey'],
          'revealLicenseKey',
          ...['createSigningKey', 'activateSigningKey', 'retireSigningKey', 'revokeSigningKey'],
        ]);
        const documented = routes().filter(([, , of]) =>
          JSON.stringify(resolve(app.document, of.responses['403'] ?? {})).includes('RECENT_SIGN_IN_REQUIRED'),
        );
        expect(documented.map(([, , { operationId }]) => operationId)).toEqual(refused);
        const other = await admin.create('/v1/api-keys', { name: 'other', role: 'admin' });
        const confirm = (credential: object) => send('post', '/auth/session/confirm', page, credential);
        expect((await confirm({ api_key: other.api_key })).status).toBe(403);
        expect((await create()).body.code).toBe('RECENT_SIGN_IN_REQUIRED');
        expect((await confirm({ api_key: admin.key })).status).toBe(200);
        expect((await create()).status).toBe(201);
      });
      await at(22 * MINUTE_MS, async () => {
        expect((await create()).body.code).toBe('RECENT_SIGN_IN_REQUIRED');
        const code = await linkCode();
        expect((await send('post', '/auth/session/confirm', page, { code })).status).toBe(200);
        expect((await create()).status).toBe(201);
      });
    });
  });

  describe('and other origins', () => {
    it.each<[string, Headers]>([
      ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
      ['a sibling of the domain', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://a.example' }],
      ['an address that was typed', { 'Sec-Fetch-Site': 'none' }],
      ['an old browser', { Origin: 'https://evil.example' }],
      ['an old browser that sends nothing', {}],
    ])('%s reaches nothing with the cookie', async (_, headers) => {
      const { cookie, page } = await withKey(admin);
      for (const [method, path] of [
        ['get', '/v1/me'],
        ['post', '/v1/products'],
        ['delete', '/auth/session'],
      ] as const)
        expect(
          (await send(method, path, { ...headers, Cookie: cookie }, method === 'post' ? {} : undefined)).status,
        ).toBe(401);
      expect(await status(page)).toBe(200);
    });

    it('an old browser is known by its Origin where it changes something', async () => {
      const { cookie } = await withKey(admin);
      const { port } = app.nest.getHttpServer().address() as { port: number };
      const own = { Cookie: cookie, Origin: `http://127.0.0.1:${port}` };
      expect((await send('post', '/v1/products', own, {})).status).toBe(400);
    });

    it('cannot sign anybody in', async () => {
      for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }] as Headers[])
        expect((await signIn({ api_key: admin.key }, headers)).response.body.code).toBe('FOREIGN_ORIGIN');
    });

    it('a session may on each route what its principal may, and a foreign page what nobody may', async () => {
      const billing = await app.key(admin.tenantId, [], { role: 'billing' });
      const reader = await app.key(admin.tenantId, [], { role: 'read-only' });
      const sessions = await Promise.all([billing, reader].map(async (key) => ({ key, ...(await withKey(key)) })));
      expect(routes().length).toBeGreaterThan(100);
      const answer = async (method: Method, path: string, headers: Headers) => {
        const { status: is, body } = await send(method, path, headers, method === 'get' ? undefined : {});
        return `${method} ${path}: ${is} ${(body as { code?: string } | null)?.code ?? ''}`;
      };
      // The client API takes the license key of a program, and no session.
      const isOfPrograms = (path: string) => path.startsWith('/v1/client/');
      for (const [method, path] of routes()) {
        const nobody = await answer(method, path, {});
        for (const { key, page, cookie } of sessions) {
          const principal = await answer(method, path, { Authorization: `Bearer ${key.key}` });
          expect(await answer(method, path, page)).toBe(isOfPrograms(path) ? nobody : principal);
          expect(await answer(method, path, { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site' })).toBe(nobody);
        }
      }
    });
  });

  describe('of people', () => {
    const claims = () => ({ sub: 'auth0|jane', sid: 'sid-1', tenant_id: admin.tenantId, permissions: ['read-only'] });
    const begin = async (query = '') => {
      const login = await send('get', `/auth/login${query}`);
      return { login, address: login.headers.location ?? '', cookie: cookieOf(login, 'imprimatur-sign-in') };
    };
    const come = (back: string, cookie: string) =>
      send('get', back, { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site' });
    const person = async (more: object = {}) => {
      const { address, cookie } = await begin();
      const response = await come(issuer.allow(address, { ...claims(), ...more }), cookie);
      return { response, page: { ...OWN, Cookie: cookieOf(response) } as Headers };
    };

    it('begin at the identity provider with PKCE, state and nonce, and act as the person', async () => {
      expect((await send('get', '/auth/options')).body).toEqual({ oidc: true, has_cookie: false });
      const { login, address } = await begin('?return_to=/admin/licenses');
      expect(login.status).toBe(302);
      expect(cookiesOf(login)).toEqual([
        expect.stringMatching(/^imprimatur-sign-in=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/),
      ]);
      expect(Object.fromEntries(new URL(address).searchParams)).toMatchObject({
        response_type: 'code',
        client_id: 'admin-ui',
        code_challenge_method: 'S256',
        state: expect.any(String),
        nonce: expect.any(String),
      });
      const { response, page } = await person();
      expect(response).toMatchObject({ status: 302, headers: { location: '/admin/' } });
      const { body } = await send('get', '/v1/me', page);
      expect(body).toMatchObject({ type: 'user', id: 'auth0|jane', issuer: issuer.url, tenant_id: admin.tenantId });
      expect(body.permissions).toContain('licenses:read');
      expect(body.permissions).not.toContain('licenses:issue');
      expect((await send('delete', '/auth/session', page)).body.sign_out_url).toMatch(`${issuer.url}/logout?`);
      expect(await status(page)).toBe(401);
    });

    it.each<[string, (address: string) => Promise<[back: string, cookie?: string]> | [back: string, cookie?: string]]>([
      ['without its cookie', (address) => [issuer.allow(address, claims()), '']],
      ['with another state', (address) => [issuer.allow(address, claims()).replace(/state=[^&]+/, 'state=other')]],
      ['with another nonce', (address) => [issuer.allow(address, { ...claims(), nonce: 'other' })]],
      ['for another client', (address) => [issuer.allow(address, { ...claims(), aud: 'another' })]],
      ['of an unknown tenant', (address) => [issuer.allow(address, { ...claims(), tenant_id: 'nobody' })]],
      ['with the code of another sign-in', async () => [issuer.allow((await begin()).address, claims())]],
      [
        'that was refused',
        (address) => [`/auth/callback?error=access_denied&state=${new URL(address).searchParams.get('state')}`],
      ],
    ])('do not begin by an answer %s', async (_, change) => {
      const { address, cookie } = await begin();
      const [back, sent = cookie] = await change(address);
      const response = await come(back, sent);
      expect(response).toMatchObject({
        status: 302,
        headers: { location: expect.stringMatching(/^\/admin\/#refused=/) },
      });
      expect(cookieOf(response)).toBe('');
    });

    it('are recent as the identity provider says: a person that it knew already has shown nothing', async () => {
      const roles = { permissions: ['admin'] };
      const refusal = async (page: Headers) =>
        (await send('post', '/v1/api-keys', page, { name: 'x', role: 'read-only' })).body.code;
      const seconds = Math.floor(Date.now() / 1_000);
      const ways = {
        'long ago': seconds - 3_600,
        now: seconds,
        'by a clock that is ahead': seconds + 3_600,
        unknown: undefined,
      };
      const refusals: Record<string, unknown> = {};
      for (const [way, auth_time] of Object.entries(ways)) {
        const { page } = await person({ ...roles, auth_time });
        refusals[way] = await refusal(page);
        if (way === 'by a clock that is ahead')
          expect(await at(11 * MINUTE_MS, () => refusal(page))).toBe('RECENT_SIGN_IN_REQUIRED');
      }
      expect(refusals).toEqual({ 'long ago': 'RECENT_SIGN_IN_REQUIRED', unknown: 'RECENT_SIGN_IN_REQUIRED' });
      const { address, cookie } = await begin('?again=true');
      const again = await come(issuer.allow(address, { ...claims(), ...roles, auth_time: seconds }), cookie);
      expect(await refusal({ ...OWN, Cookie: cookieOf(again) })).toBeUndefined();
    });

    it('do not begin by an answer that comes after ten minutes', async () => {
      const { address, cookie } = await begin();
      const response = await at(11 * MINUTE_MS, () => come(issuer.allow(address, claims()), cookie));
      expect(response.headers.location).toMatch(/^\/admin\/#refused=/);
    });

    it('lead to no page of another server', async () => {
      for (const return_to of ['https://evil.example/', '//evil.example/', '/admin/\\evil', '/docs'])
        expect((await send('get', `/auth/login?return_to=${encodeURIComponent(return_to)}`)).status).toBe(400);
    });

    it('end when the identity provider withdraws the sign-in', async () => {
      const withdraw = (token: string) =>
        send('post', '/auth/backchannel-logout', { 'Content-Type': 'application/x-www-form-urlencoded' }).then(() =>
          supertest(app.nest.getHttpServer())
            .post('/auth/backchannel-logout')
            .type('form')
            .send({ logout_token: token }),
        );
      const token = (more: object) =>
        issuer.token({ aud: 'admin-ui', jti: 'j', events: { [LOGOUT_EVENT]: {} }, ...more });
      const [one, two] = [await person({ sid: 'sid-1' }), await person({ sid: 'sid-2' })];
      const stranger = await person({ sub: 'auth0|john', sid: 'sid-3' });
      const all = () => Promise.all([one, two, stranger].map(({ page }) => status(page)));
      for (const bad of [
        { events: {} },
        { sub: undefined, sid: undefined },
        { nonce: 'n', sub: 'auth0|jane' },
        { aud: 'x', sub: 'auth0|jane' },
        { exp: undefined, sub: 'auth0|jane' },
      ])
        expect((await withdraw(await token(bad))).status).toBe(401);
      expect(await all()).toEqual([200, 200, 200]);
      expect((await withdraw(await token({ sid: 'sid-2' }))).status).toBe(204);
      expect(await all()).toEqual([200, 401, 200]);
      expect((await withdraw(await token({ sub: 'auth0|jane' }))).status).toBe(204);
      expect(await all()).toEqual([401, 401, 200]);
      const nameless = await person({ sub: 'auth0|jim', sid: undefined });
      expect((await withdraw(await token({ sub: 'auth0|jim', sid: 'sid-4' }))).status).toBe(204);
      expect(await status(nameless.page)).toBe(401);
    });
  });
});
