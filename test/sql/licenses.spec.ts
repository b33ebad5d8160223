import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { formatLicenseKey, LicenseKeySource } from '../../src/licensing/keys/license-key.js';
import { Clock } from '../../src/shared/time/clock.js';
import { NDJSON, unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

const NOW = new Date('2026-02-28T12:00:00.000Z');
const LICENSE_KEY = /^[0-9A-F]{4}(-[0-9A-F]{4}){4}$/;

describe('POST /v1/licenses', () => {
  let app: TestApp;
  let api: Api;
  let now = NOW;
  let drawn: Buffer[] = [];

  beforeAll(async () => {
    const source = new LicenseKeySource();
    app = await TestApp.start({
      override: (builder) =>
        builder
          .overrideProvider(Clock)
          .useValue({ now: () => now })
          .overrideProvider(LicenseKeySource)
          .useValue({ next: () => (drawn.length > 0 ? formatLicenseKey(drawn.shift()!) : source.next()) }),
    });
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  it('is read alike in whatever time zone the database is, up to the last moment that can be written', async () => {
    const database = await TestDatabase.create();
    await database.query(`ALTER DATABASE ${database.name} SET timezone TO 'Asia/Tokyo'`);
    await database.query(`ALTER DATABASE ${database.name} SET bytea_output TO 'escape'`);
    const east = await TestApp.start({ database });
    const vendor = await east.tenant();
    const { license_id, license_key } = await vendor.issue(
      await vendor.template({ default_duration: 30, grace_period_days: 0 }),
    );
    const path = `/v1/licenses/${license_id}`;
    const last = '9999-12-31T23:59:59.999Z';
    expect((await vendor.patch(path, { expiry_date: last })).status).toBe(200);
    expect((await vendor.get(path)).body.expiry_date).toBe(last);
    expect((await vendor.post(`${path}/reveal-key`)).body.license_key).toBe(license_key);
    await east.stop();
    await database.drop();
  });

  it('answers with the 15 fields of the specification, in its order, and says where the license is', async () => {
    const templateId = await api.template({
      template_name: 'Professional ISP License',
      max_activations: 5,
      default_duration: 365,
    });
    await api.create('/v1/customers', { customer_id: 'john', first_name: 'John', last_name: 'Doe' });
    const response = await api.post('/v1/licenses', { license_template_id: templateId, customer_id: 'john' });
    expect(response.status).toBe(201);
    const license = response.body;
    expect(Object.keys(license)).toEqual([
      'license_key',
      'license_id',
      'customer_id',
      'template_id',
      'tenant_id',
      'product_id',
      'product_name',
      'license_type',
      'license_model',
      'status',
      'issued_to',
      'issued_date',
      'expiry_date',
      'max_activations',
      'current_activations',
    ]);
    expect(license).toMatchObject({
      customer_id: 'john',
      template_id: templateId,
      tenant_id: api.tenantId,
      product_name: 'License for Professional ISP License',
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      status: 'ACTIVE',
      issued_to: 'John Doe',
      issued_date: '2026-02-28T12:00:00.000Z',
      expiry_date: '2027-02-28T12:00:00.000Z',
      max_activations: 5,
      current_activations: 0,
    });
    expect(license.license_key).toMatch(LICENSE_KEY);
    expect(response.headers.location).toBe(`/v1/licenses/${license.license_id}`);
  });

  it('takes ids as strings and as integers', async () => {
    const templateId = await api.template({ template_id: 4711 });
    expect(templateId).toBe('4711');
    const license = await api.create('/v1/licenses', { license_template_id: 4711, customer_id: 42 });
    expect(license).toMatchObject({ template_id: '4711', customer_id: '42', issued_to: 'Customer 42' });
  });

  describe('issued_to', () => {
    let templateId: string;
    beforeAll(async () => {
      templateId = await api.template();
    });

    it.each([
      [{ first_name: 'Ada', last_name: 'Byron', company_name: 'Engines', email: 'ada@example.com' }, 'Ada Byron'],
      [{ last_name: 'Byron', company_name: 'Engines' }, 'Byron'],
      [{ first_name: 'Ada', email: 'ada@example.com' }, 'Ada'],
      [{ company_name: 'Engines', email: 'ada@example.com' }, 'Engines'],
      [{ email: 'ada@example.com' }, 'ada@example.com'],
    ])('of the customer %j is %s', async (customer, issuedTo) => {
      const { customer_id } = await api.create('/v1/customers', customer);
      expect((await api.issue(templateId, { customer_id })).issued_to).toBe(issuedTo);
    });

    it('is taken as given before anything else', async () => {
      const { customer_id } = await api.create('/v1/customers', { first_name: 'Ada' });
      expect((await api.issue(templateId, { customer_id, issued_to: 'The Analytical Society' })).issued_to).toBe(
        'The Analytical Society',
      );
    });

    it('names the id of a customer nobody knows here', async () => {
      expect((await api.issue(templateId, { customer_id: 'crm:77' })).issued_to).toBe('Customer crm:77');
    });

    it("does not tell another tenant's customer from an unknown one", async () => {
      const other = await app.tenant();
      await other.create('/v1/customers', { customer_id: 'secret-customer', first_name: 'Secret' });
      expect((await api.issue(templateId, { customer_id: 'secret-customer' })).issued_to).toBe(
        'Customer secret-customer',
      );
    });
  });

  it('never ends a perpetual license, and a template without duration gives none an end', async () => {
    const perpetual = await api.issue(await api.template({ license_type: 'PERPETUAL' }));
    const endless = await api.issue(await api.template({ default_duration: null }));
    for (const { license_id, expiry_date } of [perpetual, endless]) {
      expect(expiry_date).toBeNull();
      expect((await api.get(`/v1/licenses/${license_id}`)).body).toMatchObject({ maintenance_expiry: null });
    }
  });

  it('keeps the terms it was issued with when the template changes', async () => {
    const terms = {
      max_activations: 5,
      grace_period_days: 7,
      overage_policy: 'ALLOW',
      overage_factor: 1.15,
      eviction_policy: 'OLDEST',
      heartbeat_interval_seconds: 60,
      heartbeat_grace_seconds: 30,
      features: [{ feature_id: 'a', feature_name: 'A', enabled: false, limit_value: 3, limit_type: 'COUNT' }],
      restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['US', 'CA'], operator: 'ALLOW' }],
      pricing: { monthly: 299, annual: 2990 },
    };
    const templateId = await api.template(terms);
    const { license_id } = await api.issue(templateId, { metadata: { order: 7 } });
    const changed = await api.patch(`/v1/license-templates/${templateId}`, {
      max_activations: 1,
      grace_period_days: 0,
      overage_policy: 'DENY',
      overage_factor: null,
      eviction_policy: 'NONE',
      heartbeat_interval_seconds: 1,
      heartbeat_grace_seconds: 0,
      features: [],
      restrictions: [],
      pricing: { monthly: 1 },
      default_duration: 1,
    });
    expect(changed.status).toBe(200);
    const { body } = await api.get(`/v1/licenses/${license_id}`);
    expect(body).toMatchObject({
      ...terms,
      features: [{ ...terms.features[0], expires_at: null }],
      template_version: 1,
      default_duration: 365,
      metadata: { order: 7 },
      version: 1,
    });
    expect((await api.issue(templateId)).max_activations).toBe(1);
  });

  it.each([
    ['a tenant_id', { tenant_id: 'tenant-001' }, '/tenant_id'],
    ['an empty issued_to', { issued_to: '' }, '/issued_to'],
    ['an issued_to of 256 characters', { issued_to: 'x'.repeat(256) }, '/issued_to'],
    ['U+0000', { issued_to: 'a\0b' }, '/issued_to'],
    ['a lone surrogate', { issued_to: 'a\ud800' }, '/issued_to'],
    ['a customer_id of another form', { customer_id: ['a'] }, '/customer_id'],
    ['a customer_id that is no id', { customer_id: 'a/b' }, '/customer_id'],
    ['a customer_id beyond 2^53', { customer_id: 2 ** 53 }, '/customer_id'],
    ['metadata over 16 KiB', { metadata: { x: 'y'.repeat(16 * 1024) } }, '/metadata'],
    [
      'metadata nine levels deep',
      { metadata: { a: { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } } } },
      '/metadata',
    ],
  ])('refuses %s and changes nothing', async (_, fault, pointer) => {
    const templateId = await api.template();
    const response = await api.post('/v1/licenses', { license_template_id: templateId, customer_id: 'c', ...fault });
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ pointer }] });
    expect((await api.get(`/v1/licenses?template_id=${templateId}`)).body.data).toEqual([]);
  });

  it('refuses an unknown template, and one of another tenant with the same words', async () => {
    const other = await app.tenant();
    const theirs = await other.template({ template_id: 'only-theirs' });
    const unknown = await api.post('/v1/licenses', { license_template_id: 'nobodys', customer_id: 'c' });
    const foreign = await api.post('/v1/licenses', { license_template_id: theirs, customer_id: 'c' });
    expect(unknown.status).toBe(404);
    expect(foreign.status).toBe(404);
    expect(foreign.body.code).toBe('TEMPLATE_NOT_FOUND');
    expect(foreign.body.detail).toBe(unknown.body.detail.replace('nobodys', theirs));
  });

  it('refuses an archived template, and a template of an archived product, from the next request on', async () => {
    const templateId = await api.template();
    const path = `/v1/license-templates/${templateId}`;
    await api.patch(path, { active: false });
    const order = { license_template_id: templateId, customer_id: 'c' };
    expect(await api.post('/v1/licenses', order)).toMatchObject({ status: 409, body: { code: 'TEMPLATE_INACTIVE' } });
    await api.patch(path, { active: true });
    expect((await api.post('/v1/licenses', order)).status).toBe(201);
    const { product_id } = (await api.get(path)).body;
    await api.patch(`/v1/products/${product_id}`, { active: false });
    expect(await api.post('/v1/licenses', order)).toMatchObject({ status: 409, body: { code: 'PRODUCT_INACTIVE' } });
  });

  it('refuses an archived customer, named in the request or not, from the next request on, and issues again once it is back', async () => {
    const licensee = await app.tenant();
    const templateId = await licensee.template();
    const customer = (await licensee.create('/v1/customers', { first_name: 'Ann' })).customer_id as string;
    const { license_id } = await licensee.issue(templateId, { customer_id: 'other' });
    const orders = [{}, { issued_to: 'Ann' }].map((name) => ({
      license_template_id: templateId,
      customer_id: customer,
      ...name,
    }));
    const attempts = async () => {
      const issued = await Promise.all(orders.map((order) => licensee.post('/v1/licenses', order)));
      const transfer = await licensee.post(`/v1/licenses/${license_id}/transfer`, { customer_id: customer });
      return [...issued, transfer].map(({ status, body }) => [status, body.code]);
    };
    for (const order of orders) expect((await licensee.post('/v1/licenses', order)).status).toBe(201);
    await licensee.patch(`/v1/customers/${customer}`, { active: false });
    for (let i = 0; i < 2; i++) expect(await attempts()).toEqual(Array(3).fill([409, 'CUSTOMER_INACTIVE']));
    await licensee.patch(`/v1/customers/${customer}`, { active: true });
    expect(await attempts()).toEqual([
      [201, undefined],
      [201, undefined],
      [200, undefined],
    ]);
  });

  it('refuses an unknown customer where customers must exist, named in the request or not, here and in another process', async () => {
    const vendor = await app.tenant();
    const templateId = await vendor.template();
    const known = (await vendor.create('/v1/customers', { first_name: 'Ann' })).customer_id as string;
    const { license_id } = await vendor.issue(templateId, { customer_id: 'elsewhere' });
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets });
    const there = await neighbour.key(vendor.tenantId, ['*']);
    const attempts = async (caller: Api, customer: string) => {
      const order = { license_template_id: templateId, customer_id: customer };
      const batch = await caller.post('/v1/licenses:batch-issue', order, { 'Content-Type': NDJSON });
      const answers = [
        await caller.post('/v1/licenses', order),
        await caller.post('/v1/licenses', { ...order, issued_to: 'Ann' }),
        await caller.post(`/v1/licenses/${license_id}/transfer`, { customer_id: customer }),
        batch.body[0],
      ];
      return answers.map((answer: Wire) => answer.body?.code ?? answer.problem?.code ?? answer.status ?? 201);
    };
    expect(await attempts(there, 'elsewhere')).toEqual([201, 201, 200, 201]);
    await vendor.patch('/v1/settings', { customers_must_exist: true });
    for (const caller of [vendor, there]) {
      expect(await attempts(caller, 'elsewhere')).toEqual(Array(4).fill('CUSTOMER_NOT_FOUND'));
      expect(await attempts(caller, known)).toEqual([201, 201, 200, 201]);
    }
    // An order for a license is refused where it is made; the license of a partner itself needs no customer.
    const lines = [{ kind: 'ISSUE', license_template_id: templateId, quantity: 1, unit_price: 100 }];
    for (const [path, body] of [
      ['orders', { currency: 'EUR', lines }],
      ['quotes', { currency: 'EUR', lines, valid_until: '2099-01-01T00:00:00Z' }],
      ['subscriptions', { template_id: templateId, period_end: '2099-01-01T00:00:00Z' }],
    ] as const) {
      const make = async (customer_id: string) => {
        const { status, body: made } = await vendor.post(`/v1/${path}`, { ...body, customer_id });
        return { path, outcome: status === 201 ? made : made.code };
      };
      expect(await make('elsewhere')).toEqual({ path, outcome: 'CUSTOMER_NOT_FOUND' });
      const { outcome } = await make(known);
      expect({ path, outcome }).toMatchObject({ path, outcome: { customer_id: known } });
      if (path === 'subscriptions') continue;
      const id = (outcome.order_id ?? outcome.quote_id) as string;
      const patched = await vendor.patch(`/v1/${path}/${id}`, { customer_id: 'elsewhere' });
      expect({ path, code: patched.body.code }).toEqual({ path, code: 'CUSTOMER_NOT_FOUND' });
    }
    const { partner_id } = await vendor.create('/v1/partners', { name: 'Partner' });
    await vendor.post(`/v1/partners/${partner_id}/approve`, {});
    const own = await vendor.create(`/v1/partners/${partner_id}/issue-license`, { license_template_id: templateId });
    expect(own).toMatchObject({ customer_id: partner_id, issued_to: 'Partner' });
    await vendor.create('/v1/customers', { customer_id: 'elsewhere', first_name: 'Bob' });
    expect(await attempts(there, 'elsewhere')).toEqual([201, 201, 200, 201]);
    await neighbour.stop();
  });

  it('shows no limit of seats that does not hold', async () => {
    const templateId = await api.template({ license_model: 'SITE_LICENSE', max_activations: 2 });
    const license = await api.issue(templateId);
    const read = await api.get(`/v1/licenses/${license.license_id}`);
    expect([license.max_activations, read.body.max_activations]).toEqual([null, null]);
  });

  it('refuses in another process what this one has archived', async () => {
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets });
    const there = await neighbour.key(api.tenantId, ['*']);
    const templateId = await api.template();
    await there.issue(templateId);
    await api.patch(`/v1/license-templates/${templateId}`, { active: false });
    const response = await there.post('/v1/licenses', { license_template_id: templateId, customer_id: 'c' });
    expect(response).toMatchObject({ status: 409, body: { code: 'TEMPLATE_INACTIVE' } });
    await neighbour.stop();
  });

  it('draws another key when the first is taken, by whichever tenant, and tells the world of one license', async () => {
    const taken = Buffer.from('0123456789abcdef0123', 'hex');
    const other = await app.tenant();
    drawn = [Buffer.from(taken)];
    expect((await other.issue(await other.template())).license_key).toBe('0123-4567-89AB-CDEF-0123');
    const templateId = await api.template();
    drawn = [Buffer.from(taken), Buffer.from(taken)];
    const license = await api.issue(templateId);
    expect(drawn).toEqual([]);
    expect(license.license_key).not.toBe('0123-4567-89AB-CDEF-0123');
    expect((await api.get(`/v1/licenses?template_id=${templateId}`)).body.data).toHaveLength(1);
    await eventually(async () => {
      const events = await api.get(`/v1/license-events?license_id=${license.license_id}`);
      expect(events.body.data).toHaveLength(1);
    });
  });

  it('gives up with an error, and without a license, when every key it draws is taken', async () => {
    const taken = Buffer.from('fedcba98765432100123', 'hex');
    const templateId = await api.template();
    drawn = [Buffer.from(taken)];
    await api.issue(templateId);
    drawn = Array.from({ length: 10 }, () => Buffer.from(taken));
    const response = await api.post('/v1/licenses', { license_template_id: templateId, customer_id: 'c' });
    expect(response.status).toBe(500);
    drawn = [];
    expect((await api.get(`/v1/licenses?template_id=${templateId}`)).body.data).toHaveLength(1);
  });

  it('keeps the key nowhere in clear, and shows it whole only when it is issued or revealed', async () => {
    const { license_id, license_key } = await api.issue(await api.template());
    const shown = await api.get(`/v1/licenses/${license_id}`);
    expect(shown.body.license_key_last_four).toBe(license_key.slice(-4));
    for (const path of [`/v1/licenses/${license_id}`, '/v1/licenses?limit=100', '/v1/license-events?limit=100']) {
      expect((await api.get(path)).text).not.toContain(license_key);
    }
    const revealed = await api.post(`/v1/licenses/${license_id}/reveal-key`);
    expect(revealed).toMatchObject({ status: 200, body: { license_id, license_key } });
    const event = await eventually(async () => {
      const { body } = await api.get(`/v1/license-events?license_id=${license_id}&event_type=license.key_revealed`);
      expect(body.data).toHaveLength(1);
      return body.data[0];
    });
    expect(JSON.stringify(event)).not.toContain(license_key);
    expect(event.actor).toMatchObject({ type: 'api_key', via: 'rest' });
    for (const table of ['licenses', 'license_keys', 'outbox', 'license_event_logs']) {
      const rows = await app.database.query(`SELECT t::text AS row FROM ${table} t`);
      expect(rows.some(({ row }) => (row as string).includes(license_key))).toBe(false);
    }
  });

  it('reveals to nobody without the permission, nor to another tenant', async () => {
    const { license_id } = await api.issue(await api.template());
    const support = await app.key(api.tenantId, ['licenses:read', 'licenses:issue', 'events:read']);
    expect(await support.post(`/v1/licenses/${license_id}/reveal-key`)).toMatchObject({
      status: 403,
      body: { code: 'PERMISSION_DENIED' },
    });
    const other = await app.tenant();
    expect((await other.post(`/v1/licenses/${license_id}/reveal-key`)).status).toBe(404);
    expect((await other.get(`/v1/licenses/${license_id}`)).body.code).toBe('LICENSE_NOT_FOUND');
  });

  describe('GET /v1/licenses', () => {
    let lister: Api;
    const ids: string[] = [];

    beforeAll(async () => {
      lister = await app.tenant();
      const yearly = await lister.template({ template_id: 'yearly' });
      const forever = await lister.template({ template_id: 'forever', license_type: 'PERPETUAL' });
      for (let month = 0; month < 6; month++) {
        now = new Date(Date.UTC(2026, month, 1));
        const order = { customer_id: `c-${month % 2}`, issued_to: `${month % 2 ? 'Zoë' : 'ÄRA'} ${month}` };
        ids.push((await lister.issue(month < 4 ? yearly : forever, order)).license_id as string);
      }
      now = NOW;
    });

    const found = async (query: string) =>
      (await lister.get(`/v1/licenses?${query}`)).body.data.map((l: Wire) => ids.indexOf(l.license_id));

    it.each([
      ['', [5, 4, 3, 2, 1, 0]],
      ['customer_id=c-1', [5, 3, 1]],
      ['template_id=forever', [5, 4]],
      ['license_type=SUBSCRIPTION', [3, 2, 1, 0]],
      ['status=ACTIVE', [5, 4, 3, 2, 1, 0]],
      ['status=REVOKED', []],
      ['issued_from=2026-03-01T00:00:00Z&issued_before=2026-05-01T00:00:00Z', [3, 2]],
      ['issued_before=2026-02-01T01:00:00%2B01:00', [0]],
      ['expires_before=2027-02-02T00:00:00Z', [0, 1]],
      ['expires_from=2027-02-02T00:00:00Z', [2, 3]],
      ['expires_from=2027-01-01T00:00:00Z&q=z', [1, 3]],
      ['q=zo', [1, 3, 5]],
      ['q=%C3%A4ra%204', [4]],
      ['q=ra', []],
      ['q=%25', []],
      ['customer_id=c-1&license_type=PERPETUAL', [5]],
    ])('with %j finds %j, in this order', async (query, expected) => {
      expect(await found(query)).toEqual(expected);
    });

    it('finds by product', async () => {
      const { product_id } = (await lister.get(`/v1/licenses/${ids[5]}`)).body;
      expect(await found(`product_id=${product_id}`)).toEqual([5, 4]);
    });

    it('pages through everything once, also when rows share a creation time and new ones come in', async () => {
      const pager = await app.tenant();
      const templateId = await pager.template();
      for (let i = 0; i < 7; i++) await pager.issue(templateId);
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await pager.get(`/v1/licenses?limit=3${cursor && `&cursor=${cursor}`}`);
        seen.push(...body.data.map((license: Wire) => license.license_id));
        cursor = body.next_cursor ?? '';
        now = new Date(now.getTime() + 1);
        if (seen.length === 3) await pager.issue(templateId);
      } while (cursor);
      now = NOW;
      expect(seen).toHaveLength(7);
      expect(new Set(seen).size).toBe(7);
    });

    it.each([
      ['expires_from=2020-01-01T00:00:00Z', ['c', 'a', 'e', 'b', 'd']],
      ['status=EXPIRED&expires_from=2020-01-01T00:00:00Z', ['c', 'a']],
      ['q=n', ['b', 'c', 'd', 'e', 'a']],
      ['status=EXPIRED&q=n', ['c', 'a']],
    ])('pages through %j by expiry or name, and by id where it is equal', async (query, expected) => {
      const pager = await app.tenant();
      const template_id = await pager.template({ default_duration: 10 });
      const byId = new Map<string, string>();
      for (const [name, issued_to, day] of [
        ['a', 'nO', 2],
        ['b', 'NA', 12],
        ['c', 'Nb', 1],
        ['d', 'Nb', 12],
        ['e', 'nb', 11],
      ] as const) {
        now = new Date(Date.UTC(2026, 0, day));
        byId.set((await pager.issue(template_id, { issued_to })).license_id as string, name);
      }
      // Some have expired; the log has been told of one of them.
      now = new Date(Date.UTC(2026, 0, 11, 12));
      await app.nest.get(LicenseTimer).sweep();
      now = new Date(Date.UTC(2026, 0, 12, 12));
      const seen: unknown[] = [];
      for (let cursor = '', more = true; more;) {
        const { body } = await pager.get(`/v1/licenses?limit=1&${query}${cursor}`);
        seen.push(...body.data.map((license: Wire) => byId.get(license.license_id as string)));
        more = body.next_cursor !== null;
        cursor = `&cursor=${body.next_cursor}`;
      }
      now = NOW;
      expect(seen).toEqual(expected);
    });

    it.each(['я', '𝄞', '\u0001'])('takes the cursor that it gave, also after a name of many %j', async (letter) => {
      const pager = await app.tenant();
      const template_id = await pager.template();
      for (let i = 0; i < 2; i++)
        await pager.issue(template_id, { issued_to: letter.repeat(letter.length > 1 ? 127 : 255) });
      const query = `limit=1&q=${encodeURIComponent(letter)}`;
      const { next_cursor } = (await pager.get(`/v1/licenses?${query}`)).body;
      const next = await pager.get(`/v1/licenses?${query}&cursor=${next_cursor}`);
      expect(next).toMatchObject({ status: 200, body: { data: [expect.anything()], next_cursor: null } });
    });

    it('refuses a cursor of another tenant, list, resource, filter or order, and one that was changed', async () => {
      const pager = await app.tenant();
      const template_id = await pager.template();
      for (let i = 0; i < 3; i++) await pager.issue(template_id, { issued_to: 'Zq Readable' });
      const { body } = await pager.get('/v1/licenses?limit=1&q=zq');
      const cursor = body.next_cursor as string;
      expect(Buffer.from(cursor, 'base64url').toString('latin1').toLowerCase()).not.toContain('readable');
      const uses: [Api, string][] = [
        [await app.tenant(), '/v1/licenses?q=zq'],
        [pager, '/v1/licenses?q=z'],
        [pager, '/v1/licenses'],
        [pager, '/v1/licenses?q=zq&status=ACTIVE'],
        [pager, '/v1/licenses?q=zq&expires_from=2020-01-01T00:00:00Z'],
        [pager, '/v1/customers?q=zq'],
        [pager, `/v1/licenses/${body.data[0].license_id}/activations?status=ACTIVE`],
      ];
      for (const [as, path] of uses) {
        const { status, body: problem } = await as.get(`${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`);
        expect({ path, status, code: problem.code }).toEqual({ path, status: 400, code: 'CURSOR_MISMATCH' });
      }
      for (const changed of [`B${cursor.slice(1)}`, cursor.slice(0, -2), 'nonsense'])
        expect((await pager.get(`/v1/licenses?q=zq&cursor=${changed}`)).body.code).toBe('CURSOR_MISMATCH');
      expect((await pager.get(`/v1/licenses?limit=2&q=zq&cursor=${cursor}`)).body.data).toHaveLength(2);
    });

    it.each([
      'limit=0',
      'limit=101',
      'limit=ten',
      'limit=-1',
      'status=active',
      'issued_from=yesterday',
      'q=',
      'q=%00',
      'colour=red',
      'customer_id=a%2Fb',
    ])('refuses %j', async (query) => {
      const response = await lister.get(`/v1/licenses?${query}`);
      expect(response.status).toBe(400);
      expect(response.body.errors[0].parameter).toBe(query.split('=')[0]);
    });

    it('refuses an id in the path that is no UUID', async () => {
      expect((await lister.get('/v1/licenses/4711')).status).toBe(400);
    });
  });

  it('issues many at once to one tenant, each with its own key', async () => {
    const templateId = await api.template({ template_id: `rush-${unique()}` });
    const licenses = await Promise.all(Array.from({ length: 40 }, () => api.issue(templateId)));
    expect(new Set(licenses.map((license) => license.license_key)).size).toBe(40);
    expect(new Set(licenses.map((license) => license.license_id)).size).toBe(40);
  });
});
