import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api } from './support/api.js';
import { TestApp } from './support/app.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };

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
    ['an empty body', '', JSON_TYPE, 400, 'MALFORMED_REQUEST'],
    ['__proto__ in the body', '{"__proto__": {"admin": true}}', JSON_TYPE, 400, 'MALFORMED_REQUEST'],
    ['an array', '[]', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['null', 'null', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['another content type', '<a/>', { 'Content-Type': 'application/xml' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', 'name=x', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a member twice', '{"product_id":"a","name":"x","name":"y"}', JSON_TYPE, 400, 'MALFORMED_REQUEST'],
    ['a member twice, deep', '{"metadata":{"a":1,"\\u0061":2}}', JSON_TYPE, 400, 'MALFORMED_REQUEST'],
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

  it.each([100_000, 520_000])('survives a body of %i levels', async (levels) => {
    const deep = `{"product_id":"deep","name":"Deep","metadata":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    const response = await api.send('post', '/v1/products', deep, JSON_TYPE);
    expect(response).toMatchObject({ status: 400, body: { errors: [{ pointer: '/metadata' }] } });
  });

  it.each([
    ['get', '/v1/nothing'],
    ['get', '/'],
    ['delete', '/v1/products/x'],
    ['put', '/v1/products/x'],
    ['post', '/v1/license-events'],
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
    expect((await app.anonymous().get('/health/ready')).body.details).toEqual({ database: { status: 'up' } });
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
