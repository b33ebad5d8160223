import { once } from 'node:events';
import http from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };

const address = (app: TestApp) => ({
  host: '127.0.0.1',
  port: (app.nest.getHttpServer().address() as AddressInfo).port,
});

/** Sends bytes as they are, and returns what comes until the connection closes. */
async function exchange(app: TestApp, bytes: string): Promise<string> {
  const socket = connect(address(app));
  socket.write(bytes);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('at the door', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  it.each([
    ['malformed JSON', '{"name"', JSON_TYPE, 400, 'MALFORMED_REQUEST'],
    ['an empty body where members are required', '', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['__proto__ in the body', '{"__proto__": {"admin": true}}', JSON_TYPE, 400, 'MALFORMED_REQUEST'],
    ['an array', '[]', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['null', 'null', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['another content type', '<a/>', { 'Content-Type': 'application/xml' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', 'name=x', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a member twice', '{"product_id":"a","name":"x","name":"y"}', JSON_TYPE, 400, 'MALFORMED_REQUEST'],
    ['a member twice, deep', '{"metadata":{"a":1,"\\u0061":2}}', JSON_TYPE, 400, 'MALFORMED_REQUEST'],
    ['text', '{}', { 'Content-Type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body without a type', '{}', { 'Content-Type': '' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['another charset', '{}', { 'Content-Type': 'application/json; charset=utf-16' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a compressed body', '{}', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body over 1 MiB', JSON.stringify({ name: 'x'.repeat(1024 * 1024) }), JSON_TYPE, 413, 'BODY_TOO_LARGE'],
  ])('refuses %s with a problem', async (_, body, headers, status, code) => {
    const response = await api.send('post', '/v1/products', body, headers);
    expect({ status: response.status, type: response.type, code: response.body.code }).toEqual({
      status,
      type: 'application/problem+json',
      code,
    });
    expect(response.body.type).toBe(`urn:imprimatur:problem:${code}`);
  });

  it.each([
    ['ISO 8859-1', [0xfc]],
    ['an overlong form', [0xc1, 0xbf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
  ])('refuses a body that is not UTF-8 and makes nothing of it: %s', async (_, bytes) => {
    const body = Buffer.concat([Buffer.from('{"product_id":"x","name":"'), Buffer.from(bytes), Buffer.from('"}')]);
    for (const path of ['/v1/products', '/v1/client/validate']) {
      const response = await supertest(app.nest.getHttpServer())
        .post(path)
        .set({ ...JSON_TYPE, Authorization: `Bearer ${api.key}` })
        .serialize((sent: unknown) => sent as string)
        .send(body);
      expect(response).toMatchObject({
        status: 400,
        body: { code: 'MALFORMED_REQUEST', detail: 'The body is not UTF-8.' },
      });
    }
    expect((await api.get('/v1/products/x')).status).toBe(404);
  });

  it('takes at most 32 KiB from programs, and names at most 50 faults', async () => {
    const ask = (bytes: number) =>
      app.anonymous().post('/v1/client/validate', { license_key: 'x', fingerprint: 'x'.repeat(bytes) });
    expect(await ask(33_000)).toMatchObject({
      status: 413,
      body: { code: 'BODY_TOO_LARGE', detail: 'The body is larger than 32 KiB.' },
    });
    expect((await ask(32_000)).status).toBe(400);
    const unknown = Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`m${at}`, 1]));
    const response = await api.post('/v1/products', unknown);
    expect(response.status).toBe(400);
    expect(response.body.errors).toHaveLength(50);
  });

  it('reads a body that comes in many pieces as one that comes whole', async () => {
    const name = 'ä€😀'.repeat(30);
    const bytes = Buffer.from(JSON.stringify({ product_id: 'pieces', name, metadata: { text: 'x'.repeat(9_000) } }));
    const request = http.request({
      ...address(app),
      method: 'POST',
      path: '/v1/products',
      headers: { ...JSON_TYPE, Authorization: `Bearer ${api.key}` },
    });
    for (let at = 0; at < bytes.length; at += 97) request.write(bytes.subarray(at, at + 97));
    request.end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(response.resume().statusCode).toBe(201);
    expect((await api.get('/v1/products/pieces')).body.name).toBe(name);
  });

  it.each([
    [
      'two Host headers',
      'GET /v1/me HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n',
      400,
      'MALFORMED_REQUEST',
    ],
    ['no Host header', 'GET /v1/me HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['an unknown expectation', 'GET /v1/me HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n', 417, 'EXPECTATION_FAILED'],
  ])('refuses %s with a problem', async (_, bytes, status, code) => {
    const answer = await exchange(app, bytes);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(`"code":"${code}"`);
  });

  it.each([
    '/docs/.',
    '/docs/..',
    '/docs/%00',
    '/docs//etc/passwd',
    '/docs/../../package.json',
    '/docs/..%2f..%2fpackage.json',
    '/docs/package.json',
    '/docs/index.css',
  ])('finds nothing at %s', async (path) => {
    const answer = await exchange(app, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(answer).toContain('HTTP/1.1 404 ');
    expect(answer).toContain('"code":"ROUTE_NOT_FOUND"');
  });

  it.each([100_000, 520_000])('survives a body of %i levels', async (levels) => {
    const deep = `{"product_id":"deep","name":"Deep","metadata":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    const response = await api.send('post', '/v1/products', deep, JSON_TYPE);
    expect(response).toMatchObject({ status: 400, body: { errors: [{ pointer: '/metadata' }] } });
  });

  it.each([
    ['get', '/v1/nothing'],
    ['get', '/nothing'],
    ['post', '/v1/products/x/y'],
  ] as const)('answers %s %s with a 404 problem', async (method, path) => {
    const response = await api.send(method, path);
    expect(response.status).toBe(404);
    expect(response.type).toBe('application/problem+json');
    expect(response.body.code).toBe('ROUTE_NOT_FOUND');
  });

  it.each(['/v1/products/%zz', '/v1/products/%C0%AF', '/%'])('refuses the URL %s with a problem', async (path) => {
    const response = await api.send('get', path);
    expect({ status: response.status, type: response.type, code: response.body.code }).toEqual({
      status: 400,
      type: 'application/problem+json',
      code: 'MALFORMED_REQUEST',
    });
  });

  it('refuses an id that is too long as an id', async () => {
    const response = await api.get(`/v1/products/${'x'.repeat(1_500)}`);
    expect(response).toMatchObject({ status: 400, body: { errors: [{ parameter: 'product_id' }] } });
  });

  it.each([
    ['a number beyond 2^53', { metadata: { n: 2 ** 53 } }, '/metadata'],
    ['a number beyond 32 bits', { max_activations: 2 ** 31 }, '/max_activations'],
    ['a duration beyond a hundred years', { default_duration: 36_501 }, '/default_duration'],
    ['minus zero activations', { max_activations: -0 }, '/max_activations'],
    [
      'a date beyond 9999',
      { features: [{ feature_id: 'f', feature_name: 'F', expires_at: '+010000-01-01T00:00:00Z' }] },
      '/features/0/expires_at',
    ],
    ['a lone surrogate', { description: '\ud800' }, '/description'],
    ['U+0000', { description: 'a\0b' }, '/description'],
    ['U+0000 in a name of free JSON', { metadata: { 'a\0': 1 } }, '/metadata'],
    ['an unknown field', { admin: true }, '/admin'],
  ])('refuses %s', async (_, terms, pointer) => {
    const body = {
      template_name: 'T',
      product_id: 'p',
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      ...terms,
    };
    const response = await api.post('/v1/license-templates', body);
    expect(response).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it('names every fault with a JSON pointer', async () => {
    const response = await api.post('/v1/license-templates', {
      template_name: '',
      product_id: 'p',
      license_type: 'subscription',
      license_model: 'PER_SEAT',
      features: [{ feature_id: 'a', feature_name: 'A', limit_value: -1 }],
      'odd/field~': 1,
    });
    expect(response.status).toBe(400);
    const pointers = (response.body.errors as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(pointers.sort()).toEqual(['/features/0/limit_value', '/license_type', '/odd~1field~0', '/template_name']);
  });

  it('takes the request id it is given, and makes one where it is none', async () => {
    const given = await api.send('get', '/v1/nothing', undefined, { 'X-Request-Id': 'order-4711' });
    expect(given.headers['x-request-id']).toBe('order-4711');
    expect(given.body.instance).toBe('urn:request:order-4711');
    const odd = await api.send('get', '/v1/products', undefined, { 'X-Request-Id': 'a b' });
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says nothing of the database or the code when something breaks', async () => {
    const broken = await TestApp.start();
    const key = await broken.tenant();
    await broken.database.query('DROP TABLE license_event_logs');
    const response = await key.get('/v1/license-events');
    expect(response.status).toBe(500);
    expect(response.text).not.toMatch(/license_event_logs|relation|\.ts|\.js|at /);
    await broken.stop();
  });

  it('reports its health to everybody', async () => {
    expect((await app.anonymous().get('/health/live')).body.status).toBe('ok');
    expect((await app.anonymous().get('/health/ready')).body.details).toEqual({
      database: { status: 'up' },
      workflows: { status: 'up', engine: 'dbos', state: 'off', reason: 'WORKFLOWS is off' },
    });
  });

  it('notes when a key was last used', async () => {
    const used = await TestApp.start();
    const key = await used.tenant();
    await key.get('/v1/products');
    await used.nest.close();
    const [row] = await used.database.query('SELECT last_used_at FROM api_keys WHERE tenant_id = $1', [key.tenantId]);
    expect(row?.last_used_at).toBeInstanceOf(Date);
    await used.database.drop();
  });
});
