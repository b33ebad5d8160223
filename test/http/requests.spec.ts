import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { NDJSON, unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { operations } from '../support/openapi.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const MISSING_ID = '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
/** Words of zod's own texts. */
const RAW = /\b(Invalid|[Ee]xpected|[Rr]eceived|Too (small|big)|[Uu]nrecognized|input|undefined|NaN)\b/;
/** One after the other in place of every member of a body. */
const BAD_VALUES = [null, true, 1.5, -1, 2 ** 60, '', 'x y', 'x'.repeat(5_000), [], [null], {}, { x: 1 }];

let app: TestApp;
let api: Api;
let platform: Api;

beforeAll(async () => {
  app = await TestApp.start();
  api = await app.tenant();
  platform = await app.platform();
});

afterAll(() => app.stop());

const pathOf = (template: string) =>
  template
    .replace('{tenant_id}', api.tenantId)
    .replace('{kid}', 'x'.repeat(43))
    .replace('{template}', 'renewal_reminder')
    .replace('{language}', 'de')
    .replace(/\{\w+\}/g, MISSING_ID);
const callerOf = (path: string) => (path.startsWith('/v1/tenants') || path === '/metrics' ? platform : api);
const bodyOf = (operation: Wire): Wire => operation.requestBody;
/** Routes but those of signing in, whose credential is in the body or a cookie. */
const writes = () =>
  operations(app.document).filter(
    ({ method, path }) => (method === 'post' || method === 'patch') && !path.startsWith('/auth/'),
  );

/** Sends headers and these bytes, in chunks where no length is announced. */
async function send(path: string, headers: Record<string, string>, body = ''): Promise<{ status: number; body: Wire }> {
  const { port } = app.nest.getHttpServer().address() as AddressInfo;
  const request = http.request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path,
    headers: { Authorization: `Bearer ${callerOf(path).key}`, ...headers },
  });
  request.flushHeaders();
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const part of response) text += String(part);
  // A stream of no lines is empty.
  return { status: response.statusCode ?? 0, body: JSON.parse(text === '' ? '{}' : text) };
}

const NO_BODIES: [string, Record<string, string>][] = [
  ['without any header', { 'Content-Length': '0' }],
  ['as JSON of length 0', { ...JSON_TYPE, 'Content-Length': '0' }],
  ['as JSON in no chunks', { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }],
  ['in no chunks', { 'Transfer-Encoding': 'chunked' }],
  ['as another type of length 0', { 'Content-Type': 'text/plain', 'Content-Length': '0' }],
  ['as another type in no chunks', { 'Content-Type': NDJSON, 'Transfer-Encoding': 'chunked' }],
];

describe('an empty body', () => {
  it.each(NO_BODIES)('%s is no body, on every route', async (_, headers) => {
    const json = writes().filter(({ operation }) => !(NDJSON in (bodyOf(operation)?.content ?? {})));
    expect(json.length).toBeGreaterThan(30);
    for (const { path, method, operation } of json.filter((one) => one.method === 'post')) {
      const { status, body } = await send(pathOf(path), headers);
      const required = bodyOf(operation)?.required === true;
      const shown = { method, path, status, code: body.code as unknown, errors: body.errors as unknown };
      if (required) expect(shown).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
      else expect(shown).not.toMatchObject({ code: expect.stringMatching(/MALFORMED|VALIDATION|UNSUPPORTED/) });
    }
  });

  it.each(NO_BODIES)('%s is {} where all members are optional', async (_, headers) => {
    const template = await api.template({ trial_allowed: true, default_duration: 30 });
    const { license_id: id } = await api.issue(template);
    const renewed = await send(`/v1/licenses/${id}/renew`, headers);
    expect(renewed.status).toBe(200);
    expect((await send(`/v1/licenses/${id}/explain`, headers)).status).toBe(200);
    expect((await send(`/v1/license-templates/${template}/duplicate`, headers)).status).toBe(201);
    const key = await api.create('/v1/api-keys', { name: 'k', role: 'issuer' });
    expect((await send(`/v1/api-keys/${key.id}/rotate`, headers)).status).toBe(200);
    expect((await send(`/v1/api-keys/${key.id}/revoke`, headers)).status).toBe(200);
  });

  it('is answered with the members that are required', async () => {
    const { body } = await send(`/v1/licenses/${MISSING_ID}/suspend`, { 'Content-Length': '0' });
    expect(body.errors).toEqual([{ pointer: '/reason', detail: 'is required' }]);
  });

  it('is documented as optional exactly where a body need not be sent', () => {
    const optional = writes()
      .filter(({ operation }) => bodyOf(operation)?.required === false)
      .map(({ path }) => path);
    expect(optional).toEqual(
      expect.arrayContaining(['/v1/licenses/{license_id}/renew', '/v1/api-keys/{key_id}/rotate']),
    );
    expect(optional).not.toContain('/v1/customers');
    expect(optional).not.toContain('/v1/licenses/{license_id}/suspend');
  });
});

const SIZES: Record<string, string>[] = [{ 'Content-Length': '2' }, { 'Transfer-Encoding': 'chunked' }];

