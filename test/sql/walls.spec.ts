import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ProductRepository } from '../../src/products/product.repository.js';
import { LicenseRepository } from '../../src/licensing/license.repository.js';
import { LicenseCreatedEvent } from '../../src/licensing/events/license-created.event.js';
import { IssueRepository } from '../../src/licensing/issuing/issue.repository.js';
import { License } from '../../src/licensing/license.entity.js';
import { OrderRepository } from '../../src/orders/order.repository.js';
import { QuoteRepository } from '../../src/orders/quotes/quote.repository.js';
import { CustomerRepository } from '../../src/customers/customer.repository.js';
import { TemplateRepository } from '../../src/templates/template.repository.js';
import { SubscriptionRepository } from '../../src/subscriptions/subscription.repository.js';
import { Outbox } from '../../src/shared/messaging/outbox.js';
import { Actor } from '../../src/shared/access/actor.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import type { Api, Wire } from '../support/api.js';
import { NEWEST_FIRST } from '../../src/shared/http/paging.js';
import { TestApp } from '../support/app.js';
import { query } from '../support/database.js';
import { eventually } from '../support/eventually.js';

const TENANT_TABLES = [
  'billing_products',
  'license_templates',
  'customers',
  'customer_notes',
  'licenses',
  'license_event_logs',
  'license_event_counters',
  'event_resource_counters',
  'idempotency_keys',
  'license_activations',
  'license_metadata_values',
  'license_activation_refusals',
  'blocked_devices',
  'license_deactivations',
  'license_client_events',
  'license_usages',
  'subscriptions',
  'subscription_events',
  'signing_keys',
  'revocation_lists',
  'quotes',
  'quote_lines',
  'orders',
  'order_lines',
  'partners',
  'partner_invitations',
  'license_pools',
  'pool_entries',
];

const SOMETHING_OF_A_LICENSE = `
  INSERT INTO license_activations (tenant_id, activation_id, license_id, fingerprint, units, activation_type, status,
                                   metadata, first_seen_at, last_seen_at, created_at)
    VALUES ('theirs', gen_random_uuid(), $1, 'device', 1, 'ONLINE', 'ACTIVE', '{}', now(), now(), now());
  INSERT INTO license_activation_refusals VALUES ('theirs', $1, 'device', now());
  INSERT INTO blocked_devices (tenant_id, blocked_device_id, license_id, fingerprint, reason_code, created_at)
    VALUES ('theirs', gen_random_uuid(), $1, 'device', 'OTHER', now());
  INSERT INTO license_metadata_values VALUES ('theirs', $1, 'key', 'value', now());
  INSERT INTO license_deactivations VALUES ('theirs', $1, 'MONTH', now(), 1, 3);
  INSERT INTO license_client_events VALUES ('theirs', $1, 'license.activated', now(), 1, 1000, false);
  INSERT INTO license_usages VALUES ('theirs', $1, 'feature', now(), 1, now(), now());
`;

