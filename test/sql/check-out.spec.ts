import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyLicenseFile } from '../../packages/client/src/index.js';
import { loadConfig } from '../../src/config.js';
import { withClient } from '../../src/database/with-client.js';
import { migrate } from '../../src/database/migrate.js';
import { eraseCustomer } from '../../src/maintenance/index.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const DAY_S = 24 * 60 * 60;
const DAY_MS = DAY_S * 1000;

describe('check-out', () => {
  let app: TestApp;
  let tenant: Api;
  let offset = 0;

  beforeAll(async () => {
    const clock = { now: () => new Date(Date.now() + offset) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    tenant = await app.tenant();
  });

  afterAll(() => app.stop());

  const issue = async (terms: Record<string, unknown> = {}): Promise<string> =>
    (await tenant.issue(await tenant.template({ max_activations: 1, default_duration: 365, ...terms }))).license_id;
  const checkOut = (licenseId: string, body: Record<string, unknown>, headers?: Record<string, string>) =>
    tenant.post(`/v1/licenses/${licenseId}/check-out`, body, headers);
  const activate = (licenseId: string, fingerprint: string) =>
    tenant.post(`/v1/licenses/${licenseId}/activations`, { fingerprint });
  const deactivate = (licenseId: string, activationId: string) =>
    tenant.post(`/v1/licenses/${licenseId}/activations/${activationId}/deactivate`);
  const inUse = async (licenseId: string) =>
    (await tenant.get(`/v1/licenses/${licenseId}`)).body.current_activations as number;
  const open = async (answer: Wire, fingerprint?: string) => {
    const { keys } = (await app.anonymous().get(`/v1/client/${tenant.tenantId}/jwks.json`)).body;
    const now = Date.now() + offset;
    return verifyLicenseFile(answer.license_file as string, { tenantId: tenant.tenantId, keys, fingerprint, now });
  };

  it('gives a file that verifies with the published keys and says what the license says', async () => {
    const features = [{ feature_id: 'radius', feature_name: 'RADIUS', limit_value: 5, limit_type: 'COUNT' }];
    const restrictions = [{ restriction_type: 'GEOGRAPHIC', values: ['US'], operator: 'ALLOW' }];
    const licenseId = await issue({ features, restrictions });
    const { body, status } = await checkOut(licenseId, { fingerprint: 'd', nonce: 'n', ttl_seconds: 10 * DAY_S });
    expect(status).toBe(200);
    const file = await open(body, 'd');
    const license = (await tenant.get(`/v1/licenses/${licenseId}`)).body;
    const { license_id, product_id, issued_to, expiry_date, max_activations, product_name } = license;
    const names = { product_name, product_display_name: 'Product' };
    expect(license).toMatchObject(names);
    expect(file.license).toMatchObject({ license_id, product_id, issued_to, expiry_date, max_activations, ...names });
    expect([file.license.features, file.license.restrictions]).toEqual([license.features, license.restrictions]);
    expect(file).toMatchObject({ device: { fingerprint: 'd' }, nonce: 'n', kid: body.kid });
    expect(file.lease).toEqual({ activation_id: body.activation_id, ends_at: body.expires_at });
    expect(Date.parse(file.expires_at) - Date.parse(file.issued_at)).toBe(10 * DAY_MS);
    expect(Date.parse(file.refresh_at) - Date.parse(file.issued_at)).toBe(5 * DAY_MS);
    await expect(open(body, 'other')).rejects.toMatchObject({ code: 'WRONG_DEVICE' });
    expect(body.license_file).not.toContain(license.license_key_last_four);
  });

  it('never gives a file that outlives its license', async () => {
    const licenseId = await issue({ default_duration: 3 });
    const { body } = await checkOut(licenseId, { fingerprint: 'd', ttl_seconds: 366 * DAY_S });
    expect(body.expires_at).toBe((await tenant.get(`/v1/licenses/${licenseId}`)).body.expiry_date);
    const perpetual = await issue({ license_type: 'PERPETUAL', default_duration: null });
    expect((await checkOut(perpetual, { fingerprint: 'd', ttl_seconds: 366 * DAY_S + 1 })).status).toBe(400);
    expect((await open((await checkOut(perpetual, { fingerprint: 'd' })).body, 'd')).license.expiry_date).toBeNull();
  });

  it('gives no file that is longer than the template allows, whatever is asked for, with either route', async () => {
    const template = await tenant.template({ max_activations: 3, file_ttl_max_seconds: 600 });
    const { license_id, license_key } = await tenant.issue(template);
    const path = `/v1/licenses/${license_id}`;
    expect((await tenant.get(path)).body).toMatchObject({ file_ttl_max_seconds: 600, files_until: null });
    const client = app.anonymous();
    const answers = [
      await checkOut(license_id as string, { fingerprint: 'default' }),
      await checkOut(license_id as string, { fingerprint: 'longest', ttl_seconds: 366 * DAY_S }),
      await checkOut(license_id as string, { fingerprint: 'short', ttl_seconds: 60 }),
      await client.post('/v1/client/check-out', { license_key, fingerprint: 'default', ttl_seconds: 601 }),
    ];
    const lengths = answers.map(
      ({ body }) => Date.parse(body.expires_at as string) - Date.parse(body.issued_at as string),
    );
    expect(lengths).toEqual([600_000, 600_000, 60_000, 600_000]);
    await tenant.patch(`/v1/license-templates/${template}`, { file_ttl_max_seconds: null });
    expect((await tenant.get(path)).body.file_ttl_max_seconds).toBe(600);
    const { body } = await tenant.post(`${path}/change-template`, { license_template_id: template });
    expect(body.file_ttl_max_seconds).toBeNull();
  });

  it.each([59, 366 * DAY_S + 1, 1.5])('has no template that allows %d seconds', async (file_ttl_max_seconds) => {
    const template = await tenant.template();
    const answer = await tenant.patch(`/v1/license-templates/${template}`, { file_ttl_max_seconds });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/file_ttl_max_seconds' }] } });
  });

  it('says in the license until when its last file is good, also when it is taken away', async () => {
    const licenseId = await issue({ max_activations: 2 });
    const long = (await checkOut(licenseId, { fingerprint: 'a', ttl_seconds: 20 * DAY_S })).body;
    await checkOut(licenseId, { fingerprint: 'b', ttl_seconds: 60 });
    const files_until = long.expires_at as string;
    const { product_id } = (await tenant.get(`/v1/licenses/${licenseId}`)).body;
    const listed = (await tenant.get(`/v1/licenses?product_id=${product_id}`)).body.data as Wire[];
    expect(listed.map((license) => license.files_until)).toEqual([files_until]);
    for (const action of ['suspend', 'revoke']) {
      const { body } = await tenant.post(`/v1/licenses/${licenseId}/${action}`, { reason: { code: 'REFUNDED' } });
      expect(body.files_until).toBe(files_until);
    }
  });

  it('names the product as it is called now, and keeps the name in the record of the issue', async () => {
    const template = await tenant.template({ template_name: 'Named template' });
    const { license_id, license_key, product_name, ...issued } = await tenant.issue(template);
    expect(product_name).toBe('License for Named template');
    expect(issued).not.toHaveProperty('product_display_name');
    await tenant.patch(`/v1/products/${issued.product_id}`, { name: 'MyCAD' });
    const names = { product_name, product_display_name: 'MyCAD' };
    expect((await tenant.get(`/v1/licenses/${license_id}`)).body).toMatchObject(names);
    expect((await tenant.patch(`/v1/licenses/${license_id}`, { metadata: { a: 1 } })).body).toMatchObject(names);
    const { data } = (await tenant.get(`/v1/licenses?product_id=${issued.product_id}`)).body;
    expect(data).toMatchObject([names]);
    const { license } = (await app.anonymous().post('/v1/client/validate', { license_key, fingerprint: 'n' })).body;
    expect(license).toMatchObject(names);
    const { body } = await checkOut(license_id as string, { fingerprint: 'n' });
    expect((await open(body, 'n')).license).toMatchObject(names);
  });

  it('keeps the license from ending before a file that is out, with a device or without', async () => {
    for (const [terms, device] of [
      [{}, { fingerprint: 'd' }],
      [{ max_activations: null }, {}],
    ] as const) {
      const licenseId = await issue(terms);
      const path = `/v1/licenses/${licenseId}`;
      const { expires_at } = (await checkOut(licenseId, { ...device, ttl_seconds: 10 * DAY_S })).body;
      await checkOut(licenseId, { ...device, ttl_seconds: DAY_S });
      const before = (await tenant.get(path)).body;
      const early = new Date(Date.parse(expires_at as string) - 1).toISOString();
      expect(await tenant.patch(path, { expiry_date: early })).toMatchObject({
        status: 409,
        body: { code: 'LICENSE_FILE_OUTSTANDING', files_until: expires_at },
      });
      expect((await tenant.get(path)).body).toEqual(before);
      expect((await tenant.patch(path, { expiry_date: expires_at })).body.expiry_date).toBe(expires_at);
    }
  });

  it('is known also of files that an earlier release signed', async () => {
    const earlier = await TestApp.start();
    const api = await earlier.tenant();
    const template = await api.template({ max_activations: null });
    const files = await Promise.all(
      [1, 2].map(async (days) => {
        const { license_id } = await api.issue(template);
        const path = `/v1/licenses/${license_id}/check-out`;
        await api.post(path, { ttl_seconds: 60 });
        const { expires_at } = (await api.post(path, { ttl_seconds: days * DAY_S })).body;
        return { license_id: license_id as string, files_until: new Date(expires_at as string) };
      }),
    );
    await api.issue(template);
    await earlier.database.query('ALTER TABLE licenses DROP COLUMN files_until');
    await earlier.database.query(`DELETE FROM schema_migrations WHERE name LIKE 'Files%'`);
    await migrate(earlier.database.ownerUrl, earlier.database.applicationUrl, loadConfig({}));
    const rows = await earlier.database.query(
      'SELECT license_id, files_until FROM licenses WHERE files_until IS NOT NULL ORDER BY files_until',
    );
    expect(rows).toEqual(files);
    await earlier.stop();
  });

  it('lets one of a correction to an earlier day and a file at the same time have its way', async () => {
    const licenses = await Promise.all(Array.from({ length: 10 }, () => issue()));
    await Promise.all(
      licenses.map(async (id) => {
        const soon = new Date(Date.now() + offset + 5 * DAY_MS).toISOString();
        const [file, edit] = await Promise.all([
          checkOut(id, { fingerprint: 'd', ttl_seconds: 30 * DAY_S }),
          tenant.patch(`/v1/licenses/${id}`, { expiry_date: soon }),
        ]);
        expect(file.status).toBe(200);
        const { expiry_date } = (await tenant.get(`/v1/licenses/${id}`)).body as { expiry_date: string };
        expect((file.body.expires_at as string) <= expiry_date).toBe(true);
        expect(edit.status).toBe(expiry_date === soon ? 200 : 409);
      }),
    );
  });

  it.each([
    ['SUSPENDED', `status = 'SUSPENDED'`],
    ['REVOKED', `status = 'REVOKED'`],
    ['IN_GRACE', `expiry_date = now() - interval '1 day', grace_period_days = 30`],
    ['EXPIRED', `expiry_date = now() - interval '1 day', grace_period_days = 0`],
  ])('gives none for a license that is %s, and takes no seat', async (state, change) => {
    const licenseId = await issue();
    await app.database.query(`UPDATE licenses SET ${change} WHERE license_id = $1`, [licenseId]);
    const refused = await checkOut(licenseId, { fingerprint: 'd' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'LICENSE_STATE' } });
    expect(refused.body.detail).toContain(state);
    expect(await app.database.query('SELECT 1 FROM license_activations WHERE license_id = $1', [licenseId])).toEqual(
      [],
    );
  });

  it('names the device where seats are counted, and needs none where they are not', async () => {
    const refused = await checkOut(await issue(), {});
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/fingerprint' }] } });
    const site = await issue({ license_model: 'SITE_LICENSE' });
    const { body } = await checkOut(site, {});
    expect(body.activation_id).toBeNull();
    expect(await open(body, 'any')).toMatchObject({ device: null, lease: null });
  });

  describe('holds a seat until the file ends', () => {
    it.each([{ license_model: 'PER_DEVICE' }, { license_type: 'CONCURRENT' }, { eviction_policy: 'OLDEST' }])(
      'which nobody else can have, give back, shorten or evict: %j',
      async (terms) => {
        const licenseId = await issue(terms);
        const { body } = await checkOut(licenseId, { fingerprint: 'offline', ttl_seconds: 7 * DAY_S });
        expect(await inUse(licenseId)).toBe(1);
        for (const days of [0, 6.9]) {
          offset = days * DAY_MS;
          expect((await activate(licenseId, 'other')).body.code).toBe('ACTIVATION_LIMIT_REACHED');
          expect((await checkOut(licenseId, { fingerprint: 'other' })).body.code).toBe('ACTIVATION_LIMIT_REACHED');
          expect(await deactivate(licenseId, body.activation_id as string)).toMatchObject({
            status: 409,
            body: { code: 'SEAT_LENT' },
          });
          // The device itself comes online for a moment.
          if (days === 0)
            expect((await checkOut(licenseId, { fingerprint: 'offline', ttl_seconds: 60 })).status).toBe(200);
          expect(await inUse(licenseId)).toBe(1);
        }
        offset = 7 * DAY_MS + 1_000;
        expect(await inUse(licenseId)).toBe(0);
        expect((await activate(licenseId, 'other')).status).toBe(200);
        offset = 0;
      },
    );

    it('also when a leased device says that it still runs', async () => {
      const licenseId = await issue({ license_type: 'CONCURRENT' });
      await checkOut(licenseId, { fingerprint: 'offline', ttl_seconds: 7 * DAY_S });
      expect((await activate(licenseId, 'offline')).body.lent_until).not.toBeNull();
      offset = DAY_MS;
      expect((await activate(licenseId, 'other')).body.code).toBe('ACTIVATION_LIMIT_REACHED');
      offset = 0;
    });

    it('and a device that had a seat for good keeps it afterwards', async () => {
      const licenseId = await issue();
      const { activation_id } = (await activate(licenseId, 'd')).body;
      expect((await checkOut(licenseId, { fingerprint: 'd', ttl_seconds: DAY_S })).body.activation_id).toBe(
        activation_id,
      );
      offset = 2 * DAY_MS;
      expect(await inUse(licenseId)).toBe(1);
      expect((await deactivate(licenseId, activation_id as string)).body.status).toBe('DEACTIVATED');
      expect(await inUse(licenseId)).toBe(0);
      offset = 0;
    });

    it('also when the license gets other terms, by which seats are leased', async () => {
      const licenseId = await issue();
      const { product_id } = (await tenant.get(`/v1/licenses/${licenseId}`)).body;
      await activate(licenseId, 'd');
      await checkOut(licenseId, { fingerprint: 'd', ttl_seconds: 7 * DAY_S });
      const leased = await tenant.create('/v1/license-templates', {
        template_name: `Leased ${licenseId}`,
        product_id,
        license_type: 'CONCURRENT',
        license_model: 'PER_SEAT',
        max_activations: 1,
        default_duration: 365,
      });
      const change = { license_template_id: leased.template_id as string };
      expect((await tenant.post(`/v1/licenses/${licenseId}/change-template`, change)).status).toBe(200);
      offset = 6 * DAY_MS;
      expect((await activate(licenseId, 'other')).body.code).toBe('ACTIVATION_LIMIT_REACHED');
      offset = 7 * DAY_MS + 1_000;
      expect((await activate(licenseId, 'other')).status).toBe(200);
      offset = 0;
    });

    it('one for each file, however many ask at once', async () => {
      const licenseId = await issue({ max_activations: 3 });
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, at) => checkOut(licenseId, { fingerprint: `d-${at}` })),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
      expect(answers.filter(({ body }) => body.code === 'ACTIVATION_LIMIT_REACHED')).toHaveLength(27);
      expect(await inUse(licenseId)).toBe(3);
    });
  });

  it('never follows a revocation that was committed before it', async () => {
    const licenses = await Promise.all(Array.from({ length: 10 }, () => issue()));
    const revoke = (id: string) =>
      app.database.query(
        `UPDATE licenses SET status = 'REVOKED' WHERE license_id = $1 RETURNING clock_timestamp() AS at`,
        [id],
      );
    await Promise.all(
      licenses.map(async (id) => {
        const [, answer] = await Promise.all([revoke(id), checkOut(id, { fingerprint: 'd' })]);
        expect([200, 409]).toContain(answer.status);
        expect((await checkOut(id, { fingerprint: 'd' })).body.code).toBe('LICENSE_STATE');
      }),
    );
  });

  it('is done once for an idempotency key, and told of in one event', async () => {
    const licenseId = await issue();
    const once = { 'Idempotency-Key': 'file-1' };
    const answers = await Promise.all([1, 2, 3].map(() => checkOut(licenseId, { fingerprint: 'd' }, once)));
    expect(new Set(answers.map(({ body }) => body.license_file as string)).size).toBe(1);
    await eventually(async () => {
      const { data } = (await tenant.get(`/v1/license-events?license_id=${licenseId}`)).body;
      const events = (data as Wire[]).filter(({ event_type }) => event_type === 'license.checked_out');
      expect(events).toHaveLength(1);
      const [{ activation_id, kid, expires_at }] = answers.map(({ body }) => body);
      expect(events[0].event_data).toEqual({
        activation_id,
        kid,
        expires_at,
        fingerprint: 'd',
        reason: null,
        before: { files_until: null },
        after: { files_until: expires_at },
      });
    });
  });

  it('leaves nothing behind of a customer who is erased', async () => {
    const template = await tenant.template({ max_activations: 2 });
    const { license_id } = await tenant.issue(template, { customer_id: 'erased', issued_to: 'Ada Lovelace' });
    const once = { 'Idempotency-Key': 'erased' };
    const before = await checkOut(license_id as string, { fingerprint: 'd' }, once);
    expect((await open(before.body, 'd')).license.issued_to).toBe('Ada Lovelace');
    await withClient(app.database.ownerUrl, (owner) =>
      eraseCustomer(owner, app.secrets, tenant.tenantId, 'erased', new Date()),
    );
    const replayed = await checkOut(license_id as string, { fingerprint: 'd' }, once);
    expect(replayed).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_RESULT_ERASED' } });
    // The seat of the first file is held until that ends, so the device takes another.
    const again = await checkOut(license_id as string, { fingerprint: 'd' });
    expect((await open(again.body, 'd')).license.issued_to).toBe('Customer erased');
  });

  it('tells of a device that was refused', async () => {
    const licenseId = await issue();
    await checkOut(licenseId, { fingerprint: 'one' });
    await checkOut(licenseId, { fingerprint: 'two' });
    await eventually(async () => {
      const { data } = (await tenant.get(`/v1/license-events?license_id=${licenseId}`)).body;
      const types = (data as Wire[]).map(({ event_type }) => event_type as string);
      expect(types.filter((type) => type === 'license.activation_refused')).toHaveLength(1);
    });
  });
});
