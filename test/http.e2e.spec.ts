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

  it('survives a body of a hundred thousand levels', async () => {
    const deep = `{"product_id":"deep","name":"Deep","metadata":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
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
