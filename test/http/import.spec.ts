import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { NO_CLIENT_LIMITS, TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const FEATURE = { feature_id: 'calls', feature_name: 'Calls', limit_value: 5, limit_type: 'COUNT' };
const FOREIGN_KEY = 'ACME-2019-basic-key/ä-0001';

const seen = (activated: string, last: string) => ({
  activated_at: `${activated}T00:00:00Z`,
  last_seen_at: `${last}T00:00:00Z`,
});

describe('the import of licenses', () => {
  let app: TestApp;
  let api: Api;
  let other: Api;
  let template: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: NO_CLIENT_LIMITS });
    [api, other] = await Promise.all([app.tenant(), app.tenant()]);
    template = await api.template({
      ...{ max_activations: 3, default_duration: 30, auto_renewal_enabled: true, trial_allowed: true },
      features: [FEATURE, { ...FEATURE, feature_id: 'kept' }],
    });
    await api.template({ template_id: 'forever', license_type: 'PERPETUAL' });
  });

  afterAll(() => app.stop());

  const send = async (lines: readonly Wire[], query = '', headers: Record<string, string> = {}, of = api) => {
    const body = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    const response = await of.send('post', `/v1/licenses:import${query}`, body, { 'Content-Type': NDJSON, ...headers });
    expect(response.status).toBe(200);
    return response.body as Wire[];
  };
  const line = (more: Wire = {}): Wire => ({
    license_template_id: template,
    customer: { customer_id: 'imported' },
    ...more,
  });
  const productOf = async (id: string) => {
    const { product_id } = (await api.get(`/v1/license-templates/${id}`)).body;
    return { product_id: product_id as string };
  };
  const license = async (id: string) => (await api.get(`/v1/licenses/${id}`)).body;
  const validate = async (license_key: string, tenant_id?: string, as = app.anonymous()) =>
    (await as.post('/v1/client/validate', { license_key, tenant_id, fingerprint: 'pc-1' })).body;

  it('stores licenses with the keys that customers have, their customers and devices', async () => {
    const [result] = await send([
      line({
        license_key: FOREIGN_KEY,
        external_id: 'old-1',
        customer: { email: 'Jane@Example.com', first_name: 'Jane', last_name: 'Roe' },
        issued_date: '2024-02-29T00:00:00Z',
        expiry_date: '2099-01-01T00:00:00Z',
        max_activations: 2,
        metadata: { plan: 'pro' },
        devices: [{ fingerprint: 'pc-1', name: 'Front desk', activated_at: '2024-03-01T00:00:00Z' }],
      }),
    ]);
    expect(result).toEqual({ line: 1, outcome: 'IMPORTED', status: 201, license_id: expect.any(String) });
    const stored = await license(result.license_id as string);
    expect(stored).toMatchObject({
      external_id: 'old-1',
      issued_to: 'Jane Roe',
      issued_date: '2024-02-29T00:00:00.000Z',
      expiry_date: '2099-01-01T00:00:00.000Z',
      maintenance_expiry: '2099-01-01T00:00:00.000Z',
      license_key_last_four: '0001',
      max_activations: 2,
      current_activations: 1,
      metadata: { plan: 'pro' },
      status: 'ACTIVE',
    });
    const customer = await api.get(`/v1/customers/${stored.customer_id}`);
    expect(customer.body).toMatchObject({ email: 'Jane@Example.com', first_name: 'Jane' });
    const { body } = await api.get(`/v1/licenses/${stored.license_id}/activations`);
    expect(body.data).toMatchObject([
      { fingerprint: 'pc-1', name: 'Front desk', status: 'ACTIVE', first_seen_at: '2024-03-01T00:00:00.000Z' },
    ]);
    const event_data = { external_id: 'old-1', current_activations: 1 };
    await eventually(async () => {
      const { data } = (await api.get(`/v1/license-events?license_id=${stored.license_id}`)).body;
      expect(data).toMatchObject([{ event_type: 'license.imported', resource_seq: 1, event_data }]);
    });
    expect((await api.post(`/v1/licenses/${stored.license_id}/reveal-key`)).body.license_key).toBe(FOREIGN_KEY);
    // The next customer with the address is the same.
    const [next] = await send([
      line({ external_id: 'old-1b', customer: { email: 'jane@example.com', last_name: 'X' } }),
    ]);
    expect((await license(next.license_id as string)).customer_id).toBe(stored.customer_id);
  });

  it('finds an imported key only where its tenant is named, and lets two tenants have the same', async () => {
    const theirs = await other.template({ max_activations: null });
    const [mine, same] = [
      await send([line({ license_key: `${FOREIGN_KEY}-shared`, max_activations: null })]),
      await send(
        [line({ license_template_id: theirs, license_key: `${FOREIGN_KEY}-shared`, max_activations: null })],
        '',
        {},
        other,
      ),
    ];
    expect([mine[0].outcome, same[0].outcome]).toEqual(['IMPORTED', 'IMPORTED']);
    const key = `${FOREIGN_KEY}-shared`;
    expect((await validate(key)).code).toBe('NOT_FOUND');
    expect((await validate(key, api.tenantId)).license.license_id).toBe(mine[0].license_id);
    expect((await validate(key, other.tenantId)).license.license_id).toBe(same[0].license_id);
    const program = await app.key(api.tenantId, ['client:validate']);
    expect((await validate(key, undefined, program)).license.license_id).toBe(mine[0].license_id);
    expect((await validate(key, other.tenantId, program)).code).toBe('NOT_FOUND');
    expect((await validate(key, 'nobody')).code).toBe('NOT_FOUND');
    expect((await validate(key.toLowerCase(), api.tenantId)).code).toBe('NOT_FOUND');
    // The text of which a digest is made is no key.
    expect((await validate(`foreign\n${api.tenantId}\n${key}`)).code).toBe('NOT_FOUND');
    // A key in our form that was imported is found beside keys of ours, which need no tenant.
    const own = (await other.issue(theirs)).license_key as string;
    const [taken] = await send([line({ license_key: own, max_activations: null })]);
    expect((await validate(own)).license.license_id).not.toBe(taken.license_id);
    expect((await validate(own, api.tenantId)).license.license_id).toBe(taken.license_id);
    for (const as of [api, other]) {
      const response = await as.post('/v1/client/activate', { license_key: key, fingerprint: 'new' });
      expect(response.status).toBe(200);
    }
    // After a rotation the imported key is one that was replaced.
    const rotated = await api.post(`/v1/licenses/${mine[0].license_id}/rotate-key`, { reason: { code: 'OTHER' } });
    expect((await validate(key, api.tenantId)).code).toBe('KEY_REPLACED');
    expect((await validate(key, other.tenantId)).code).toBe('VALID');
    expect((await validate(rotated.body.license_key as string)).license.license_id).toBe(mine[0].license_id);
  });

  it('compares imported keys as the settings say, which are fixed once there is one', async () => {
    const vendor = await app.tenant();
    const own = await vendor.template({ max_activations: null });
    const settings = { foreign_key_normalisation: 'UPPER_CASE', allow_short_keys: true };
    expect((await vendor.patch('/v1/settings', settings)).status).toBe(200);
    const short = (license_key: string) => send([line({ license_template_id: own, license_key })], '', {}, vendor);
    expect(await short('Key-0001')).toMatchObject([{ outcome: 'IMPORTED' }]);
    expect(await short(' KEY-0001 ')).toMatchObject([{ outcome: 'KNOWN' }]);
    // The characters are counted as they are compared.
    expect(await short(' KEY-1     ')).toMatchObject([{ outcome: 'REFUSED' }]);
    expect((await validate('  key-0001', vendor.tenantId)).code).toBe('VALID');
    // Its last four characters are those that count, and are found as somebody types them.
    const [{ license_id } = {}] = await short(' ending-in-wxyz ');
    for (const last_four of ['wxyz', 'WXYZ']) {
      const found = [(await vendor.post('/v1/licenses:find', { last_four })).body];
      found.push((await vendor.get(`/v1/licenses?last_four=${last_four}`)).body);
      for (const { data } of found) expect(data).toMatchObject([{ license_id, license_key_last_four: 'WXYZ' }]);
    }
    const refused = await vendor.patch('/v1/settings', { foreign_key_normalisation: 'NONE' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'FOREIGN_KEYS_EXIST' } });
    expect((await vendor.patch('/v1/settings', { allow_short_keys: false })).status).toBe(200);
  });

  it.each<[string, Wire, Wire]>([
    ['a short key', { license_key: 'short-key' }, { errors: [{ pointer: '/license_key' }] }],
    ['a key with a line break', { license_key: 'line\nbreak-0123456789' }, { errors: [{ pointer: '/license_key' }] }],
    [
      'an issue in the year 0',
      { external_id: 'x', issued_date: '0000-01-01T00:00:00Z' },
      { code: 'VALIDATION_FAILED' },
    ],
    [
      'a device of the year 0',
      { external_id: 'x', devices: [{ fingerprint: 'a', activated_at: '0000-01-01T00:00:00Z' }] },
      { code: 'VALIDATION_FAILED' },
    ],
    ['nothing to know it by', {}, { errors: [{ pointer: '' }] }],
    ['an unknown template', { license_template_id: 'nothing', external_id: 'x' }, { code: 'TEMPLATE_NOT_FOUND' }],
    ['no template', { license_template_id: undefined, external_id: 'x' }, { code: 'VALIDATION_FAILED' }],
    ['an unknown member', { external_id: 'x', colour: 'red' }, { errors: [{ pointer: '/colour' }] }],
    ['a customer without anything', { external_id: 'x', customer: {} }, { code: 'VALIDATION_FAILED' }],
    [
      'more devices than seats',
      { external_id: 'x', devices: ['a', 'b', 'c', 'd'].map((fingerprint) => ({ fingerprint })) },
      { errors: [{ pointer: '/devices' }] },
    ],
    [
      'a device twice',
      { external_id: 'x', devices: ['a', 'a'].map((fingerprint) => ({ fingerprint })) },
      { errors: [{ pointer: '/devices' }] },
    ],
    ['EXPIRED before its expiry', { external_id: 'x', status: 'EXPIRED' }, { errors: [{ pointer: '/status' }] }],
    [
      'a future issue',
      { external_id: 'x', issued_date: '2999-01-01T00:00:00Z' },
      { errors: [{ pointer: '/issued_date' }] },
    ],
    [
      'a trial that never ends',
      { external_id: 'x', trial: true, expiry_date: null },
      { errors: [{ pointer: '/expiry_date' }] },
    ],
    [
      'a PERPETUAL license that ends',
      { external_id: 'x', license_template_id: 'forever', expiry_date: '2099-01-01T00:00:00Z' },
      { errors: [{ pointer: '/expiry_date' }] },
    ],
    [
      'an expiry before the issue',
      { external_id: 'x', issued_date: '2024-01-02T00:00:00Z', expiry_date: '2024-01-01T00:00:00Z' },
      { errors: [{ pointer: '/expiry_date' }] },
    ],
    ['an expiry before its import', { external_id: 'x', expiry_date: '2024-01-01T00:00:00Z' }, { status: 400 }],
    ['a feature twice', { external_id: 'x', features: [FEATURE, FEATURE] }, { errors: [{ pointer: '/features' }] }],
    [
      'a device that was seen before its activation',
      { external_id: 'x', devices: [{ fingerprint: 'a', ...seen('2024-01-02', '2024-01-01') }] },
      { errors: [{ pointer: '/devices/0/last_seen_at' }] },
    ],
    [
      'a device that was seen and never activated',
      { external_id: 'x', devices: [{ fingerprint: 'a', last_seen_at: '2024-01-01T00:00:00Z' }] },
      { errors: [{ pointer: '/devices/0/last_seen_at' }] },
    ],
    ['a key of spaces', { license_key: ' '.repeat(16) }, { errors: [{ pointer: '/license_key' }] }],
    ['a short key of wide characters', { license_key: '😀'.repeat(15) }, { errors: [{ pointer: '/license_key' }] }],
  ])('refuses a line with %s, and stores the others', async (_, more, problem) => {
    const results = await send([line(more), line({ external_id: `beside ${Math.random()}` }), '{"broken"']);
    expect(results).toMatchObject([
      { line: 1, outcome: 'REFUSED', problem },
      { line: 2, outcome: 'IMPORTED' },
      { line: 3, outcome: 'REFUSED', problem: { code: 'MALFORMED_REQUEST' } },
    ]);
  });

  it('stores a key with an emoji near its end, and gives each line a result if PostgreSQL refuses a value', async () => {
    const [emoji] = await send([line({ license_key: 'ACME-KEY-0123456789😀abc' })]);
    expect((await license(emoji.license_id as string)).license_key_last_four).toBe('😀abc');
    await app.database.query(
      `ALTER TABLE licenses ADD CONSTRAINT refused CHECK (external_id <> 'unstorable' OR 1 / (length(issued_to) - 3) = 1)`,
    );
    try {
      const results = await send(
        ['before', 'unstorable', 'after'].map((external_id) => line({ external_id, issued_to: 'abc' })),
      );
      expect(results).toMatchObject([
        { outcome: 'IMPORTED' },
        { outcome: 'REFUSED', problem: { code: 'VALIDATION_FAILED' } },
        { outcome: 'IMPORTED' },
      ]);
    } finally {
      await app.database.query('ALTER TABLE licenses DROP CONSTRAINT refused');
    }
  });

  it('keeps the past: what has expired stays expired, what is suspended or revoked stays so', async () => {
    const past = '2020-01-01T00:00:00Z';
    const results = await send([
      line({ external_id: 's-1', status: 'EXPIRED', issued_date: '2019-01-01T00:00:00Z', expiry_date: past }),
      line({ external_id: 's-2', status: 'SUSPENDED', expiry_date: null }),
      line({ external_id: 's-3', status: 'REVOKED' }),
    ]);
    const stored = await Promise.all(results.map(({ license_id }) => license(license_id as string)));
    expect(stored).toMatchObject([
      { status: 'EXPIRED', auto_renewal_enabled: false },
      { status: 'SUSPENDED', expiry_date: null },
      { status: 'REVOKED' },
    ]);
    await eventually(async () => {
      const { data } = (await api.get(`/v1/license-events?license_id=${stored[0].license_id}`)).body;
      expect(data).toMatchObject([
        { event_type: 'license.imported', resource_seq: 1 },
        {
          event_type: 'license.expired',
          resource_seq: 2,
          event_data: { due_at: '2020-01-01T00:00:00.000Z', reason: { code: 'IMPORTED' } },
        },
      ]);
    });
    const explained = await api.post(`/v1/licenses/${stored[0].license_id}/explain`, { as_of: '2019-06-01T00:00:00Z' });
    expect(explained).toMatchObject({ status: 400, body: { errors: [{ pointer: '/as_of' }] } });
  });

  it('does nothing twice: by key, external id, and idempotency key', async () => {
    const lines = [
      line({ license_key: 'repeated-key-0123456789' }),
      line({ external_id: 'repeated' }),
      line({ customer: { customer_id: 'by-idempotency-key' } }),
    ];
    const [first, again] = [
      await send(lines, '', { 'Idempotency-Key': 'file-1' }),
      await send(lines, '', { 'Idempotency-Key': 'file-1' }),
    ];
    expect(first.map(({ outcome }) => outcome)).toEqual(['IMPORTED', 'IMPORTED', 'IMPORTED']);
    expect(first[1].license_key).toMatch(/^[0-9A-F-]{24}$/);
    expect(again).toEqual(
      first.map(({ line: number, license_id }) => ({ line: number, outcome: 'KNOWN', status: 200, license_id })),
    );
    // Another body with the same key is refused line by line; the same one goes on where it broke off.
    const longer = [
      ...lines.slice(0, 2),
      line({ customer: { customer_id: 'another' } }),
      line({ external_id: 'after the others' }),
    ];
    expect(await send(longer, '', { 'Idempotency-Key': 'file-1' })).toMatchObject([
      { outcome: 'KNOWN' },
      { outcome: 'KNOWN' },
      { outcome: 'REFUSED', status: 422, problem: { code: 'IDEMPOTENCY_KEY_REUSED' } },
      { outcome: 'IMPORTED' },
    ]);
    const own = { idempotency_key: 'line-1' };
    expect(await send([line(own)])).toMatchObject([{ outcome: 'IMPORTED' }]);
    expect(await send([line(own), line({ ...own, issued_to: 'Another' })])).toMatchObject([
      { outcome: 'KNOWN' },
      { outcome: 'REFUSED', problem: { code: 'IDEMPOTENCY_KEY_REUSED' } },
    ]);
    const crossed = await send([line({ license_key: 'repeated-key-0123456789', external_id: 'repeated' })]);
    expect(crossed).toMatchObject([{ outcome: 'REFUSED', problem: { code: 'IMPORT_CONFLICT' } }]);
    const rekeyed = await send([line({ license_key: 'another-key-0123456789', external_id: 'repeated' })]);
    expect(rekeyed).toMatchObject([{ outcome: 'REFUSED', problem: { code: 'IMPORT_CONFLICT' } }]);
  });

  it('makes no customer for a line that is known, or refused for what it contains', async () => {
    const known = line({ license_key: 'known-customer-0123456789', customer: { email: 'former@example.com' } });
    const [{ license_id: id }] = await send([known]);
    const { customer_id } = await license(id as string);
    await api.patch(`/v1/customers/${customer_id}`, { email: 'present@example.com' });
    const refused = line({
      license_template_id: 'nothing',
      external_id: 'y',
      customer: { email: 'nobody@example.com' },
    });
    expect((await send([known, refused])).map(({ outcome }) => outcome)).toEqual(['KNOWN', 'REFUSED']);
    // Refused for devices, for a trial of the line before, as a repetition, and for the expiry.
    const first = line({ external_id: 'z', trial: true, customer: { email: 'trial@example.com' } });
    const device = { fingerprint: 'd' };
    const lines = [
      first,
      line({ external_id: 'z1', devices: [device, device], customer: { email: 'nobody@example.com' } }),
      { ...first, external_id: 'z2', customer: { email: 'Trial@example.com', company_name: 'Nobody' } },
      line({ external_id: 'z', customer: { email: 'nobody@example.com' } }),
      line({ external_id: 'z3', trial: true, expiry_date: null, customer: { email: 'nobody@example.com' } }),
      // The name is that of this line, and not of one that was refused.
      line({
        external_id: 'z4',
        devices: [device, device],
        customer: { email: 'name@example.com', last_name: 'Wrong' },
      }),
      line({ external_id: 'z4', customer: { email: 'name@example.com', last_name: 'Right' } }),
    ];
    const results = await send(lines);
    expect(results.map(({ problem }) => problem?.code)).toEqual([
      undefined,
      'VALIDATION_FAILED',
      'TRIAL_ALREADY_USED',
      'IMPORT_CONFLICT',
      'VALIDATION_FAILED',
      'VALIDATION_FAILED',
      undefined,
    ]);
    expect(await license(results[6].license_id as string)).toMatchObject({ issued_to: 'Right' });
    for (const email of ['former@example.com', 'nobody@example.com'])
      expect((await api.get(`/v1/customers?email=${email}`)).body.data).toEqual([]);
  });

  it('of the same file twice at once stores each license once', async () => {
    const lines = Array.from({ length: 600 }, (_, n) =>
      line({ license_key: `race-key-0123456789-${n}`, customer: { email: `race-${n % 50}@example.com` } }),
    );
    const [one, two] = await Promise.all([send(lines), send([...lines].reverse())]);
    const outcomes = [...one, ...two].map(({ outcome }) => outcome as string);
    expect(outcomes.filter((outcome) => outcome === 'IMPORTED')).toHaveLength(600);
    expect(outcomes.filter((outcome) => outcome === 'KNOWN')).toHaveLength(600);
    const [counts] = await app.database.query(
      `SELECT (SELECT count(*)::int FROM license_keys k JOIN licenses l USING (tenant_id, license_id)
               JOIN customers c USING (tenant_id, customer_id) WHERE c.email LIKE 'race-%') AS keys,
              (SELECT count(*)::int FROM customers WHERE email LIKE 'race-%') AS customers`,
    );
    expect(counts).toEqual({ keys: 600, customers: 50 });
  });

  it('of a dry run says what would happen, and changes nothing', async () => {
    const count = async () =>
      app.database.query(
        'SELECT (SELECT count(*) FROM licenses) AS l, (SELECT count(*) FROM customers) AS c, (SELECT count(*) FROM outbox) + (SELECT count(*) FROM license_event_logs) AS e',
      );
    const before = await count();
    const lines = [
      line({ license_key: 'dry-key-0123456789', customer: { email: 'dry@example.com' } }),
      line({ license_key: 'dry-key-0123456789', customer: { email: 'dry@example.com' } }),
      line({ license_key: 'short' }),
      line({ external_id: 'repeated' }),
    ];
    const results = await send(lines, '?dry_run=true');
    expect(results.map(({ outcome }) => outcome)).toEqual(['IMPORTABLE', 'REFUSED', 'REFUSED', 'KNOWN']);
    expect(await count()).toEqual(before);
  });

  it('of a dry run answers as the import does, also for what lines far apart have in common', async () => {
    const vendor = await app.tenant();
    const own = await vendor.template({ max_activations: 3, trial_allowed: true });
    await vendor.patch('/v1/settings', { customers_must_exist: true });
    const of = (more: Wire) => line({ license_template_id: own, customer: { email: 'far@example.com' }, ...more });
    const between = Array.from({ length: 255 }, (_, n) => of({ external_id: `far-${n}` }));
    const lines = [
      of({ license_key: 'far-apart-0123456789', external_id: 'far', trial: true }),
      of({ external_id: 'made', customer: { customer_id: 'made', email: 'made@example.com' } }),
      ...between,
      of({ license_key: 'far-apart-0123456789' }),
      of({ external_id: 'far' }),
      of({ external_id: 'far-trial', trial: true }),
      of({ external_id: 'known-by-id', customer: { customer_id: 'made' } }),
      of({ external_id: 'unknown-by-id', customer: { customer_id: 'nobody' } }),
    ];
    const told = async (query: string) =>
      (await send(lines, query, {}, vendor)).map(({ outcome, problem }) => [outcome, problem?.detail]);
    const dry = await told('?dry_run=true');
    expect(
      (await told('')).map(([outcome, detail]) => [outcome === 'IMPORTED' ? 'IMPORTABLE' : outcome, detail]),
    ).toEqual(dry);
    expect(dry.slice(257).map(([outcome]) => outcome)).toEqual([
      'REFUSED',
      'REFUSED',
      'REFUSED',
      'IMPORTABLE',
      'REFUSED',
    ]);
  });

  it('keeps seats, features and the expiry as overrides, which another template leaves', async () => {
    const other = await api.template({ template_id: 'wider', max_activations: 50, ...(await productOf(template)) });
    const [kept] = await send([
      line({
        external_id: 'overridden',
        max_activations: 7,
        expiry_date: null,
        features: [{ ...FEATURE, limit_value: 9 }],
      }),
    ]);
    const [plain] = await send([line({ external_id: 'not overridden', max_activations: 3, features: [FEATURE] })]);
    expect((await license(plain.license_id as string)).overrides).toEqual({});
    const limits = ({ features }: Wire) =>
      (features as Wire[]).map(({ feature_id, limit_value }) => [feature_id, limit_value]);
    const stored = await license(kept.license_id as string);
    expect(stored.overrides).toMatchObject({ max_activations: 7, expiry_date: null, features: [{ limit_value: 9 }] });
    expect(limits(stored)).toEqual([
      ['calls', 9],
      ['kept', 5],
    ]);
    const change = async (more: Wire = {}) =>
      (await api.post(`/v1/licenses/${kept.license_id}/change-template`, { license_template_id: other, ...more })).body;
    const changed = await change();
    expect(changed).toMatchObject({ max_activations: 7, expiry_date: null, overrides: stored.overrides });
    expect(limits(changed)).toEqual([['calls', 9]]);
    expect(await change({ reset_overrides: true })).toMatchObject({
      max_activations: 50,
      overrides: {},
      features: [],
    });
  });

  it('ends a transaction with the devices of its lines, too', async () => {
    const many = await api.template({ max_activations: null });
    const devices = Array.from({ length: 400 }, (_, n) => ({ fingerprint: `m-${n}` }));
    const lines = Array.from({ length: 8 }, (_, n) =>
      line({ license_template_id: many, external_id: `many-${n}`, devices }),
    );
    expect(new Set((await send(lines)).map(({ outcome }) => outcome))).toEqual(new Set(['IMPORTED']));
    const [largest] = await app.database.query(
      `SELECT max(devices)::int AS devices FROM (
         SELECT sum(current_activations) AS devices FROM licenses WHERE external_id LIKE 'many-%' GROUP BY xmin::text) AS chunk`,
    );
    expect(largest?.devices).toBeLessThanOrEqual(2_000);
  });

  it('reads CSV, with our names and with those of another system', async () => {
    const csv = (text: string, query = '') =>
      api.send('post', `/v1/licenses:import${query}`, text, {
        'Content-Type': 'text/csv; charset=utf-8',
        Accept: NDJSON,
      });
    const own = await csv(
      `license_template_id,license_key,expiry_date,customer.email,customer.company_name,metadata.note,devices\r\n` +
        `${template},"csv-key, with ""quotes""",,roe@example.com,"Roe, Inc.","two\r\nlines",pc-7;pc-8\r\n` +
        `${template},too-few-values\r\n`,
    );
    expect(own.body).toMatchObject([
      { line: 2, outcome: 'IMPORTED' },
      { line: 4, outcome: 'REFUSED', problem: { code: 'MALFORMED_REQUEST' } },
    ]);
    expect(await license(own.body[0].license_id as string)).toMatchObject({
      expiry_date: null,
      issued_to: 'Roe, Inc.',
      metadata: { note: 'two\r\nlines' },
      current_activations: 2,
    });
    const mapped = await csv(
      `id;key;policyId;status;maxMachines;expiry;email\nkg-1;KEYGEN-KEY-0123456789;${template};BANNED;7;2030-01-01;kg@example.com\n`,
      '?map=keygen',
    );
    expect(await license(mapped.body[0].license_id as string)).toMatchObject({
      external_id: 'kg-1',
      status: 'REVOKED',
      max_activations: 7,
      expiry_date: '2030-01-01T00:00:00.000Z',
    });
    expect((await csv('x', '?map=nothing')).status).toBe(400);
  });

  it('lets staff find licenses by what they have, within the tenant, as an event says', async () => {
    const vendor = await app.tenant();
    const own = await vendor.template({ max_activations: 2 });
    const [{ license_id: id }] = await send(
      [
        line({
          license_template_id: own,
          license_key: 'find-me-0123456789-WXYZ',
          external_id: 'find-1',
          customer: { email: 'find@example.com' },
          devices: [{ fingerprint: 'find-pc' }],
        }),
      ],
      '',
      {},
      vendor,
    );
    await vendor.issue(own);
    // All customers of an address count, however many share it.
    await app.database.query(
      `INSERT INTO customers (tenant_id, customer_id, email, active, metadata, version, created_at, updated_at)
       SELECT $1, 'same-' || n, CASE WHEN n <= 150 THEN 'find@example.com' ELSE 'crowd@example.com' END, true, '{}', 1, now(), now()
       FROM generate_series(1, 10151) n`,
      [vendor.tenantId],
    );
    const find = (body: Wire, as = vendor) => as.post('/v1/licenses:find', body);
    for (const body of [
      { license_key: 'find-me-0123456789-WXYZ' },
      { last_four: 'WXYZ' },
      { fingerprint: 'find-pc' },
      { email: 'FIND@example.com' },
      { external_id: 'find-1' },
    ]) {
      const mine = await find(body);
      expect({ body, mine: mine.body }).toMatchObject({ mine: { data: [{ license_id: id }], has_more: false } });
      expect((await find(body, other)).body).toEqual({ data: [], has_more: false });
    }
    expect((await find({ order_id: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e' })).body.data).toEqual([]);
    expect((await find({})).status).toBe(400);
    const tooMany = await find({ email: 'crowd@example.com' });
    expect(tooMany).toMatchObject({ status: 400, body: { errors: [{ pointer: '/email' }] } });
    const reader = await app.key(vendor.tenantId, ['licenses:read']);
    const denied = await find({ email: 'find@example.com' }, reader);
    expect(denied).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } });
    expect(denied.body.detail).toContain('customers:read');
    expect((await find({ fingerprint: 'find-pc' }, reader)).body.detail).toContain('activations:read');
    expect((await reader.get('/v1/licenses?fingerprint=find-pc')).body.detail).toContain('activations:read');
    const issued = await vendor.issue(own);
    const last_four = (issued.license_key as string).slice(-4).toLowerCase();
    expect((await find({ last_four })).body.data).toMatchObject([{ license_id: issued.license_id }]);
    expect((await find({ external_id: 'find-1' }, reader)).status).toBe(200);
    expect((await find({ last_four: 'WXYZ', external_id: 'x' })).status).toBe(400);
    await eventually(async () => {
      const events = (await vendor.get('/v1/license-events?event_type=license.found&limit=100')).body.data as Wire[];
      expect(events.map(({ event_data }) => event_data)).toContainEqual({ by: 'fingerprint', license_ids: [id] });
      expect(JSON.stringify(events)).not.toMatch(/find-me|find-pc|find@/i);
    });
    const list = async (query: string) =>
      ((await vendor.get(`/v1/licenses?${query}`)).body.data as Wire[]).map(({ license_id }) => license_id as string);
    expect(await list('last_four=WXYZ')).toEqual([id]);
    expect(await list('fingerprint=find-pc')).toEqual([id]);
    expect(await list('fingerprint=find-pc&trial=true')).toEqual([]);
    expect(await list('has_free_seats=true')).toHaveLength(3);
    await vendor.post(`/v1/licenses/${id}/activations`, { fingerprint: 'second' });
    expect(await list('has_free_seats=false')).toEqual([id]);
    expect(await list('has_free_seats=true&trial=false')).toHaveLength(2);
    const csv = await vendor.get('/v1/licenses?format=csv');
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.text.split('\r\n')).toHaveLength(5);
  });
});
