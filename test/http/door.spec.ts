import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import supertest from 'supertest';
import { DataSource } from 'typeorm';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey } from '../../src/tenants/index.js';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { MINUTE_MS, startAtRest, toNextMinute, type Time } from '../support/at-rest.js';
import { eventually } from '../support/eventually.js';

async function readAll(socket: Socket): Promise<string> {
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

/** No statement waits in vain for a lock that a test holds. */
const PATIENT = { DATABASE_LOCK_TIMEOUT_MS: '60000', DATABASE_STATEMENT_TIMEOUT_MS: '60000' };

/** How many requests have reached the server from now on. */
function countRequests(app: TestApp): () => number {
  let count = 0;
  app.nest.getHttpServer().on('request', () => count++);
  return () => count;
}

/** A request whose body has not arrived. */
function beginMaking(product_id: string, { key }: Api, port: number) {
  const body = JSON.stringify({ product_id, name: 'P' });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /v1/products HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  return { socket, body };
}

/** The application of the tests that need no settings of their own. Each of them begins in a minute of its own. */
let app: TestApp;
let time: Time;

beforeAll(async () => {
  ({ app, time } = await startAtRest());
});

beforeEach(() => {
  toNextMinute(time);
});

afterAll(() => app.stop());

describe('the limit of failures', () => {
  it('refuses an address after 30 in a minute, and lets it in again in the next', async () => {
    const stranger = app.bearer('', generateApiKey());
    for (let i = 0; i < 30; i++) expect((await stranger.get('/v1/me')).status).toBe(401);
    const refused = await stranger.get('/v1/me');
    expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(refused.headers['retry-after']).toBe('59');
    expect((await app.anonymous().get('/v1/me')).status).toBe(429);
    expect((await app.anonymous().get('/health/live')).status).toBe(200);
    time.now += 59_000;
    expect((await stranger.get('/v1/me')).status).toBe(401);
  });

  it('lets a valid key pass that is new to the process, from an address that is blocked', async () => {
    const [first, second] = [await app.tenant(), await app.tenant()];
    const stranger = app.bearer('', generateApiKey());
    for (let i = 0; i < 31; i++) await stranger.get('/v1/me');
    expect((await stranger.get('/v1/me')).status).toBe(429);
    for (const tenant of [first, second]) expect((await tenant.get('/v1/me')).status).toBe(200);
    expect((await stranger.get('/v1/me')).status).toBe(429);
  });

  it('answers 500 guesses at once with 30 times 401, and a valid key among them passes', async () => {
    const tenant = await app.tenant();
    const guess = async () => (await app.bearer('', generateApiKey()).get('/v1/me')).status;
    const answers = Promise.all(Array.from({ length: 500 }, guess));
    const valid = tenant.get('/v1/me');
    const statuses = await answers;
    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(470);
    expect((await valid).status).toBe(200);
  });

  it('bounds the look-ups of an address that is blocked, whatever it guesses', async () => {
    const { app } = await startAtRest({ environment: { RATE_LIMIT_FAILURES: '1' } });
    const guess = async () => (await app.bearer('', generateApiKey()).get('/v1/me')).status;
    await guess();
    const query = jest.spyOn(app.nest.get(DataSource), 'query');
    const begun = performance.now();
    for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 50 }, guess));
    const lookUps = query.mock.calls.filter(([text]) => text.includes('JOIN api_keys'));
    // One when it begins, and one each 50 ms.
    expect(lookUps.length).toBeLessThanOrEqual(1 + (performance.now() - begun) / 45);
    query.mockRestore();
    await app.stop();
  });

  it('does not lock out a key that works from the same address, and does not count successes', async () => {
    const tenant = await app.tenant();
    for (let i = 0; i < 40; i++) expect((await tenant.get('/v1/me')).status).toBe(200);
    const stranger = app.bearer('', 'imp_wrong');
    for (let i = 0; i < 31; i++) await stranger.get('/v1/me');
    expect((await stranger.get('/v1/me')).status).toBe(429);
    expect((await tenant.get('/v1/me')).status).toBe(200);
  });

  it('counts the caller and not the proxy, where the proxy is trusted, and believes nobody else', async () => {
    const failFrom = async (app: TestApp, forwarded: string) =>
      (await app.anonymous().send('get', '/v1/me', undefined, { 'X-Forwarded-For': forwarded })).status;
    const { app: behind } = await startAtRest({ environment: { TRUST_PROXY: '127.0.0.0/8,::1' } });
    for (let i = 0; i < 30; i++) await failFrom(behind, '203.0.113.1');
    expect(await failFrom(behind, '203.0.113.1')).toBe(429);
    expect(await failFrom(behind, '198.51.100.9, 203.0.113.1')).toBe(429);
    expect(await failFrom(behind, '203.0.113.2')).toBe(401);
    for (let i = 0; i < 30; i++) await failFrom(behind, `2001:db8:1:2::${i}`);
    expect(await failFrom(behind, '2001:db8:1:2:ffff::1')).toBe(429);
    expect(await failFrom(behind, '2001:db8:1:3::1')).toBe(401);
    await behind.stop();
    for (let i = 0; i < 30; i++) await failFrom(app, `203.0.113.${i}`);
    expect(await failFrom(app, '203.0.113.99')).toBe(429);
    const { app: oneHop } = await startAtRest({ environment: { TRUST_PROXY: '1' } });
    for (let i = 0; i < 30; i++) await failFrom(oneHop, `198.51.100.${i}, 203.0.113.1`);
    expect(await failFrom(oneHop, '203.0.113.1')).toBe(429);
    await oneHop.stop();
  });

  describe('behind a proxy that names ports', () => {
    let proxied: Awaited<ReturnType<typeof startAtRest>>;

    beforeAll(async () => {
      proxied = await startAtRest({ environment: { TRUST_PROXY: '127.0.0.0/8,::1,10.0.0.0/8' } });
    });

    afterAll(() => proxied.app.stop());

    it.each([
      ['198.51.100.1:5555', '198.51.100.1'],
      ['[2001:db8::1]:443', '2001:db8::1'],
      ['[2001:db8::1]', '2001:db8::1'],
      ['203.0.113.9, 198.51.100.1:5555, 10.0.0.1:81', '198.51.100.1'],
    ])('knows the caller by its address without a port, as in %s', async (forwarded, address) => {
      toNextMinute(proxied.time);
      const { app } = proxied;
      const admin = await app.tenant();
      const from = (value: string) => ({ 'X-Forwarded-For': value });
      const networks = [address.includes(':') ? `${address}/128` : `${address}/32`];
      const made = await admin.create('/v1/api-keys', { name: 'bound', role: 'read-only', networks });
      const bound = app.bearer(admin.tenantId, made.api_key as string);
      const me = async (api: Api, value: string) => (await api.send('get', '/v1/me', undefined, from(value))).status;
      expect(await me(bound, forwarded)).toBe(200);
      for (const other of ['203.0.113.5:80', 'unknown', 'fe80::1%eth0:80', '[]:1'])
        expect(await me(bound, other)).toBe(403);
      // Another port is not another address.
      const ports = (n: number) => forwarded.replace(/:\d+(?=$|,)/, `:${n}`);
      for (let n = 1; n <= 30; n++) expect(await me(app.anonymous(), ports(n))).toBe(401);
      expect(await me(app.anonymous(), ports(31))).toBe(429);
    });
  });

  it.each(['X-Forwarded-For', 'Forwarded'])(
    'says once in the log that callers behind a proxy are one address, by %s and without TRUST_PROXY alone',
    async (header) => {
      for (const [environment, warnings] of [
        [{}, 1],
        [{ TRUST_PROXY: '1' }, 0],
      ] as const) {
        const { app } = await startAtRest({ environment });
        const lines = app.recordLog();
        const proxyLines = () => lines.filter(({ content }) => content.includes('TRUST_PROXY'));
        await app.anonymous().get('/health/live');
        expect(proxyLines()).toEqual([]);
        for (let n = 0; n < 3; n++) {
          const forwarded = header === 'Forwarded' ? `for=203.0.113.${n}` : `203.0.113.${n}`;
          await app.anonymous().send('get', '/health/live', undefined, { [header]: forwarded });
        }
        expect(proxyLines()).toEqual(
          Array(warnings).fill({
            level: 'warn',
            context: 'Proxy',
            content: expect.stringMatching(/X-Forwarded-For.*TRUST_PROXY is not set.*count as one address/),
          }),
        );
        await app.stop();
      }
    },
  );
});

