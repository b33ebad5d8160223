import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api, Wire } from './support/api.js';
import { TestApp } from './support/app.js';
import { operations } from './support/openapi.js';

const OPEN = ['/health/live', '/health/ready'];

describe('the OpenAPI document', () => {
  let app: TestApp;
  let ours: Api;
  let theirs: Api;
  /** Ids of another tenant's rows, by the name of the path parameter. */
  let foreign: Record<string, string>;

  beforeAll(async () => {
    app = await TestApp.start();
    ours = await app.tenant();
    theirs = await app.tenant();
    const template_id = await theirs.template({ template_id: 'foreign-template' });
    const license = await theirs.issue(template_id);
    const customer = await theirs.create('/v1/customers', { customer_id: 'foreign', last_name: 'Foreign' });
    foreign = {
      template_id,
      license_id: license.license_id as string,
      product_id: license.product_id as string,
      customer_id: customer.customer_id as string,
    };
  });

  afterAll(() => app.stop());

  const all = () => operations(app.document).filter(({ path }) => !OPEN.includes(path));
  const at = (path: string, ids = foreign) => path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'missing');
  const bodyOf = (path: string, method: string): Wire => {
    const item = (app.document.paths as Wire)[path][method];
    const ref = item.requestBody?.content['application/json'].schema.$ref as string | undefined;
    return ref && (app.document.components?.schemas as Wire)[ref.split('/').pop() ?? ''].example;
  };

  it('is OpenAPI 3.1, served as it is, and names every route once', async () => {
    const served = (await app.anonymous().get('/openapi.json')).body;
    expect(served.openapi).toBe('3.1.0');
    expect(served.paths).toEqual(JSON.parse(JSON.stringify(app.document.paths)));
    const ids = operations(app.document).map(({ operation }) => (operation as Wire).operationId as string);
    expect(ids.length).toBeGreaterThanOrEqual(20);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('resolves every reference', () => {
    const text = JSON.stringify(app.document);
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) expect(Object.keys(app.document.components?.schemas ?? {})).toContain(name);
  });

  it('gives each route a summary, a permission, its problem codes, and an example of its body', () => {
    for (const { path, method, operation } of all()) {
      const described = operation as Wire;
      expect({ path, method, summary: described.summary as string }).toMatchObject({
        summary: expect.stringMatching(/./),
      });
      expect(described['x-permission']).toMatch(/^[a-z]+:[a-z-]+$/);
      expect(described.security).toEqual([{ 'api-key': [] }]);
      expect(Object.keys(described['x-problem-codes'] as object)).toEqual(
        expect.arrayContaining(['401', '403', '500', '503']),
      );
      if (described.requestBody) expect(bodyOf(path, method)).toBeDefined();
    }
  });

  it('has examples that the server takes', async () => {
    await ours.create('/v1/products', bodyOf('/v1/products', 'post'));
    const template = await ours.create('/v1/license-templates', bodyOf('/v1/license-templates', 'post'));
    const copy = await ours.create(
      `/v1/license-templates/${template.template_id}/duplicate`,
      bodyOf('/v1/license-templates/{template_id}/duplicate', 'post'),
    );
    await ours.create('/v1/customers', bodyOf('/v1/customers', 'post'));
    const order = { ...bodyOf('/v1/licenses', 'post'), license_template_id: copy.template_id };
    await ours.create('/v1/licenses', order);
    for (const [path, id] of [
      ['/v1/products/{product_id}', 'ISP-PRO-001'],
      ['/v1/license-templates/{template_id}', template.template_id],
      ['/v1/customers/{customer_id}', 'customer-002'],
    ] as const) {
      const response = await ours.patch(path.replace(/\{.*\}/, id as string), bodyOf(path, 'patch'));
      expect(response.status).toBe(200);
      expect(response.body.version).toBe(2);
    }
  });

  it('answers 401 without a key on every route', async () => {
    expect(all().length).toBeGreaterThanOrEqual(18);
    for (const { path, method } of all()) {
      const response = await app.anonymous().send(method as 'get', at(path), bodyOf(path, method));
      expect({ path, method, status: response.status, code: response.body.code }).toEqual({
        path,
        method,
        status: 401,
        code: 'UNAUTHENTICATED',
      });
    }
  });

  it('answers 403 on every route to a key that has every permission but the one', async () => {
    const permissions = [...new Set(all().map(({ operation }) => (operation as Wire)['x-permission'] as string))];
    for (const { path, method, operation } of all()) {
      const needed = (operation as Wire)['x-permission'] as string;
      const key = await app.key(
        ours.tenantId,
        permissions.filter((permission) => permission !== needed),
      );
      const response = await key.send(method as 'get', at(path), bodyOf(path, method));
      expect({ path, method, status: response.status }).toEqual({ path, method, status: 403 });
      const allowed = await app.key(ours.tenantId, [needed]);
      expect((await allowed.send(method as 'get', at(path), bodyOf(path, method))).status).not.toBe(403);
    }
  });

  it("answers 404 to another tenant's id in the path, with the same words as to an id nobody has", async () => {
    const withId = all().filter(({ path }) => path.includes('{'));
    expect(withId.length).toBeGreaterThanOrEqual(9);
    const nobodys = {
      template_id: 'nobodys',
      product_id: 'nobodys',
      customer_id: 'nobodys',
      license_id: '01890000-0000-7000-8000-000000000000',
    };
    for (const { path, method } of withId) {
      const body = bodyOf(path, method);
      const theirsAnswer = await ours.send(method as 'get', at(path), body);
      const nobodysAnswer = await ours.send(method as 'get', at(path, nobodys), body);
      expect({ path, method, status: theirsAnswer.status }).toEqual({ path, method, status: 404 });
      expect(theirsAnswer.body.code).toMatch(/_NOT_FOUND$/);
      expect(theirsAnswer.body.code).toBe(nobodysAnswer.body.code);
    }
  });

  it("answers with the route's not-found code to another tenant's id in the body", async () => {
    const template = {
      ...bodyOf('/v1/license-templates', 'post'),
      template_id: 'x1',
      template_name: 'x1',
      product_id: foreign.product_id,
    };
    expect((await ours.post('/v1/license-templates', template)).body.code).toBe('PRODUCT_NOT_FOUND');
    const order = { license_template_id: foreign.template_id, customer_id: 'c' };
    expect((await ours.post('/v1/licenses', order)).body.code).toBe('TEMPLATE_NOT_FOUND');
  });

  it("lists nothing of another tenant's, also when asked for its ids", async () => {
    const empty = await app.tenant();
    const lists = all().filter(({ path, method }) => method === 'get' && !path.includes('{'));
    expect(lists).toHaveLength(5);
    for (const { path } of lists) {
      const listed = await empty.get(path);
      expect({ path, body: listed.body as unknown }).toEqual({ path, body: { data: [], next_cursor: null } });
    }
    for (const query of [
      `licenses?customer_id=customer-1`,
      `licenses?template_id=${foreign.template_id}`,
      `license-templates?product_id=${foreign.product_id}`,
      `license-events?license_id=${foreign.license_id}`,
      `customers?q=for`,
    ]) {
      expect((await empty.get(`/v1/${query}`)).body.data).toEqual([]);
    }
  });

  it('serves Swagger UI', async () => {
    const page = await app.anonymous().get('/docs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Imprimatur API');
    expect((await app.anonymous().get('/docs/swagger-ui-bundle.js')).status).toBe(200);
  });
});
