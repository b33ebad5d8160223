import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { IssueLicenseCommand } from '../../src/licensing/index.js';
import { CommandBus } from '@nestjs/cqrs';
import { Actor } from '../../src/shared/access/actor.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { operations } from '../support/openapi.js';

const NOBODYS = '01890000-0000-7000-8000-000000000000';
/** Tables with the second policy. */
const TABLES = [
  'customers',
  'licenses',
  'license_event_logs',
  'partners',
  'partner_invitations',
  'license_pools',
  'pool_entries',
];

/** A partner with one of everything. */
interface Scene {
  readonly api: Api;
  readonly partnerId: string;
  readonly poolId: string;
  readonly customerId: string;
  readonly licenseId: string;
  readonly name: string;
}

describe('the isolation of partners', () => {
  let app: TestApp;
  let tenant: Api;
  let templateId: string;
  let otherTemplateId: string;
  let ours: Scene;
  let theirs: Scene;
  let tenants: { customerId: string; licenseId: string };

  const partner = async (name: string): Promise<Scene> => {
    const { partner_id: partnerId } = await tenant.create('/v1/partners', { name });
    expect((await tenant.post(`/v1/partners/${partnerId}/approve`, {})).status).toBe(200);
    const terms = { partner_id: partnerId as string, license_template_id: templateId, quantity: 50 };
    const pool = await tenant.create('/v1/license-pools', terms);
    await tenant.create('/v1/partner-invitations', { partner_id: partnerId as string });
    const key = await tenant.create('/v1/api-keys', { name, role: 'partner', partner_id: partnerId as string });
    const api = app.bearer(tenant.tenantId, key.api_key as string);
    const customer = await api.create('/v1/customers', { last_name: name, email: `${name}@example.com` });
    const license = await api.issue(templateId, { customer_id: customer.customer_id as string, issued_to: name });
    return {
      api,
      partnerId: partnerId as string,
      poolId: pool.pool_id as string,
      customerId: customer.customer_id as string,
      licenseId: license.license_id as string,
      name,
    };
  };

  beforeAll(async () => {
    app = await TestApp.start();
    tenant = await app.tenant();
    templateId = await tenant.template({ max_activations: 5, trial_allowed: true });
    const { product_id } = (await tenant.get(`/v1/license-templates/${templateId}`)).body;
    const other = { template_name: 'Other', product_id, license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT' };
    otherTemplateId = (await tenant.create('/v1/license-templates', other)).template_id as string;
    [ours, theirs] = [await partner('Ours'), await partner('Theirs')];
    const customer = await tenant.create('/v1/customers', { last_name: 'Vendor', email: 'vendor@example.com' });
    const license = await tenant.issue(templateId, { customer_id: customer.customer_id as string });
    tenants = { customerId: customer.customer_id as string, licenseId: license.license_id as string };
    for (const { licenseId } of [ours, theirs, tenants])
      await tenant.post(`/v1/licenses/${licenseId}/activations`, { fingerprint: 'pc' });
    await eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));
  });

  afterAll(() => app.stop());

  const rows = async (api: Api, path: string): Promise<Wire[]> => (await api.get(path)).body.data as Wire[];
  /** Every form of a list has these rows of ours, and nothing of anybody else. */
  const listsOurs = async (path: string, ofOthers: readonly string[]) => {
    const whole = await rows(ours.api, `${path}?limit=100`);
    expect(whole.length).toBeGreaterThan(0);
    expect(whole.every(({ partner_id }) => partner_id === ours.partnerId || path.includes('/entries'))).toBe(true);
    const exported = (await ours.api.getAs(NDJSON, path)).body as Wire[];
    expect(exported.slice(0, 100)).toEqual(whole);
    const csv = (await ours.api.getAs('text/csv', path)).text;
    for (const id of ofOthers) expect(csv).not.toContain(id);
    // A cursor of the vendor, or of another partner, is a position, and shows none of their rows.
    const cursorOf = async (api: Api) => (await api.get(`${path}?limit=1`)).body.next_cursor as unknown;
    const cursors = [await cursorOf(tenant), await cursorOf(theirs.api)];
    expect(cursors[0]).toEqual(expect.any(String));
    for (const cursor of cursors.filter((each) => typeof each === 'string'))
      for (const row of await rows(ours.api, `${path}?limit=100&cursor=${cursor}`))
        expect(row.partner_id).toBe(ours.partnerId);
  };
  /** Another partner's row, and the vendor's, are as missing as one that nobody has. */
  const isMissing = async (
    method: 'get' | 'post' | 'patch',
    path: (id: string) => string,
    ids: readonly string[],
    body?: Wire,
  ) => {
    const outcomeOf = async (id: string) => {
      const { status, body: answer } = await ours.api.send(method, path(id), body);
      return { status, code: answer.code as string, detail: String(answer.detail).replace(id, 'ID') };
    };
    const nobodys = await outcomeOf(NOBODYS);
    expect(nobodys.status).toBe(404);
    for (const id of ids) expect(await outcomeOf(id)).toEqual(nobodys);
  };
  const issueRequest = (more: Wire = {}) => ({
    license_template_id: templateId,
    customer_id: ours.customerId,
    ...more,
  });

  const leftOf = async (poolId: string) => (await tenant.get(`/v1/license-pools/${poolId}`)).body.available as number;
  /** A pool of ours for the other template, which lasts until `end`. */
  const otherPool = async (quantity: number) => {
    const terms = { partner_id: ours.partnerId, license_template_id: otherTemplateId, returns_revoked: true, quantity };
    const id = (await tenant.create('/v1/license-pools', terms)).pool_id as string;
    const end = () => tenant.patch(`/v1/license-pools/${id}`, { expires_at: '2026-01-01T00:00:00Z' });
    return { id, left: () => leftOf(id), end };
  };

  const allow = async (allowed: Wire) => {
    const all = { allowed_actions: [], allowed_overrides: [], ...allowed };
    expect((await tenant.patch(`/v1/license-pools/${ours.poolId}`, all)).body).toMatchObject(all);
  };
  /** An action on a license: of others it is missing, of ours as far as the pool allows it. Returns the answer of the allowed one. */
  const actsAsAllowed = async (
    action: string,
    body: Wire,
    { more = {}, poolId = ours.poolId }: { more?: Wire; poolId?: string } = {},
  ): Promise<Wire> => {
    const path = (id: string) => `/v1/licenses/${id}/${action}`;
    await allow({ allowed_actions: [action] });
    await isMissing('post', path, [theirs.licenseId, tenants.licenseId], body);
    const customer = await ours.api.create('/v1/customers', { last_name: 'Acting' });
    const request = issueRequest({ customer_id: customer.customer_id as string, ...more });
    const license = await ours.api.create('/v1/licenses', request);
    const every = ['starts', 'import', 'renew', 'convert-trial', 'change-template', 'transfer', 'rotate-key'];
    await allow({ allowed_actions: every.filter((each) => each !== action) });
    const refused = await ours.api.post(path(license.license_id as string), body);
    expect(refused).toMatchObject({ status: 403, body: { code: 'POOL_NOT_ALLOWED' } });
    expect((await tenant.get(`/v1/licenses/${license.license_id}`)).body.version).toBe(1);
    // A license that is in no pool allows nothing.
    const own = await tenant.create(`/v1/partners/${ours.partnerId}/issue-license`, {
      license_template_id: templateId,
    });
    await allow({ allowed_actions: every });
    expect((await ours.api.post(path(own.license_id as string), body)).body.code).toBe('POOL_NOT_ALLOWED');
    const done = await ours.api.post(path(license.license_id as string), body);
    await allow({});
    expect(done).toMatchObject({ status: 200, body: { partner_id: ours.partnerId, pool_id: poolId } });
    return done.body;
  };
  /** Outcomes of a partner's requests on each open route, by operation. */
  const ROUTES: Readonly<Record<string, () => Promise<void>>> = {
    getCurrentCaller: async () => {
      expect((await ours.api.get('/v1/me')).body).toMatchObject({ partner_id: ours.partnerId });
    },
    createCustomer: async () => {
      const made = await ours.api.create('/v1/customers', { last_name: 'New' });
      expect(made.partner_id).toBe(ours.partnerId);
      const chosen = await ours.api.post('/v1/customers', { customer_id: theirs.customerId, last_name: 'X' });
      const free = await ours.api.post('/v1/customers', { customer_id: randomUUID(), last_name: 'X' });
      expect([chosen.status, chosen.body.errors]).toEqual([400, free.body.errors]);
      expect((await ours.api.post('/v1/customers', { last_name: 'X', partner_id: theirs.partnerId })).status).toBe(400);
    },
    listCustomers: async () => {
      await listsOurs('/v1/customers', [theirs.customerId, tenants.customerId]);
      for (const query of [`partner_id=${theirs.partnerId}`, 'q=Theirs', 'q=Vendor', 'email=theirs@example.com'])
        expect({ query, found: await rows(ours.api, `/v1/customers?${query}`) }).toEqual({ query, found: [] });
      expect(await rows(ours.api, '/v1/customers?q=Ours')).toHaveLength(1);
    },
    getCustomer: async () => {
      await isMissing('get', (id) => `/v1/customers/${id}`, [theirs.customerId, tenants.customerId]);
      expect((await ours.api.get(`/v1/customers/${ours.customerId}`)).body.last_name).toBe('Ours');
    },
    updateCustomer: async () => {
      const path = (id: string) => `/v1/customers/${id}`;
      await isMissing('patch', path, [theirs.customerId, tenants.customerId], { first_name: 'X' });
      expect((await ours.api.patch(path(ours.customerId), { first_name: 'Own' })).status).toBe(200);
      expect((await tenant.get(path(theirs.customerId))).body).toMatchObject({ first_name: null, version: 1 });
    },
    issueLicense: async () => {
      const key = { 'Idempotency-Key': randomUUID() };
      const issued = await ours.api.post('/v1/licenses', issueRequest(), key);
      expect(issued.status).toBe(201);
      const replayed = await ours.api.post('/v1/licenses', issueRequest(), key);
      expect([replayed.body, replayed.headers['idempotency-replayed']]).toEqual([issued.body, 'true']);
      // An idempotency key belongs to the API key.
      const other = await theirs.api.post('/v1/licenses', issueRequest({ customer_id: theirs.customerId }), key);
      expect(other.status).toBe(201);
      expect(other.headers['idempotency-replayed']).toBeUndefined();
      const license = (await ours.api.get(`/v1/licenses/${issued.body.license_id}`)).body;
      expect(license).toMatchObject({ partner_id: ours.partnerId, pool_id: ours.poolId });
      const refusals = [
        [issueRequest({ pool_id: theirs.poolId }), 'POOL_NOT_FOUND'],
        [issueRequest({ pool_id: NOBODYS }), 'POOL_NOT_FOUND'],
        [issueRequest({ customer_id: theirs.customerId }), 'CUSTOMER_NOT_FOUND'],
        [issueRequest({ customer_id: tenants.customerId, issued_to: 'X' }), 'CUSTOMER_NOT_FOUND'],
        [issueRequest({ customer_id: NOBODYS }), 'CUSTOMER_NOT_FOUND'],
      ] as const;
      for (const [body, code] of refusals)
        expect((await ours.api.post('/v1/licenses', body)).body).toMatchObject({ status: 404, code });
    },
    previewLicense: async () => {
      const preview = await ours.api.post('/v1/licenses:preview', issueRequest());
      expect(preview.body.license).toMatchObject({ partner_id: ours.partnerId, pool_id: ours.poolId });
      const refusals = [
        [issueRequest({ pool_id: theirs.poolId }), 'POOL_NOT_FOUND'],
        [issueRequest({ customer_id: theirs.customerId }), 'CUSTOMER_NOT_FOUND'],
        [issueRequest({ overrides: { max_activations: 9 } }), 'POOL_NOT_ALLOWED'],
        [issueRequest({ starts: 'AT_FIRST_ACTIVATION' }), 'POOL_NOT_ALLOWED'],
      ] as const;
      for (const path of ['/v1/licenses:preview', '/v1/licenses'])
        for (const [body, code] of refusals) expect((await ours.api.post(path, body)).body.code).toBe(code);
      await allow({ allowed_actions: ['starts'], allowed_overrides: ['max_activations'] });
      const more = { starts: 'AT_FIRST_ACTIVATION', overrides: { max_activations: 9 } };
      const allowed = await ours.api.post('/v1/licenses:preview', issueRequest(more));
      expect(allowed.body.license).toMatchObject({ status: 'PENDING', max_activations: 9 });
      // No license of a pool is without a limit, whatever the pool allows.
      await allow({ allowed_overrides: ['max_activations', 'expiry_date'] });
      for (const overrides of [{ max_activations: null }, { expiry_date: null }])
        for (const path of ['/v1/licenses:preview', '/v1/licenses'])
          expect((await ours.api.post(path, issueRequest({ overrides }))).body).toMatchObject({
            code: 'POOL_NOT_ALLOWED',
            detail: `The license pool does not allow a partner to set ${Object.keys(overrides).join()} to null.`,
          });
      await allow({ allowed_actions: ['starts'], allowed_overrides: ['max_activations'] });
      const beyond = issueRequest({ overrides: { max_activations: 9, grace_period_days: 1 } });
      expect((await ours.api.post('/v1/licenses', beyond)).body.code).toBe('POOL_NOT_ALLOWED');
      await allow({});
    },
    batchIssueLicenses: async () => {
      const lines = [
        issueRequest(),
        issueRequest({ pool_id: theirs.poolId }),
        issueRequest({ customer_id: theirs.customerId }),
      ];
      const text = lines.map((line) => JSON.stringify(line)).join('\n');
      const { body } = await ours.api.send('post', '/v1/licenses:batch-issue', text, { 'Content-Type': NDJSON });
      expect((body as Wire[]).map(({ status, problem }) => [status, problem?.code])).toEqual([
        [201, undefined],
        [404, 'POOL_NOT_FOUND'],
        [404, 'CUSTOMER_NOT_FOUND'],
      ]);
    },
    importLicenses: async () => {
      const mark = randomUUID();
      const send = async (lines: readonly Wire[], of = ours.api, query = '') => {
        const text = lines.map((line) => JSON.stringify(line)).join('\n');
        const path = `/v1/licenses:import${query}`;
        return (await of.send('post', path, text, { 'Content-Type': NDJSON })).body as Wire[];
      };
      const line = (more: Wire = {}) => ({
        license_template_id: templateId,
        customer: { customer_id: ours.customerId },
        ...more,
      });
      const told = (results: readonly Wire[]) =>
        results.map(({ outcome, problem }) => (problem?.code ?? outcome) as string);
      const before = await leftOf(ours.poolId);
      // The vendor's keys and ids that a partner meets: of a license key it learns that it is taken, and nothing of the ids.
      const vendors = {
        customer: { customer_id: tenants.customerId },
        external_id: mark,
        license_key: `${mark}-vendor`,
      };
      const byKey = { customer: { customer_id: tenants.customerId }, idempotency_key: mark };
      expect(told(await send([line(vendors), line(byKey)], tenant))).toEqual(['IMPORTED', 'IMPORTED']);
      expect(told(await send([line({ external_id: mark })]))).toEqual(['POOL_NOT_ALLOWED']);
      await allow({ allowed_actions: ['import'] });
      const email = `${mark}@example.com`;
      const lines = [
        line({ external_id: mark, license_key: `${mark}-ours` }),
        line({ idempotency_key: mark, customer: { email } }),
        line({ license_key: `${mark}-vendor` }),
        line({ external_id: 'p', pool_id: theirs.poolId }),
        line({ external_id: 'n', pool_id: NOBODYS }),
        ...[theirs.customerId, tenants.customerId, NOBODYS].map((customer_id) =>
          line({ external_id: customer_id, customer: { customer_id, last_name: 'X' } }),
        ),
        line({ external_id: 'o', max_activations: 9, customer: { email: `none-${email}` } }),
        line({ external_id: 'e', expiry_date: null, customer: { email: `none-${email}` } }),
      ];
      const refusals = [
        ...['IMPORT_CONFLICT', 'POOL_NOT_FOUND', 'POOL_NOT_FOUND'],
        ...['CUSTOMER_NOT_FOUND', 'CUSTOMER_NOT_FOUND', 'CUSTOMER_NOT_FOUND'],
        ...['POOL_NOT_ALLOWED', 'POOL_NOT_ALLOWED'],
      ];
      expect(told(await send(lines, ours.api, '?dry_run=true'))).toEqual(['IMPORTABLE', 'IMPORTABLE', ...refusals]);
      const results = await send(lines);
      expect(told(results)).toEqual(['IMPORTED', 'IMPORTED', ...refusals]);
      expect(JSON.stringify(results[2])).not.toContain('license_id');
      expect(told(await send(lines))).toEqual(['KNOWN', 'KNOWN', ...refusals]);
      expect(await leftOf(ours.poolId)).toBe(before - 2);
      const imported = (await ours.api.get(`/v1/licenses/${results[1]?.license_id}`)).body;
      expect(imported).toMatchObject({ partner_id: ours.partnerId, pool_id: ours.poolId, issued_to: email });
      expect(await rows(ours.api, `/v1/customers?email=${email}`)).toMatchObject([{ partner_id: ours.partnerId }]);
      expect(await rows(tenant, `/v1/customers?email=none-${email}`)).toEqual([]);
      const found = (await tenant.post('/v1/licenses:find', { external_id: mark })).body.data as Wire[];
      expect(new Set(found.map(({ partner_id }) => partner_id as unknown))).toEqual(new Set([null, ours.partnerId]));

      // An address that a customer of somebody else has is that of a new one.
      const vendor = await tenant.create('/v1/customers', { email: `taken-${email}` });
      const [taken] = await send([line({ external_id: `${mark}-taken`, customer: { email: `taken-${email}` } })]);
      const own = (await tenant.get(`/v1/licenses/${taken?.license_id}`)).body;
      expect(own.partner_id).toBe(ours.partnerId);
      expect(own.customer_id).not.toBe(vendor.customer_id);

      // The trial that a customer had from the vendor is found by a dry run, too, which leaves no license.
      const { customer_id: tried } = await ours.api.create('/v1/customers', { email: `tried-${email}` });
      await tenant.issue(templateId, { customer_id: tried, trial: true });
      const again = line({ external_id: `${mark}-trial`, customer: { customer_id: tried }, trial: true });
      const first = line({ ...again, external_id: `${mark}-first`, customer: { email: `first-${email}` } });
      for (const [query, outcome] of [
        ['?dry_run=true', 'IMPORTABLE'],
        ['', 'IMPORTED'],
      ])
        expect(told(await send([first, again], ours.api, query))).toEqual([outcome, 'TRIAL_ALREADY_USED']);

      // Another pool of two licenses: the third line is refused, wherever it stands, and one that was revoked is returned.
      const terms = { partner_id: ours.partnerId, license_template_id: otherTemplateId, returns_revoked: true };
      const pool = await tenant.create('/v1/license-pools', { ...terms, quantity: 2 });
      await tenant.patch(`/v1/license-pools/${pool.pool_id}`, {
        allowed_actions: ['import'],
        allowed_overrides: ['max_activations'],
      });
      const other = (n: number, more: Wire = {}) =>
        line({ license_template_id: otherTemplateId, pool_id: pool.pool_id, external_id: `${mark}-${n}`, ...more });
      const three = [
        other(0, { max_activations: 9 }),
        other(5, { max_activations: null }),
        // Refused for its devices, so that it takes none.
        other(1, { devices: [{ fingerprint: 'a' }, { fingerprint: 'a' }] }),
        ...Array.from({ length: 255 }, () => other(2, { license_template_id: 'unknown' })),
        other(3, { status: 'REVOKED' }),
        other(4, { customer: { email: `none-${email}` } }),
      ];
      const outcomes = async (query: string) => {
        const codes = told(await send(three, ours.api, query));
        return [codes[0], codes[1], codes[2], codes[258], codes[259]];
      };
      const expected = ['POOL_NOT_ALLOWED', 'VALIDATION_FAILED', 'IMPORTED', 'POOL_EXHAUSTED'];
      expect(await outcomes('?dry_run=true')).toEqual([
        'IMPORTABLE',
        ...expected.map((code) => (code === 'IMPORTED' ? 'IMPORTABLE' : code)),
      ]);
      expect(await outcomes('')).toEqual(['IMPORTED', ...expected]);
      expect(await leftOf(pool.pool_id as string)).toBe(1);
      expect(await rows(tenant, `/v1/customers?email=none-${email}`)).toEqual([]);
      // The vendor's own keys import into a pool, too, where the license is known by the ids of its partner.
      const vendorsOwn = { external_id: `${mark}-own`, customer: { customer_id: tenants.customerId } };
      const pooled = line({ ...vendorsOwn, license_template_id: otherTemplateId, pool_id: pool.pool_id });
      expect(told(await send([pooled], tenant))).toEqual(['IMPORTED']);
      expect(told(await send([pooled, line(vendorsOwn)], tenant))).toEqual(['KNOWN', 'IMPORTED']);
      // Of imports and issues at once, no more succeed than the pool has.
      await tenant.post(`/v1/license-pools/${pool.pool_id}/allot`, { quantity: 5 });
      const request = issueRequest({ license_template_id: otherTemplateId, pool_id: pool.pool_id as string });
      const [imports, issues] = await Promise.all([
        send(Array.from({ length: 5 }, (_, n) => other(100 + n))),
        Promise.all(Array.from({ length: 5 }, () => ours.api.post('/v1/licenses', request))),
      ]);
      const given = [...told(imports), ...issues.map(({ status, body }) => (status === 201 ? 'ISSUED' : body.code))];
      expect(given.filter((each) => each === 'POOL_EXHAUSTED')).toHaveLength(5);
      expect(await leftOf(pool.pool_id as string)).toBe(0);
      await tenant.patch(`/v1/license-pools/${pool.pool_id}`, { expires_at: '2026-01-01T00:00:00Z' });
      await allow({});
    },
    listLicenses: async () => {
      await listsOurs('/v1/licenses', [theirs.licenseId, tenants.licenseId]);
      const filters = [
        `partner_id=${theirs.partnerId}`,
        `pool_id=${theirs.poolId}`,
        `customer_id=${theirs.customerId}`,
        'q=Theirs',
        `q=Theirs&status=ACTIVE`,
      ];
      for (const query of filters)
        expect({ query, found: await rows(ours.api, `/v1/licenses?${query}`) }).toEqual({ query, found: [] });
    },
    getLicense: async () => {
      await isMissing('get', (id) => `/v1/licenses/${id}`, [theirs.licenseId, tenants.licenseId]);
      expect((await ours.api.get(`/v1/licenses/${ours.licenseId}`)).body.current_activations).toBe(1);
    },
    renewLicense: async () => {
      const renewed = await actsAsAllowed('renew', {});
      expect(renewed).toMatchObject({ version: 2 });
      // By one term of the license, and one in advance, unless the pool allows the partner to override the term.
      const renew = (body: Wire) => ours.api.post(`/v1/licenses/${renewed.license_id}/renew`, body);
      await allow({ allowed_actions: ['renew'] });
      for (const [body, denied] of [
        [{ months: 1 }, 'choose the term'],
        [{ days: 1 }, 'choose the term'],
        [{}, 'renew more than one term in advance'],
      ] as const) {
        const { status, body: problem } = await renew(body);
        expect([status, problem.code]).toEqual([403, 'POOL_NOT_ALLOWED']);
        expect(problem.detail).toContain(denied);
      }
      for (const name of ['term', 'expiry_date']) {
        await allow({ allowed_actions: ['renew'], allowed_overrides: [name] });
        expect((await renew({ months: 1 })).status).toBe(200);
      }
      await allow({});
    },
    convertTrial: async () => {
      expect(await actsAsAllowed('convert-trial', {}, { more: { trial: true } })).toMatchObject({ trial: false });
      // With the terms of another template, the pool must allow that, too.
      await allow({ allowed_actions: ['convert-trial'] });
      const body = { license_template_id: otherTemplateId };
      const response = await ours.api.post(`/v1/licenses/${ours.licenseId}/convert-trial`, body);
      expect(response.body.code).toBe('POOL_NOT_ALLOWED');
      // And the partner needs a pool of that template, into which the license moves.
      await allow({ allowed_actions: ['convert-trial', 'change-template'] });
      const { customer_id } = await ours.api.create('/v1/customers', { last_name: 'Trying' });
      const trial = await ours.api.create('/v1/licenses', issueRequest({ customer_id: customer_id!, trial: true }));
      const convert = () => ours.api.post(`/v1/licenses/${trial.license_id}/convert-trial`, body);
      expect((await convert()).body.code).toBe('POOL_REQUIRED');
      const pool = await otherPool(1);
      expect((await convert()).body).toMatchObject({ template_id: otherTemplateId, trial: false, pool_id: pool.id });
      expect(await pool.left()).toBe(0);
      await pool.end();
      await allow({});
    },
    changeLicenseTemplate: async () => {
      const body = { license_template_id: otherTemplateId };
      const issue = (more: Wire = {}) => ours.api.create('/v1/licenses', issueRequest(more));
      const change = (license: Wire, more: Wire = {}) =>
        ours.api.post(`/v1/licenses/${license.license_id}/change-template`, { ...body, ...more });
      const codeOf = async (license: Wire, more: Wire = {}) => (await change(license, more)).body.code ?? 'OK';
      await allow({ allowed_actions: ['change-template', 'renew'], allowed_overrides: ['max_activations', 'term'] });
      const license = await issue();
      expect(await codeOf(license)).toBe('POOL_REQUIRED');
      expect(await codeOf(license, { pool_id: theirs.poolId })).toBe('POOL_NOT_FOUND');
      expect(await codeOf(license, { pool_id: ours.poolId })).toBe('POOL_TEMPLATE_MISMATCH');
      // A license that moves into the other pool keeps nothing that this does not give.
      const pool = await otherPool(2);
      const [many, long] = [await issue({ overrides: { max_activations: 9 } }), await issue()];
      expect((await ours.api.post(`/v1/licenses/${long.license_id}/renew`, { months: 24 })).status).toBe(200);
      for (const denied of [many, long]) expect(await codeOf(denied)).toBe('POOL_NOT_ALLOWED');
      expect(await codeOf(long, { new_term: 'FROM_EXPIRY' })).toBe('POOL_NOT_ALLOWED');
      expect(await pool.left()).toBe(2);
      // It takes one license of the other pool, and gives none back; with its own template it takes none.
      const left = await leftOf(ours.poolId);
      const changed = await actsAsAllowed('change-template', body, { poolId: pool.id });
      expect(changed).toMatchObject({ template_id: otherTemplateId });
      expect(await codeOf({ license_id: changed.license_id! })).toBe('POOL_NOT_ALLOWED');
      await tenant.patch(`/v1/license-pools/${pool.id}`, { allowed_actions: ['change-template'] });
      expect(await codeOf({ license_id: changed.license_id! })).toBe('OK');
      expect([await pool.left(), await leftOf(ours.poolId)]).toEqual([1, left - 1]);
      // A pool gives as many licenses as it has, however many want one at once.
      await allow({ allowed_actions: ['change-template'] });
      const codes = await Promise.all([license, await issue(), await issue()].map((each) => codeOf(each)));
      expect(codes.sort()).toEqual(['OK', 'POOL_EXHAUSTED', 'POOL_EXHAUSTED']);
      expect(await pool.left()).toBe(0);
      // The vendor moves a license by the name of the pool alone, within its partner; it is returned to the pool in which it is.
      const moved = await issue();
      const path = `/v1/licenses/${moved.license_id}`;
      await tenant.post(`/v1/license-pools/${pool.id}/allot`, { quantity: 1 });
      const own = await tenant.post(`/v1/licenses/${tenants.licenseId}/change-template`, { ...body, pool_id: pool.id });
      expect(own.body.errors).toMatchObject([{ pointer: '/pool_id' }]);
      const kept = await tenant.post(`${path}/change-template`, body);
      expect(kept.body).toMatchObject({ template_id: otherTemplateId, pool_id: ours.poolId });
      const byVendor = await tenant.post(`${path}/change-template`, { ...body, pool_id: pool.id });
      expect(byVendor.body).toMatchObject({ pool_id: pool.id });
      expect(await pool.left()).toBe(0);
      const before = await leftOf(ours.poolId);
      await tenant.post(`${path}/revoke`, { reason: { code: 'OTHER' } });
      expect([await pool.left(), await leftOf(ours.poolId)]).toEqual([1, before]);
      await pool.end();
      await allow({});
    },
    transferLicense: async () => {
      const { customer_id } = await ours.api.create('/v1/customers', { last_name: 'Second' });
      expect(await actsAsAllowed('transfer', { customer_id })).toMatchObject({ customer_id, issued_to: 'Second' });
      await allow({ allowed_actions: ['transfer'] });
      const path = `/v1/licenses/${ours.licenseId}/transfer`;
      for (const id of [theirs.customerId, tenants.customerId, NOBODYS])
        expect((await ours.api.post(path, { customer_id: id })).body.code).toBe('CUSTOMER_NOT_FOUND');
      expect((await ours.api.post(path, { customer_id, rotate_key: true })).body.code).toBe('POOL_NOT_ALLOWED');
      const devices = await ours.api.post(path, { customer_id, deactivate_devices: true });
      expect(devices.body.code).toBe('PERMISSION_DENIED');
      await allow({});
    },
    rotateLicenseKey: async () => {
      const body = { reason: { code: 'OTHER' } };
      expect(await actsAsAllowed('rotate-key', body)).toMatchObject({ license_key: expect.any(String) as unknown });
    },
    explainLicense: async () => {
      const path = (id: string) => `/v1/licenses/${id}/explain`;
      const as_of = new Date().toISOString();
      await isMissing('post', path, [theirs.licenseId, tenants.licenseId], {});
      await isMissing('post', path, [theirs.licenseId, tenants.licenseId], { as_of });
      expect((await ours.api.post(path(ours.licenseId), { fingerprint: 'pc' })).body.code).toBe('VALID');
      expect((await ours.api.post(path(ours.licenseId), { fingerprint: 'pc', as_of })).body.certain).toBe(true);
    },
    listEvents: async () => {
      await listsOurs('/v1/license-events', [theirs.licenseId, theirs.customerId, tenants.licenseId]);
      const filters = [
        `license_id=${theirs.licenseId}`,
        `resource_id=${theirs.customerId}`,
        `partner_id=${theirs.partnerId}`,
        `license_id=${tenants.licenseId}`,
        'event_type=product.created',
      ];
      for (const query of filters)
        expect({ query, found: await rows(ours.api, `/v1/license-events?${query}`) }).toEqual({ query, found: [] });
      // Those of others about its license are among them.
      const types = (await rows(ours.api, `/v1/license-events?license_id=${ours.licenseId}`)).map(
        (event) => event.event_type as string,
      );
      expect(types).toEqual(expect.arrayContaining(['license.created', 'license.activated']));
    },
    listPartners: () => listsOurs('/v1/partners', [theirs.partnerId]),
    getPartner: () => isMissing('get', (id) => `/v1/partners/${id}`, [theirs.partnerId]),
    listLicensePools: () => listsOurs('/v1/license-pools', [theirs.poolId]),
    getLicensePool: () => isMissing('get', (id) => `/v1/license-pools/${id}`, [theirs.poolId]),
    listPoolEntries: async () => {
      await isMissing('get', (id) => `/v1/license-pools/${id}/entries`, [theirs.poolId]);
      const path = `/v1/license-pools/${ours.poolId}/entries`;
      const own = await rows(ours.api, path);
      expect(own.length).toBeGreaterThan(1);
      const foreign = (await tenant.get(`/v1/license-pools/${theirs.poolId}/entries?limit=1`)).body
        .next_cursor as string;
      expect(foreign).toEqual(expect.any(String));
      const { status, body } = await ours.api.get(`${path}?limit=100&cursor=${foreign}`);
      if (status === 200) for (const row of body.data as Wire[]) expect(own).toContainEqual(row);
      else expect({ status, code: body.code }).toEqual({ status: 400, code: 'CURSOR_MISMATCH' });
    },
  };

  it('is tried on every route that is open to partners', () => {
    const open = operations(app.document).filter(({ operation }) => (operation as Wire)['x-open-to-partners'] === true);
    expect(open.map(({ operation }) => operation.operationId).sort()).toEqual(Object.keys(ROUTES).sort());
  });

  it('closes every other route to the key of a partner', async () => {
    let closed = 0;
    for (const { path, method, operation } of operations(app.document)) {
      const described = operation as Wire;
      if (described['x-open-to-partners'] || !described['x-permission']) continue;
      const url = path.replace(/\{(\w+)\}/g, (_, name: string) =>
        name === 'tenant_id' ? tenant.tenantId : ours.licenseId,
      );
      const { status, body } = await ours.api.send(method as 'get', url, method === 'get' ? undefined : {});
      expect({ path, method, status, code: body.code as string }).toEqual({
        path,
        method,
        status: 403,
        code: 'PERMISSION_DENIED',
      });
      closed++;
    }
    expect(closed).toBeGreaterThan(40);
  });

  it.each(Object.keys(ROUTES))('holds on %s', async (operation) => {
    await ROUTES[operation]?.();
  });

  it('holds on the bus: a unit of work of the vendor cannot be joined by a partner', async () => {
    const actor = new Actor(
      tenant.tenantId,
      { type: 'service', id: 'test', via: 'bus' },
      new Set(),
      undefined,
      ours.partnerId,
    );
    const issue = new IssueLicenseCommand(actor, issueRequest());
    expect(await app.nest.get(CommandBus).execute(issue)).toMatchObject({ customer_id: ours.customerId });
    const joined = app.nest.get(UnitOfWork).run(tenant.tenantId, () => app.nest.get(CommandBus).execute(issue));
    await expect(joined).rejects.toThrow('joined by a partner');
  });

  it('holds in the database alone, for a partner of the transaction', async () => {
    await withClient(app.database.applicationUrl, async (client) => {
      const count = async (table: string) =>
        Number((await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`)).rows[0]?.count);
      const counts = async (settings: string) => {
        await client.query(`BEGIN; SET LOCAL app.tenant_id = '${tenant.tenantId}'; ${settings}`);
        const found: Record<string, number> = {};
        for (const table of TABLES) found[table] = await count(table);
        await client.query('ROLLBACK');
        return found;
      };
      const [all, own, none] = [
        await counts(''),
        await counts(`SET LOCAL app.partner_id = '${ours.partnerId}'`),
        await counts(`SET LOCAL app.partner_id = '${NOBODYS}'`),
      ];
      for (const table of TABLES) {
        expect({ table, none: none[table] }).toEqual({ table, none: 0 });
        expect(own[table]).toBeGreaterThan(0);
        expect(own[table]).toBeLessThan(all[table] ?? 0);
      }
      // No row can be made, taken over or given away.
      const asOurs = async (statement: string, values: unknown[]) => {
        await client.query(
          `BEGIN; SET LOCAL app.tenant_id = '${tenant.tenantId}'; SET LOCAL app.partner_id = '${ours.partnerId}'`,
        );
        try {
          return (await client.query(statement, values)).rowCount;
        } finally {
          await client.query('ROLLBACK');
        }
      };
      const insert = `INSERT INTO customers (tenant_id, customer_id, last_name, active, metadata, version, created_at, updated_at, partner_id)
        VALUES ($1, 'made', 'X', true, '{}', 1, now(), now(), $2)`;
      for (const owner of [theirs.partnerId, null])
        await expect(asOurs(insert, [tenant.tenantId, owner])).rejects.toThrow('row-level security');
      expect(await asOurs(`UPDATE customers SET last_name = 'X' WHERE customer_id = $1`, [theirs.customerId])).toBe(0);
      const move = asOurs('UPDATE customers SET partner_id = $1', [theirs.partnerId]);
      await expect(move).rejects.toThrow('permission denied');
      await expect(asOurs('UPDATE pool_entries SET quantity = 2', [])).rejects.toThrow('permission denied');
      await expect(asOurs('DELETE FROM pool_entries', [])).rejects.toThrow('permission denied');
    });
  });

  describe('without the second policy', () => {
    beforeAll(async () => {
      for (const table of TABLES) await app.database.query(`DROP POLICY partner_wall ON ${table}`);
    });

    it.each(Object.keys(ROUTES))('holds on %s', async (operation) => {
      await ROUTES[operation]?.();
    });
  });
});
