import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';

/** Another process may change templates and customers at any time while this one has them cached. */
describe('a license', () => {
  let app: TestApp;
  let elsewhere: TestApp;
  let here: Api;
  let there: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    elsewhere = await TestApp.start({ database: app.database, secrets: app.secrets });
    here = await app.tenant();
    there = elsewhere.bearer(here.tenantId, here.key ?? '');
    await here.template({ template_id: 'terms', max_activations: 5, grace_period_days: 30 });
    await here.create('/v1/customers', { customer_id: 'named', first_name: 'Before' });
  });

  afterAll(async () => {
    await elsewhere.stop();
    await app.stop();
  });

  const issue = (customer_id = 'named', headers = {}) =>
    here.post('/v1/licenses', { license_template_id: 'terms', customer_id }, headers);

  it('is issued on the terms as they are, also right after another process changed them', async () => {
    expect((await issue()).body.max_activations).toBe(5);
    for (const max_activations of [6, 7, 8]) {
      await there.patch('/v1/license-templates/terms', { max_activations });
      expect((await issue()).body.max_activations).toBe(max_activations);
    }
  });

  it('is not issued from a template that another process archived, and again once it is back', async () => {
    expect((await issue()).status).toBe(201);
    await there.patch('/v1/license-templates/terms', { active: false });
    expect(await issue()).toMatchObject({ status: 409, body: { code: 'TEMPLATE_INACTIVE' } });
    await there.patch('/v1/license-templates/terms', { active: true });
    expect((await issue()).status).toBe(201);
  });

  it('is not issued for a product that another process archived, and again once it is back', async () => {
    const { product_id } = (await issue()).body;
    await there.patch(`/v1/products/${product_id}`, { active: false });
    expect(await issue()).toMatchObject({ status: 409, body: { code: 'PRODUCT_INACTIVE' } });
    await there.patch(`/v1/products/${product_id}`, { active: true });
    expect((await issue()).status).toBe(201);
  });

  it("bears the customer's name as it is, also of a customer that was not there before", async () => {
    expect((await issue()).body.issued_to).toBe('Before');
    await there.patch('/v1/customers/named', { first_name: 'After' });
    expect((await issue()).body.issued_to).toBe('After');
    expect((await issue('later')).body.issued_to).toBe('Customer later');
    await there.create('/v1/customers', { customer_id: 'later', first_name: 'Here', last_name: 'Now' });
    expect((await issue('later')).body.issued_to).toBe('Here Now');
  });

  it('is done once for its idempotency key where the terms were outdated', async () => {
    await issue();
    await there.patch('/v1/license-templates/terms', { max_activations: 42 });
    const key = { 'Idempotency-Key': 'outdated' };
    const first = await issue('named', key);
    expect(first.body.max_activations).toBe(42);
    const again = await issue('named', key);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
  });

  it('of a group is issued on the terms as they are, and none is lost or done twice', async () => {
    await Promise.all(Array.from({ length: 10 }, () => issue()));
    await there.patch('/v1/license-templates/terms', { max_activations: 77 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) => issue('named', at % 2 ? { 'Idempotency-Key': `group-${at}` } : {})),
    );
    expect(answers.map(({ status, body }) => [status, body.max_activations])).toEqual(Array(30).fill([201, 77]));
    expect(new Set(answers.map(({ body }) => body.license_id as string)).size).toBe(30);
    const rows = await app.database.query('SELECT 1 FROM licenses WHERE max_activations = 77');
    expect(rows).toHaveLength(30);
    const keys = await app.database.query(
      'SELECT 1 FROM license_keys k LEFT JOIN licenses l USING (license_id) WHERE l IS NULL',
    );
    expect(keys).toEqual([]);
  });
});