describe('the walls between tenants', () => {
  let app: TestApp;
  let ours: Api;
  let theirs: Api;
  let theirTemplate: string;
  let theirLicense: Wire;
  let theirOrder: string;
  let theirQuote: string;

  beforeAll(async () => {
    app = await TestApp.start();
    ours = await app.tenant('ours');
    theirs = await app.tenant('theirs');
    theirTemplate = await theirs.template({ template_id: 'their-template' });
    const order = { license_template_id: theirTemplate, customer_id: 'their-customer' };
    theirLicense = (await theirs.post('/v1/licenses', order, { 'Idempotency-Key': 'theirs' })).body;
    await theirs.create('/v1/signing-keys', {});
    await app.signRevocations(theirs);
    const { partner_id } = await theirs.create('/v1/partners', { name: 'Theirs' });
    await theirs.post(`/v1/partners/${partner_id}/approve`, {});
    const pool = { partner_id: partner_id as string, license_template_id: theirTemplate, quantity: 1 };
    await theirs.create('/v1/license-pools', pool);
    await theirs.create('/v1/partner-invitations', { partner_id: partner_id as string });
    await theirs.create('/v1/customers', { customer_id: 'their-customer', first_name: 'Theirs' });
    await theirs.create('/v1/customers/their-customer/notes', { text: 'Theirs' });
    const subscription = { subscription_id: 'their-subscription', customer_id: 'c', template_id: theirTemplate };
    await theirs.create('/v1/subscriptions', subscription);
    await theirs.post('/v1/subscriptions/their-subscription/events', {
      event_id: 'e',
      occurred_at: '2025-01-01T00:00:00Z',
      kind: 'paused',
    });
    const lines = [{ kind: 'ISSUE', license_template_id: theirTemplate, unit_price: 1 }];
    const sale = { customer_id: 'their-customer', currency: 'EUR', lines };
    const { order_id } = await theirs.create('/v1/orders', sale);
    const { quote_id } = await theirs.create('/v1/quotes', { ...sale, valid_until: '2099-01-01T00:00:00Z' });
    [theirOrder, theirQuote] = [order_id as string, quote_id as string];
    await app.database.query(SOMETHING_OF_A_LICENSE.replaceAll('$1', `'${theirLicense.license_id}'`));
    await eventually(async () => {
      expect((await theirs.get('/v1/license-events')).body.data.length).toBeGreaterThanOrEqual(4);
    });
  });

  afterAll(() => app.stop());

  describe('the guard', () => {
    it.each([
      ['no header', {}],
      ['another scheme', { Authorization: 'Basic aW1wOmltcA==' }],
      ['no key', { Authorization: 'Bearer ' }],
      ['a malformed key', { Authorization: 'Bearer imp_123' }],
      ['a key with a wrong checksum', { Authorization: `Bearer imp_${'a'.repeat(38)}` }],
      ['a well-formed key nobody has', { Authorization: `Bearer imp_${'0'.repeat(32)}2wjyrI` }],
    ])('answers 401 with one message to %s', async (_, headers) => {
      const response = await app.anonymous().send('get', '/v1/licenses', undefined, headers);
      expect(response.status).toBe(401);
      expect(response.headers['www-authenticate']).toContain('Bearer');
      const { instance, ...body } = response.body;
      expect(instance).toMatch(/^urn:request:/);
      expect(body).toEqual({
        type: 'urn:imprimatur:problem:UNAUTHENTICATED',
        title: 'Unauthorized',
        status: 401,
        detail: 'A valid API key or access token is required: "Authorization: Bearer …".',
        code: 'UNAUTHENTICATED',
        next: { action: 'sign_in' },
      });
    });

    it('no longer lets in an expired or a revoked key', async () => {
      const expired = await app.key('ours', ['*'], { expiresAt: new Date(Date.now() - 1000) });
      expect((await expired.get('/v1/licenses')).status).toBe(401);
      const valid = await app.key('ours', ['*'], { expiresAt: new Date(Date.now() + 60_000) });
      expect((await valid.get('/v1/licenses')).status).toBe(200);
      await app.database.query(`UPDATE api_keys SET revoked_at = now() WHERE expires_at > now()`);
      // Revoked behind this process's back: within 5 seconds.
      await eventually(async () => {
        expect((await valid.get('/v1/licenses')).status).toBe(401);
      }, 5_000);
    });

    it('tells a suspended tenant so, with a genuine key only', async () => {
      const suspended = await app.tenant();
      await app.database.query(`UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, [suspended.tenantId]);
      expect(await suspended.get('/v1/licenses')).toMatchObject({ status: 403, body: { code: 'TENANT_SUSPENDED' } });
    });

    it('ignores permissions it does not know', async () => {
      const odd = await app.key('ours', ['licenses:everything', 'LICENSES:READ']);
      expect(await odd.get('/v1/licenses')).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } });
    });

    it('takes the tenant from the key, and refuses one that asks for another', async () => {
      const response = await ours.send('get', '/v1/licenses', undefined, { 'X-Tenant-Id': 'theirs' });
      expect(response).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } });
      expect((await ours.send('get', '/v1/licenses', undefined, { 'X-Tenant-Id': 'ours' })).body.data).toEqual([]);
    });
  });

  describe('the repository, as a superuser for whom row-level security does not count', () => {
    let bare: TestApp;

    beforeAll(async () => {
      bare = await TestApp.start({
        database: app.database,
        secrets: app.secrets,
        databaseUrl: app.database.superuserUrl,
      });
    });

    afterAll(() => bare.stop());

    it('sees every row, so the test means something', async () => {
      const work = bare.nest.get(UnitOfWork);
      const rows = await work.run('ours', (transaction) =>
        transaction.query({ text: 'SELECT 1 FROM licenses', values: [] }),
      );
      expect(rows.length).toBeGreaterThan(0);
    });

    it("finds, locks and lists nothing of another tenant's", async () => {
      const { product_id } = (await theirs.get('/v1/license-templates/their-template')).body;
      const page = { limit: 100, after: undefined, order: NEWEST_FIRST };
      const cases = [
        [bare.nest.get(ProductRepository), product_id],
        [bare.nest.get(TemplateRepository), theirTemplate],
        [bare.nest.get(CustomerRepository), 'their-customer'],
        [bare.nest.get(LicenseRepository), theirLicense.license_id],
        [bare.nest.get(SubscriptionRepository), 'their-subscription'],
        [bare.nest.get(OrderRepository), theirOrder],
        [bare.nest.get(QuoteRepository), theirQuote],
      ] as const;
      for (const [repository, id] of cases) {
        expect(await repository.find('theirs', id)).not.toBeNull();
        expect(await repository.find('ours', id)).toBeNull();
        expect(await repository.findForUpdate('ours', id)).toBeNull();
        expect(await repository.findMany('ours', [id])).toEqual([]);
        expect(await repository.list('ours', [{ sql: 'true OR true', parameters: {} }], page)).toEqual([]);
      }
      expect(await bare.nest.get(TemplateRepository).findIssuable('ours', [theirTemplate])).toEqual([]);
      expect(await bare.nest.get(OrderRepository).findWithLines('ours', theirOrder)).toBeNull();
      expect(await bare.nest.get(QuoteRepository).findWithLines('ours', theirQuote)).toBeNull();
    });

    it("changes nothing of another tenant's, whatever the row says", async () => {
      const customers = bare.nest.get(CustomerRepository);
      const customer = await customers.find('theirs', 'their-customer');
      Object.assign(customer!, { tenantId: 'ours', firstName: 'Stolen' });
      await expect(customers.update(customer!)).rejects.toThrow('reached 0 rows');
      expect((await customers.find('theirs', 'their-customer'))?.firstName).toBe('Theirs');
    });

    it('writes licenses for the tenant of the transaction only', async () => {
      const licenses = bare.nest.get(LicenseRepository);
      const stolen = await licenses.find('theirs', theirLicense.license_id as string);
      const license = Object.assign(new License(), stolen);
      const issueIn = (of: License) => {
        const event = new LicenseCreatedEvent(Actor.service('test', 'ours'), of);
        const row = { license: of, event, keyDigest: randomBytes(16), customerVersion: null };
        return bare.nest.get(UnitOfWork).run('ours', () => bare.nest.get(IssueRepository).issueAll([row]));
      };
      await expect(issueIn(license)).rejects.toThrow('of another tenant');
      // Its template is theirs too.
      Object.assign(license, { tenantId: 'ours', licenseId: randomUUID() });
      expect((await issueIn(license)).stored.size).toBe(0);
      expect(await bare.database.query(`SELECT 1 FROM licenses WHERE tenant_id = 'ours'`)).toEqual([]);
    });

    it("answers REST calls for another tenant's rows as if there were none", async () => {
      const key = await bare.key('ours', ['*']);
      expect((await key.get(`/v1/licenses/${theirLicense.license_id}`)).body.code).toBe('LICENSE_NOT_FOUND');
      expect((await key.get('/v1/license-templates/their-template')).body.code).toBe('TEMPLATE_NOT_FOUND');
      expect((await key.patch('/v1/license-templates/their-template', { active: false })).status).toBe(404);
      expect((await key.get('/v1/licenses')).body.data).toEqual([]);
      expect((await key.get('/v1/license-events')).body.data).toEqual([]);
    });
  });

  describe('row-level security, for raw SQL as the application role', () => {
    let client: pg.Client;

    beforeAll(async () => {
      client = new pg.Client({ connectionString: app.database.applicationUrl });
      await client.connect();
    });

    afterAll(() => client.end());

    const count = async (table: string) => Number((await client.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n);

    it.each(TENANT_TABLES)('shows no row of %s outside a transaction of a tenant', async (table) => {
      const [all] = await app.database.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
      expect(Number(all?.n)).toBeGreaterThan(0);
      expect(await count(table)).toBe(0);
    });

    it.each(TENANT_TABLES)("shows a tenant's transaction only its own rows of %s, and none after it", async (table) => {
      await client.query(`BEGIN; SET LOCAL app.tenant_id = 'theirs'`);
      const { rows } = await client.query(`SELECT DISTINCT tenant_id FROM ${table}`);
      await client.query('COMMIT');
      expect(rows).toEqual([{ tenant_id: 'theirs' }]);
      expect(await count(table)).toBe(0);
    });

    it.each([undefined, 'ours'])('inserts nothing for another tenant, as %s', async (tenant) => {
      await client.query(tenant ? `BEGIN; SET LOCAL app.tenant_id = '${tenant}'` : 'BEGIN');
      const insert = client.query(
        `INSERT INTO customers (tenant_id, customer_id, first_name, active, metadata, version, created_at, updated_at)
         VALUES ('theirs', 'planted', 'x', true, '{}', 1, now(), now())`,
      );
      await expect(insert).rejects.toMatchObject({ code: '42501' });
      await client.query('ROLLBACK');
    });

    it('moves no row to another tenant and changes none of theirs', async () => {
      await client.query(`BEGIN; SET LOCAL app.tenant_id = 'ours'`);
      const { rowCount } = await client.query(`UPDATE customers SET first_name = 'x' WHERE tenant_id = 'theirs'`);
      await client.query('ROLLBACK');
      expect(rowCount).toBe(0);
      await client.query(`BEGIN; SET LOCAL app.tenant_id = 'theirs'`);
      await expect(client.query(`UPDATE customers SET tenant_id = 'ours'`)).rejects.toMatchObject({ code: '42501' });
      await client.query('ROLLBACK');
    });

    it.each([
      'UPDATE license_event_logs SET user_id = null',
      'DELETE FROM license_event_logs',
      'TRUNCATE license_event_logs',
      'DELETE FROM licenses',
      'UPDATE licenses SET license_key_sealed = license_key_sealed',
      'UPDATE licenses SET product_id = product_id',
      'UPDATE licenses SET trial_customer_id = NULL, trial_product_id = NULL',
      'DELETE FROM license_activations',
      'DELETE FROM orders',
      'UPDATE orders SET external_id = NULL',
      'UPDATE order_lines SET amount = 0',
      'UPDATE quote_lines SET amount = 0',
      'DELETE FROM tenants',
      'UPDATE api_keys SET permissions = permissions',
      'DELETE FROM license_keys',
      'UPDATE subscription_events SET occurred_at = occurred_at',
      'DELETE FROM subscription_events',
      'UPDATE subscriptions SET initial_state = initial_state',
      'CREATE TABLE mine (x int)',
      'ALTER TABLE licenses DISABLE ROW LEVEL SECURITY',
    ])('may not: %s', async (statement) => {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    });

    it('binds the owner of the tables too', async () => {
      for (const table of TENANT_TABLES)
        expect(await query(app.database.ownerUrl, `SELECT 1 FROM ${table}`)).toEqual([]);
    });
  });

  describe('the keys of the tables', () => {
    it("let no template point at another tenant's product, nor a license at another tenant's template", async () => {
      const { product_id } = (await theirs.get('/v1/license-templates/their-template')).body;
      await ours.template({ template_id: 'our-template' });
      const template = app.database.query(
        `INSERT INTO license_templates SELECT 'ours', 'planted', 'planted', $1, description, license_type, license_model,
           default_duration, max_activations, features, restrictions, pricing, auto_renewal_enabled, trial_allowed,
           trial_duration_days, grace_period_days, active, metadata, version, created_at, updated_at
         FROM license_templates WHERE template_id = 'our-template'`,
        [product_id],
      );
      await expect(template).rejects.toMatchObject({ code: '23503', constraint: 'license_templates_product' });
      const license = await ours.issue('our-template');
      const repointed = app.database.query(`UPDATE licenses SET template_id = 'their-template' WHERE license_id = $1`, [
        license.license_id,
      ]);
      await expect(repointed).rejects.toMatchObject({ code: '23503', constraint: 'licenses_template' });
      const foreignProduct = app.database.query(`UPDATE licenses SET product_id = $2 WHERE license_id = $1`, [
        license.license_id,
        product_id,
      ]);
      await expect(foreignProduct).rejects.toMatchObject({ code: '23503', constraint: 'licenses_product' });
    });

    it('let two tenants use the same ids for their own', async () => {
      const license = { product_id: 'same', name: 'Same' };
      await ours.create('/v1/products', license);
      await theirs.create('/v1/products', { ...license, name: 'Other' });
      expect((await ours.get('/v1/products/same')).body.name).toBe('Same');
    });
  });

  it('let no event be recorded, and no unit of work be joined, for another tenant', async () => {
    const work = app.nest.get(UnitOfWork);
    const joining = work.run('ours', () => work.run('theirs', () => Promise.resolve()));
    await expect(joining).rejects.toThrow('a tenant that it was not begun for');
    expect(Outbox.append([]).values).toEqual(['[]', '[]']);
    for (const malformed of ['', "x'; DROP TABLE licenses; --", undefined as unknown as string]) {
      await expect(work.run(malformed, () => Promise.resolve())).rejects.toThrow(TypeError);
    }
  });
});