describe('rate limits', () => {
  it('are off unless set', async () => {
    const tenant = await app.tenant();
    const { headers } = await tenant.get('/v1/products');
    expect(headers).not.toHaveProperty('ratelimit');
    expect(headers).not.toHaveProperty('ratelimit-policy');
  });

  it('hold per key and per tenant, and tell how much is left', async () => {
    const { app, time } = await startAtRest({ environment: { RATE_LIMIT_PER_KEY: '3', RATE_LIMIT_PER_TENANT: '5' } });
    const first = await app.tenant();
    const second = await app.key(first.tenantId, ['products:read']);
    const other = await app.tenant();
    const { headers } = await first.get('/v1/products');
    expect(headers['ratelimit-policy']).toBe('"key";q=3;w=60, "tenant";q=5;w=60');
    expect(headers.ratelimit).toBe('"key";r=2;t=59, "tenant";r=4;t=59');
    await first.get('/v1/products');
    await first.get('/v1/products');
    const refused = await first.get('/v1/products');
    expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(refused.headers['retry-after']).toBe('59');
    // Requests that are refused to one key cost the others nothing.
    expect(refused.headers.ratelimit).toBe('"key";r=0;t=59, "tenant";r=2;t=59');
    for (let i = 0; i < 5; i++) expect((await first.get('/v1/products')).status).toBe(429);
    for (let i = 0; i < 2; i++) expect((await second.get('/v1/products')).status).toBe(200);
    expect((await second.get('/v1/products')).status).toBe(429);
    expect((await other.get('/v1/products')).status).toBe(200);
    time.now += MINUTE_MS;
    expect((await first.get('/v1/products')).status).toBe(200);
    await app.stop();
  });
});