describe('a body of another media type', () => {
  it.each<[string, Record<string, string>]>([
    ['text', { 'Content-Type': 'text/plain' }],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['no type', {}],
    ['NDJSON', { 'Content-Type': NDJSON }],
    ['gzip', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }],
    ['an unknown encoding', { ...JSON_TYPE, 'Content-Encoding': 'x' }],
  ])('is refused with 415, also where none is taken: %s', async (_, headers) => {
    const key = await api.create('/v1/api-keys', { name: 'k', role: 'issuer' });
    for (const path of ['/v1/products', `/v1/licenses/${MISSING_ID}/renew`, `/v1/api-keys/${key.id}/revoke`]) {
      for (const size of SIZES) {
        const { status, body } = await send(path, { ...headers, ...size }, '{}');
        expect({ path, status, code: body.code as unknown }).toEqual({
          path,
          status: 415,
          code: 'UNSUPPORTED_MEDIA_TYPE',
        });
      }
    }
    expect((await api.get(`/v1/api-keys/${key.id}`)).body.revoked_at).toBeNull();
  });
});

describe('a method that a path does not have', () => {
  it('is answered with 405 and those that it has, whoever asks', async () => {
    const all = operations(app.document);
    for (const path of new Set(all.map((one) => one.path))) {
      const present = all.filter((one) => one.path === path);
      const allow = present.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
      for (const method of METHODS.filter((name) => !present.some((one) => one.method === name))) {
        const response = await app.anonymous().send(method, pathOf(path));
        expect({ method, path, status: response.status, code: response.body.code as unknown }).toEqual({
          method,
          path,
          status: 405,
          code: 'METHOD_NOT_ALLOWED',
        });
        expect(response.headers.allow).toBe(allow.sort().join(', '));
      }
    }
  });

  it('does not have its body read, whatever that is', async () => {
    const response = await api.send('put', '/v1/products', '{"broken', JSON_TYPE);
    expect(response.body).toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
      detail: 'This path does not have the method PUT. It has: GET, HEAD, POST.',
    });
    expect((await api.send('delete', '/v1/customers/x', '', JSON_TYPE)).status).toBe(405);
  });

  it('leaves HEAD, preflight requests and unknown paths as they are', async () => {
    const server = supertest(app.nest.getHttpServer());
    const head = await server.head('/v1/products').set({ Authorization: `Bearer ${api.key}` });
    expect(head.status).toBe(200);
    expect((await server.head('/v1/client/validate')).status).toBe(405);
    const preflight = await server
      .options('/v1/client/validate')
      .set({ Origin: 'https://page.example', 'Access-Control-Request-Method': 'POST' });
    expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': '*' } });
    for (const method of METHODS) {
      const response = await api.send(method, `/v1/nothing/${unique()}`);
      expect({ method, code: response.body.code as unknown }).toEqual({ method, code: 'ROUTE_NOT_FOUND' });
    }
  });
});

describe('no text of a library reaches a caller', () => {
  /** Every detail of a problem body, those of the lines of a batch too. */
  const detailsOf = (body: Wire): string[] =>
    [body]
      .flat()
      .map((one: Wire) => one.problem ?? one)
      .flatMap((one: Wire) => [one.detail ?? '', ...(one.errors ?? []).map((fault: Wire) => fault.detail as string)]);

  it('for any member of any body, and any line of a batch', async () => {
    const seen = new Set<string>();
    // The settings last, because they may come to require If-Match.
    const isSettings = ({ path }: { path: string }) => Number(path === '/v1/settings');
    for (const { path, method, operation } of writes().sort((a, b) => isSettings(a) - isSettings(b))) {
      const content = bodyOf(operation)?.content;
      if (!content) continue;
      const type = NDJSON in content ? NDJSON : 'application/json';
      const name =
        String((content[type].schema.contentSchema ?? content[type].schema).$ref)
          .split('/')
          .pop() ?? '';
      const members = Object.keys((app.document.components!.schemas as Wire)[name].properties as object);
      // An action without parameters takes an empty object.
      const bodies = (members.length === 0 ? [] : BAD_VALUES).map((value) =>
        Object.fromEntries(members.map((member) => [member, value])),
      );
      for (const body of [...bodies, { unknown: 1 }, [], null, 'x']) {
        const response = await callerOf(path).send(method as 'post', pathOf(path), JSON.stringify(body), {
          'Content-Type': type,
        });
        if (response.status >= 400 || type === NDJSON) detailsOf(response.body).forEach((detail) => seen.add(detail));
      }
    }
    expect([...seen].filter((detail) => RAW.test(detail))).toEqual([]);
    expect([...seen]).toEqual(expect.arrayContaining(['is required', 'unknown field', 'must not be empty']));
  });

  it('for any parameter of any list', async () => {
    const seen = new Set<string>();
    for (const { path, operation } of operations(app.document).filter(({ method }) => method === 'get')) {
      const names = ((operation as Wire).parameters ?? [])
        .filter((parameter: Wire) => parameter.in === 'query')
        .map((parameter: Wire) => parameter.name as string);
      for (const value of ['', 'x%20y', '1.5', '%00', 'x'.repeat(500)]) {
        const query = [...names, ...(names.length > 0 ? ['unknown'] : [])].map((name: string) => `${name}=${value}`);
        const response = await callerOf(path).get(`${pathOf(path)}?${query.join('&')}`);
        if (response.status >= 400) detailsOf(response.body).forEach((detail) => seen.add(detail));
      }
    }
    expect([...seen].filter((detail) => RAW.test(detail))).toEqual([]);
    expect([...seen]).toEqual(expect.arrayContaining(['unknown parameter', 'must be an integer from 1 to 100']));
  });
});
