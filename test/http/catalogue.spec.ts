import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const TEMPLATE = { license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT' };

describe('products, templates and customers', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
    await api.create('/v1/products', { product_id: 'p', name: 'Product' });
  });

  afterAll(() => app.stop());

  const template = (terms: Record<string, unknown> = {}) => ({
    template_name: `Template ${unique()}`,
    product_id: 'p',
    ...TEMPLATE,
    ...terms,
  });

  it.each([
    ['/v1/products', { product_id: 'given', name: 'Given' }, 'product_id', 'PRODUCT_EXISTS'],
    [
      '/v1/license-templates',
      { template_id: 'given', template_name: 'Given', product_id: 'p', ...TEMPLATE },
      'template_id',
      'TEMPLATE_EXISTS',
    ],
    ['/v1/customers', { customer_id: 'given', last_name: 'Given' }, 'customer_id', 'CUSTOMER_EXISTS'],
  ])('%s are made once, say where they are, and can be read', async (path, body, idField, code) => {
    const made = await api.post(path, body);
    expect(made.status).toBe(201);
    expect(made.headers.location).toBe(`${path}/given`);
    expect(made.body).toMatchObject({ [idField]: 'given', active: true, version: 1, tenant_id: api.tenantId });
    expect((await api.get(`${path}/given`)).body).toEqual(made.body);
    expect(await api.post(path, body)).toMatchObject({ status: 409, body: { code } });
  });

  it('a template has versions: who made each, what it changed, and how many licenses have its terms', async () => {
    const clerk = await app.key(api.tenantId, ['templates:write']);
    const { template_id } = await api.create('/v1/license-templates', template({ max_activations: 5 }));
    const path = `/v1/license-templates/${template_id}`;
    await api.issue(template_id as string);
    await clerk.patch(path, { max_activations: 10, pricing: { annual: 100 } });
    await clerk.patch(path, {});
    await api.patch(path, { max_activations: 20, description: 'More' });
    for (let n = 0; n < 2; n++) await api.issue(template_id as string);
    await eventually(async () => {
      const { versions } = (await api.get(`${path}/versions`)).body;
      expect(versions).toMatchObject([
        { version: 3, changed: ['description', 'max_activations'], licenses: 2 },
        { version: 2, changed: ['max_activations', 'pricing'], licenses: 0 },
        { version: 1, changed: [], licenses: 1 },
      ]);
      const [third, second, first] = (versions as Wire[]).map(({ author_id }) => author_id as string);
      expect(third).toEqual(first);
      expect(second).not.toEqual(first);
    });
    const changes = async (from: number, to: number) =>
      (await api.get(`${path}/diff?from=${from}&to=${to}`)).body.changes;
    expect(await changes(1, 3)).toEqual({
      max_activations: { from: 5, to: 20 },
      description: { from: null, to: 'More' },
      pricing: { from: {}, to: { annual: 100 } },
    });
    expect(await changes(3, 2)).toMatchObject({ max_activations: { from: 20, to: 10 } });
    expect(await changes(2, 2)).toEqual({});
    expect((await api.get(`${path}/diff`)).body).toMatchObject({ from: 2, to: 3 });
    expect((await api.get(`${path}/diff?to=1`)).body).toMatchObject({ from: 1, to: 1, changes: {} });
    for (const query of ['from=1&to=4', 'from=0&to=1', 'from=1&to=x'])
      expect((await api.get(`${path}/diff?${query}`)).status).toBe(400);
    expect((await api.get('/v1/license-templates/nobodys/versions')).body.code).toBe('TEMPLATE_NOT_FOUND');
    expect((await (await app.tenant()).get(`${path}/versions`)).status).toBe(404);
  });

  it('a customer has notes with author and time, which partners do not see', async () => {
    await api.create('/v1/customers', { customer_id: 'noted', last_name: 'Noted' });
    const path = '/v1/customers/noted/notes';
    const clerk = await app.key(api.tenantId, ['customers:write', 'customers:read']);
    const send = () => clerk.post(path, { text: 'First\nnote' }, { 'Idempotency-Key': 'note' });
    const first = (await send()).body;
    expect((await send()).body).toEqual(first);
    expect(first).toMatchObject({ customer_id: 'noted', text: 'First\nnote', author_type: 'api_key' });
    const second = await api.create(path, { text: 'x'.repeat(10_000) });
    expect(second.author_id).not.toBe(first.author_id);
    expect((await api.get(path)).body.data).toEqual([second, first]);
    for (const text of ['', 'x'.repeat(10_001), '\u0000']) expect((await api.post(path, { text })).status).toBe(400);
    expect((await api.post('/v1/customers/nobody/notes', { text: 'x' })).body.code).toBe('CUSTOMER_NOT_FOUND');
    expect((await (await app.tenant()).get(path)).body.code).toBe('CUSTOMER_NOT_FOUND');
    const reader = await app.key(api.tenantId, ['customers:read']);
    expect((await reader.post(path, { text: 'x' })).status).toBe(403);

    await api.create('/v1/customers', { customer_id: 'unnoted', last_name: 'Other' });
    const other = `/v1/customers/unnoted/notes/${first.note_id}`;
    expect((await api.send('delete', other)).body.code).toBe('CUSTOMER_NOTE_NOT_FOUND');
    expect((await api.send('delete', `${path}/${first.note_id}`)).body).toEqual(first);
    expect((await api.send('delete', `${path}/${first.note_id}`)).status).toBe(404);
    expect((await api.get(path)).body.data).toEqual([second]);
    await eventually(async () => {
      const events = (await api.get('/v1/license-events?resource_id=noted')).body.data as Wire[];
      expect(events.map(({ event_type }) => event_type as string)).toEqual([
        'customer.created',
        'customer.note_added',
        'customer.note_added',
        'customer.note_deleted',
      ]);
      expect(JSON.stringify(events)).not.toMatch(/First|xxxx/);
    });
  });

  it('a template has the documented defaults', async () => {
    expect(await api.create('/v1/license-templates', template())).toMatchObject({
      default_duration: 365,
      max_activations: 1,
      features: [],
      restrictions: [],
      pricing: {},
      auto_renewal_enabled: false,
      trial_allowed: false,
      trial_duration_days: 30,
      grace_period_days: 30,
      overage_policy: 'DENY',
      overage_factor: null,
      eviction_policy: 'NONE',
      heartbeat_interval_seconds: 300,
      heartbeat_grace_seconds: 300,
      active: true,
      description: null,
      metadata: {},
    });
    const perpetual = await api.create('/v1/license-templates', template({ license_type: 'PERPETUAL' }));
    expect(perpetual.default_duration).toBeNull();
    const path = `/v1/license-templates/${perpetual.template_id}`;
    const refusal = { status: 400, body: { errors: [{ pointer: '/default_duration' }] } };
    expect(await api.patch(path, { default_duration: 365 })).toMatchObject(refusal);
    expect(
      await api.post('/v1/license-templates', template({ license_type: 'PERPETUAL', default_duration: 365 })),
    ).toMatchObject(refusal);
  });

  it('a feature keeps what it was given: disabled stays disabled, limits and lists stay whole', async () => {
    const features = [
      {
        feature_id: 'f',
        feature_name: 'F',
        enabled: false,
        limit_value: 10,
        limit_type: 'COUNT',
        expires_at: '2027-01-01T01:00:00+01:00',
      },
    ];
    const restrictions = [{ restriction_type: 'IP_RANGE', values: ['10.0.0.0/8', '::1/128'], operator: 'ALLOW' }];
    const made = await api.create('/v1/license-templates', template({ features, restrictions }));
    expect(made.features).toEqual([{ ...features[0], expires_at: '2027-01-01T00:00:00.000Z' }]);
    expect(made.restrictions).toEqual(restrictions);
  });

  const feature = (i: number) => ({ feature_id: `f${i}`, feature_name: 'F' });
  const features = (count: number) => Array.from({ length: count }, (_, i) => feature(i));
  const restriction = (count: number) => [
    { restriction_type: 'DOMAIN', values: Array.from({ length: count }, (_, i) => `d${i}.example`), operator: 'DENY' },
  ];
  const valued = (restriction_type: string, ...values: string[]) => ({
    restriction_type,
    values,
    operator: 'ALLOW',
  });
  const nested = (levels: number): Record<string, unknown> => (levels === 1 ? {} : { a: nested(levels - 1) });

  it.each([
    [201, { default_duration: 1 }],
    [201, { default_duration: 36_500 }],
    [201, { default_duration: null }],
    [400, { default_duration: 0 }],
    [400, { default_duration: 36_501 }],
    [400, { default_duration: 1.5 }],
    [201, { max_activations: 1_000_000 }],
    [201, { max_activations: null }],
    [400, { max_activations: 0 }],
    [400, { max_activations: 1_000_001 }],
    [400, { max_activations: '5' }],
    [201, { overage_policy: 'ALLOW', overage_factor: 1.15 }],
    [400, { overage_policy: 'ALLOW' }],
    [400, { overage_policy: 'ALLOW', overage_factor: 1.155 }],
    [400, { overage_policy: 'ALLOW', overage_factor: 0.99 }],
    [400, { eviction_policy: 'NEWEST' }],
    [400, { heartbeat_interval_seconds: 0 }],
    [201, { features: [{ ...feature(1), limit_value: 9, limit_type: 'COUNT', reset_period: 'MONTH' }] }],
    [400, { features: [{ ...feature(1), reset_period: 'WEEK' }] }],
    [201, { features: features(200) }],
    [400, { features: features(201) }],
    [400, { features: [feature(1), feature(1)] }],
    [201, { restrictions: restriction(1_000) }],
    [400, { restrictions: [...restriction(600), ...restriction(401)] }],
    [400, { restrictions: restriction(0) }],
    [201, { restrictions: [valued('DOMAIN', '*.example.com'), valued('MAC_ADDRESS', '001b.4411.3ab7')] }],
    [201, { restrictions: [valued('TIME_BASED', 'Mon-Fri 09:00-18:00 Europe/Berlin')] }],
    [201, { restrictions: [valued('HARDWARE_ID', 'any text at all')] }],
    [400, { restrictions: [valued('GEOGRAPHIC', 'Germany')] }],
    [400, { restrictions: [valued('DOMAIN', 'https://example.com')] }],
    [400, { restrictions: [valued('IP_RANGE', '10.0.0.0/33')] }],
    [400, { restrictions: [valued('MAC_ADDRESS', '00:1B:44:11:3A')] }],
    [400, { restrictions: [valued('TIME_BASED', 'Mon-Fri 09:00-18:00 Europe/Atlantis')] }],
    [400, { restrictions: [valued('TIME_BASED', ...Array<string>(101).fill('Mon 09:00-18:00 UTC'))] }],
    [201, { restrictions: [valued('TIME_BASED', ...Array<string>(100).fill('Mon 09:00-18:00 UTC'))] }],
    [201, { pricing: nested(8) }],
    [400, { pricing: nested(9) }],
    [201, { metadata: { x: 'y'.repeat(16 * 1024 - 8) } }],
    [400, { metadata: { x: 'y'.repeat(16 * 1024 - 7) } }],
    [400, { metadata: [] }],
    [400, { template_name: 'a\0' }],
    [400, { license_model: 'PER_PLANET' }],
    [400, { colour: 'red' }],
    [400, { tenant_id: 'tenant-001' }],
  ])('answers %d to a template with %#', async (status, terms) => {
    expect((await api.post('/v1/license-templates', template(terms))).status).toBe(status);
  });

  it('names of templates are taken once, and not by another tenant', async () => {
    await api.create('/v1/license-templates', template({ template_name: 'Taken' }));
    const again = template({ template_name: 'Taken' });
    expect((await api.post('/v1/license-templates', again)).body.code).toBe('TEMPLATE_NAME_TAKEN');
    const other = await api.create('/v1/license-templates', template());
    const renamed = await api.patch(`/v1/license-templates/${other.template_id}`, { template_name: 'Taken' });
    expect(renamed).toMatchObject({ status: 409, body: { code: 'TEMPLATE_NAME_TAKEN' } });
    const elsewhere = await app.tenant();
    await elsewhere.create('/v1/products', { product_id: 'p', name: 'Theirs' });
    await elsewhere.create('/v1/license-templates', again);
  });

  it('a template needs a product that exists', async () => {
    const response = await api.post('/v1/license-templates', template({ product_id: 'nothing' }));
    expect(response).toMatchObject({ status: 404, body: { code: 'PRODUCT_NOT_FOUND' } });
  });

  it('a patch merges: absent is unchanged, null is null, arrays are whole, objects are merged', async () => {
    const { template_id } = await api.create(
      '/v1/license-templates',
      template({ description: 'D', features: features(3), pricing: { monthly: 1, tiers: { a: 1, b: 2 } } }),
    );
    const path = `/v1/license-templates/${template_id}`;
    const patch = { description: null, features: [feature(9)], pricing: { tiers: { a: null, c: 3 } } };
    const response = await api.send('patch', path, JSON.stringify(patch), {
      'Content-Type': 'application/merge-patch+json',
    });
    expect(response).toMatchObject({
      status: 200,
      body: { description: null, max_activations: 1, version: 2, pricing: { monthly: 1, tiers: { b: 2, c: 3 } } },
    });
    expect(response.body.features).toHaveLength(1);
    expect((await api.patch(path, {})).body.version).toBe(2);
    expect((await api.patch(path, { description: null })).body.version).toBe(2);
    for (const fixed of ['template_id', 'product_id', 'license_type', 'license_model', 'version', 'created_at']) {
      expect(await api.patch(path, { [fixed]: 'PERPETUAL' })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: `/${fixed}` }] },
      });
    }
    expect((await api.patch(path, { template_name: null })).status).toBe(400);
  });

  it('fifty patches at once lose nothing and raise the version by fifty', async () => {
    await api.create('/v1/customers', { customer_id: 'busy', last_name: 'Busy' });
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => api.patch('/v1/customers/busy', { metadata: { [`k${i}`]: i } })),
    );
    const { body } = await api.get('/v1/customers/busy');
    expect(body.version).toBe(51);
    expect(Object.keys(body.metadata as object)).toHaveLength(50);
  });

  it('metadata stays within its limit however often it is patched', async () => {
    await api.create('/v1/customers', { customer_id: 'big', last_name: 'Big', metadata: { a: 'x'.repeat(10_000) } });
    const response = await api.patch('/v1/customers/big', { metadata: { b: 'x'.repeat(10_000) } });
    expect(response).toMatchObject({ status: 400, body: { errors: [{ pointer: '/metadata' }] } });
  });

  it('a template is duplicated with its terms, under its own id and name', async () => {
    const original = await api.create('/v1/license-templates', template({ features: features(2), max_activations: 9 }));
    const path = `/v1/license-templates/${original.template_id}/duplicate`;
    const copy = await api.create(path, {});
    expect(copy).toMatchObject({ template_name: `${original.template_name} (copy)`, max_activations: 9, version: 1 });
    expect(copy.features).toEqual(original.features);
    expect(copy.template_id).not.toBe(original.template_id);
    expect((await api.post(path, {})).body.code).toBe('TEMPLATE_NAME_TAKEN');
    expect(await api.create(path, { template_id: 'second', template_name: `N ${unique()}` })).toMatchObject({
      template_id: 'second',
    });
  });

  it('a customer is somebody: by name, company or e-mail', async () => {
    expect((await api.post('/v1/customers', { customer_id: 'nobody' })).status).toBe(400);
    const { customer_id } = await api.create('/v1/customers', { email: 'a@example.com' });
    expect(customer_id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await api.patch(`/v1/customers/${customer_id}`, { email: null })).status).toBe(400);
    expect((await api.patch(`/v1/customers/${customer_id}`, { email: null, company_name: 'A' })).status).toBe(200);
    expect((await api.post('/v1/customers', { email: 'not an address' })).status).toBe(400);
    expect(await api.create('/v1/customers', { customer_id: 42, last_name: 'X' })).toMatchObject({ customer_id: '42' });
  });

  it('lists find by filter and by prefix, in any case, newest first', async () => {
    const lister = await app.tenant();
    for (const [id, name, sku] of [
      ['a', 'Alpha', 'X-1'],
      ['b', 'alphabet', 'Y-1'],
      ['c', '100% Beta_', 'x-2'],
    ] as const) {
      await lister.create('/v1/products', { product_id: id, name, sku, active: id !== 'b' });
    }
    const found = async (query: string) => {
      const { body } = await lister.get(`/v1/products?${query}`);
      return (body.data as Wire[]).map(({ product_id }) => product_id as string);
    };
    expect(await found('')).toEqual(['c', 'b', 'a']);
    expect(await found('q=ALPHA')).toEqual(['b', 'a']);
    expect(await found('q=x-')).toEqual(['c', 'a']);
    expect(await found('q=100%25')).toEqual(['c']);
    expect(await found('q=%25')).toEqual([]);
    expect(await found('active=false')).toEqual(['b']);
    const first = (await lister.get('/v1/products?limit=2')).body;
    expect(await found(`limit=2&cursor=${first.next_cursor}`)).toEqual(['a']);
    await lister.create('/v1/customers', {
      customer_id: 'x',
      first_name: 'Ada',
      last_name: 'Byron',
      company_name: 'Engines',
    });
    for (const customer_id of ['y', 'z'])
      await lister.create('/v1/customers', { customer_id, email: 'Änn@exämple.de' });
    const byEmail = (email: string) => lister.get(`/v1/customers?email=${encodeURIComponent(email)}`);
    expect((await byEmail('änn@EXÄMPLE.de')).body.data).toHaveLength(2);
    expect((await byEmail('änn@exämple.d')).body.data).toEqual([]);
    expect((await byEmail('änn')).status).toBe(400);
    for (const q of ['ada%20by', 'BYR', 'eng'])
      expect((await lister.get(`/v1/customers?q=${q}`)).body.data).toHaveLength(1);
  });
});