describe('the headers of an answer', () => {
  let api: Api;

  beforeAll(async () => {
    api = await app.tenant();
  });

  it.each(['/docs', '/docs/', '/docs/swagger-ui.css', '/admin/', '/admin/licenses/x', '/admin/theme.js'])(
    'protect whoever reads the page %s',
    async (path) => {
      const { headers } = await api.get(path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': expect.stringContaining('max-age='),
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
      expect(headers['content-security-policy']).not.toContain("'unsafe-inline'");
      expect(headers).not.toHaveProperty('x-powered-by');
    },
  );

  it.each(['/v1/products', '/v1/nothing', '/health/live', '/'])(
    'of the API at %s name what concerns data, and nothing of pages',
    async (path) => {
      const { headers } = await api.get(path);
      const common = ['cache-control', 'cross-origin-resource-policy', 'x-content-type-options', 'x-request-id'];
      const ofHttp = ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'location', 'vary'];
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(Object.keys(headers).filter((name) => ![...common, ...ofHttp].includes(name))).toEqual([]);
    },
  );

  it('keep answers out of caches', async () => {
    expect((await api.get('/v1/products')).headers['cache-control']).toBe('no-store');
    expect((await api.get('/v1/nothing')).headers['cache-control']).toBe('no-store');
  });

  it('let in nothing inline, and the page of Swagger UI has neither script nor style', async () => {
    const { text, headers } = await api.get('/docs');
    expect(headers['content-security-policy']).not.toMatch(/sha256|unsafe/);
    expect(text).not.toMatch(/<style|style=/);
    const scripts = [...text.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)];
    expect(scripts).toHaveLength(2);
    for (const [, attributes, content] of scripts) {
      expect(attributes).toContain('src=');
      expect(content).toBe('');
    }
  });
});

describe('the admin UI', () => {
  const asset = async () => /\/admin\/assets\/[\w-]+\.js/.exec((await app.anonymous().get('/admin/')).text)?.[0] ?? '';
  const get = (path: string, encoding: string) =>
    app.anonymous().send('get', path, undefined, { 'Accept-Encoding': encoding });

  it('begins with one page at every address of its own, which is asked for again each time', async () => {
    const page = await app.anonymous().get('/admin/');
    expect(page).toMatchObject({ status: 200, headers: { 'cache-control': 'no-cache' } });
    expect((await app.anonymous().get('/admin/templates/new?q=1')).text).toBe(page.text);
    expect(await app.anonymous().get('/admin')).toMatchObject({ status: 302, headers: { location: 'admin/' } });
    expect(page.text).not.toMatch(/<style|style=|<script(?![^>]*src=)/);
  });

  it('has files that never change under their name, compressed before', async () => {
    const path = await asset();
    for (const [accepted, coding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['identity', undefined],
    ] as const) {
      const { status, headers } = await get(path, accepted);
      expect({ status, coding: headers['content-encoding'] }).toEqual({ status: 200, coding });
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
      });
    }
    const missing = await app.anonymous().get('/admin/assets/index-00000000.js');
    expect(missing).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
  });

  it.each([
    '/admin/../package.json',
    '/admin/..%2fpackage.json',
    '/admin/.built-from',
    '/admin/assets/..%2f..%2fmain.js',
  ])('serves no other file: %s', async (path) => {
    const { status, text, headers } = await app.anonymous().get(path);
    expect([200, 400, 404]).toContain(status);
    if (status === 200) expect(headers['content-type']).toMatch(/^text\/html/);
    expect(text).not.toMatch(/"imprimatur"|[0-9a-f]{64}/);
  });

  it('is where a browser is led to, and what a program is told of', async () => {
    const browser = await app.anonymous().send('get', '/', undefined, { Accept: 'text/html,*/*;q=0.8' });
    expect(browser).toMatchObject({ status: 302, headers: { location: 'admin/' } });
    expect((await app.anonymous().get('/')).body).toMatchObject({ admin: 'admin/', documentation: 'docs' });
  });
});

describe('other origins', () => {
  const preflight = { Origin: 'https://app.example.com', 'Access-Control-Request-Method': 'POST' };

  it('are not let in by browsers unless configured', async () => {
    const { headers } = await app.anonymous().send('get', '/health/live', undefined, preflight);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('are let in when configured, and no others', async () => {
    const app = await TestApp.start({ environment: { CORS_ORIGINS: 'https://app.example.com,https://b.example.com' } });
    const from = async (Origin: string) =>
      (await app.anonymous().send('get', '/health/live', undefined, { Origin })).headers;
    expect((await from('https://app.example.com'))['access-control-allow-origin']).toBe('https://app.example.com');
    expect(await from('https://evil.example.com')).not.toHaveProperty('access-control-allow-origin');
    const refused = await app.anonymous().send('put', '/v1/licenses', undefined, { Origin: 'https://app.example.com' });
    expect(refused).toMatchObject({
      status: 405,
      headers: { 'access-control-allow-origin': 'https://app.example.com' },
    });
    const asked = await supertest(app.nest.getHttpServer())
      .options('/v1/licenses')
      .set({ ...preflight, 'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key,if-match' });
    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'authorization,content-type,idempotency-key,if-match',
    });
    await app.stop();
  });
});

describe('a page of any origin', () => {
  const from = { Origin: 'https://anywhere.example' };
  const ask = (method: 'post' | 'get' | 'options', path: string, headers: Record<string, string> = {}) =>
    supertest(app.nest.getHttpServer())
      [method](path)
      .set({ ...from, ...headers });

  it('may ask the client API, whose credential is in the body, and read what it answers and refuses', async () => {
    const preflight = await ask('options', '/v1/client/validate', {
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type',
    });
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers':
          'Authorization, Content-Type, Idempotency-Key, Idempotency-Remember-Days, X-Request-Id',
      },
    });
    const answers = [
      await ask('post', '/v1/client/validate').send({ license_key: 'x' }),
      await ask('post', '/v1/client/activate').send({ license_key: 'x', fingerprint: 'x' }),
      await ask('post', '/v1/client/validate').send({}),
      await ask('get', '/v1/client/nobody/jwks.json'),
      await ask('get', '/v1/client/validate'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 400, 404, 405]);
    for (const { headers } of answers) {
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-expose-headers']).toContain('Retry-After');
      // So no cookie and no password that a browser keeps is ever sent along.
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it.each([
    '/v1/clients',
    '/v1/licenses',
    '/v1/client',
    '/v1/me',
    '/openapi.json',
    '/docs',
    '/admin/',
    '/auth/session',
    '/metrics',
    '/health/live',
  ])('may not ask %s', async (path) => {
    const preflight = await ask('options', path, { 'Access-Control-Request-Method': 'POST' });
    expect(preflight).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
    for (const { headers } of [preflight, await ask('get', path)])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('a flood', () => {
  it('is refused beyond the bound on work in flight, health excepted, and what was begun is done', async () => {
    const app = await TestApp.start({ environment: { MAX_IN_FLIGHT: '2', ...PATIENT } });
    const api = await app.tenant();
    const begun = await withClient(app.database.ownerUrl, async (owner) => {
      await owner.query('BEGIN; LOCK TABLE billing_products');
      const making = ['a', 'b'].map((product_id) => api.post('/v1/products', { product_id, name: 'P' }));
      const refused = await eventually(async () => {
        const response = await api.get('/v1/me');
        expect(response.status).toBe(503);
        return response;
      });
      expect(refused.body.code).toBe('OVERLOADED');
      expect(refused.headers['retry-after']).toBe('1');
      expect((await app.anonymous().get('/health/live')).status).toBe(200);
      expect((await app.anonymous().get('/health/ready')).status).toBe(200);
      for (const path of ['/health/', '/health/x', '/health/live/x'])
        expect({ path, status: (await app.anonymous().post(path, { a: 1 })).status }).toEqual({ path, status: 503 });
      await owner.query('ROLLBACK');
      return making;
    });
    expect((await Promise.all(begun)).map(({ status }) => status)).toEqual([201, 201]);
    expect((await api.get('/v1/products')).body.data).toHaveLength(2);
    await app.stop();
  });

  it('of clients that are gone before their keys were found leaves nothing in flight', async () => {
    const app = await TestApp.start({ environment: { MAX_IN_FLIGHT: '2', ...PATIENT } });
    const api = await app.tenant();
    const keys = [await app.key(api.tenantId, ['products:write']), await app.key(api.tenantId, ['products:write'])];
    const { port } = app.nest.getHttpServer().address() as AddressInfo;
    const responses: ServerResponse[] = [];
    app.nest.getHttpServer().on('request', (_: unknown, response: ServerResponse) => responses.push(response));
    await withClient(app.database.ownerUrl, async (owner) => {
      await owner.query('BEGIN; LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE');
      const clients = keys.map((key) => beginMaking('p', key, port));
      for (const { socket, body } of clients) socket.write(body);
      await eventually(() => {
        expect(responses.map(({ req }) => req.complete)).toEqual([true, true]);
      });
      for (const { socket } of clients) socket.resetAndDestroy();
      await eventually(() => {
        expect(responses.map(({ closed }) => closed)).toEqual([true, true]);
      });
      await owner.query('ROLLBACK');
    });
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 2 }, () => api.get('/v1/me')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    });
    await app.stop();
  });
});

describe('requests that are sent at once over one connection', () => {
  it('are begun one after another, and not at all when their client is gone', async () => {
    const app = await TestApp.start({ environment: { MAX_IN_FLIGHT: '2', ...PATIENT } });
    const api = await app.tenant();
    const { port } = app.nest.getHttpServer().address() as AddressInfo;
    const arrived = countRequests(app);
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\n\r\n`;
    await withClient(app.database.ownerUrl, async (owner) => {
      await owner.query('BEGIN; LOCK TABLE billing_products');
      const socket = connect(port, '127.0.0.1');
      socket.write(get('/v1/products').repeat(4));
      await eventually(() => {
        expect(arrived()).toBe(4);
      });
      expect((await api.get('/v1/me')).status).toBe(200);
      socket.resetAndDestroy();
      await owner.query('ROLLBACK');
    });
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 2 }, () => api.get('/v1/me')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    });
    const socket = connect(port, '127.0.0.1');
    socket.write(
      get('/v1/products') + get('/v1/me') + get('/health/live').replace('\r\n', '\r\nConnection: close\r\n'),
    );
    const answers = (await readAll(socket)).split('HTTP/1.1 ').slice(1);
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(['200', '200', '200']);
    expect(answers[1]).toContain(api.tenantId);
    await app.stop();
  });
});

describe('what is hardly HTTP', () => {
  let app: TestApp;
  let port: number;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { HTTP_HEADERS_TIMEOUT_MS: '200', HTTP_REQUEST_TIMEOUT_MS: '300' } });
    ({ port } = app.nest.getHttpServer().address() as AddressInfo);
  });

  afterAll(() => app.stop());

  const answerTo = (bytes: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(bytes);
    return readAll(socket);
  };

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['headers over 16 KiB', `GET / HTTP/1.1\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['headers that never end', 'GET / HTTP/1.1\r\nHost: x\r\n', 408, 'REQUEST_TIMEOUT'],
    [
      'a body that never ends',
      'POST /v1/client/validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      408,
      'REQUEST_TIMEOUT',
    ],
    [
      'a body that never ends, of nobody that is known,',
      'POST /v1/products HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      401,
      'UNAUTHENTICATED',
    ],
  ])('%s is answered with a problem, and the connection closed', async (_, bytes, status, code) => {
    const answer = await answerTo(bytes);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer.split('HTTP/1.1 ')).toHaveLength(2);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(`"code":"${code}"`);
  });

  it('does not keep a connection whose client does not close it', async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write('hello\r\n\r\n');
    expect(await readAll(socket)).toContain('HTTP/1.1 400 ');
    const connections = () =>
      new Promise((counted) =>
        app.nest.getHttpServer().getConnections((_error: unknown, count: number) => counted(count)),
      );
    await eventually(async () => {
      expect(await connections()).toBe(0);
    });
    socket.destroy();
  });
});

describe('a server that stops', () => {
  it('answers what was asked, and waits neither for who asks nothing nor for long', async () => {
    const app = await TestApp.start({ environment: { HTTP_SHUTDOWN_TIMEOUT_MS: '1500' } });
    const api = await app.tenant();
    const { port } = app.nest.getHttpServer().address() as AddressInfo;
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    const arrived = countRequests(app);
    const begun = connect(port, '127.0.0.1');
    begun.write('GET /v1/products HTTP/1.1\r\nHost:');
    const asked = beginMaking('a', api, port);
    const unfinished = beginMaking('b', api, port);
    await eventually(() => {
      expect(arrived()).toBe(2);
    });
    const answers = Promise.all([silent, begun, unfinished.socket].map(readAll));
    const stopped = app.stop();
    await Promise.all([silent, begun].map((socket) => once(socket, 'close')));
    asked.socket.write(asked.body);
    expect(await readAll(asked.socket)).toContain('HTTP/1.1 201 ');
    expect(await answers).toEqual(['', '', '']);
    await stopped;
  });
});
