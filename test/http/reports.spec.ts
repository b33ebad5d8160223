import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { rebuildReports } from '../../src/maintenance/index.js';
import { RefusalCounts } from '../../src/activations/refusal-counts.js';
import { ReportFollower } from '../../src/reports/counting/report-follower.js';
import type { StoredValidationCounts } from '../../src/reports/validations/stored-validation-counts.js';
import { Clock } from '../../src/shared/time/clock.js';
import { ValidationCounts } from '../../src/validation/index.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { NO_CLIENT_LIMITS, TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-01T10:00:00.000Z');
const REPORTS = ['overview', 'expirations', 'activity', 'utilisation', 'peaks', 'denials', 'compliance'];

describe('reports', () => {
  let app: TestApp;
  let api: Api;
  let today = 0;
  let productId: string;
  let license: Wire;

  const validate = (licenseKey: string) =>
    app.bearer(api.tenantId, api.key ?? '').post('/v1/client/validate', { license_key: licenseKey });
  const activate = (fingerprint: string) => api.post(`/v1/licenses/${license.license_id}/activations`, { fingerprint });
  const report = async (path: string): Promise<Wire> => {
    const { status, body } = await api.get(`/v1/reports/${path}`);
    expect({ path, status }).toEqual({ path, status: 200 });
    return body;
  };
  const flush = () => app.nest.get<StoredValidationCounts>(ValidationCounts).flush();

  beforeAll(async () => {
    app = await TestApp.start({
      environment: { ...NO_CLIENT_LIMITS, LICENSE_TIMER_INTERVAL_MS: '20', REPORT_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => new Date(START + today * DAY_MS) }),
    });
    api = await app.tenant();
    const template = await api.template({ default_duration: 3, grace_period_days: 0, max_activations: 2 });
    productId = (await api.get(`/v1/license-templates/${template}`)).body.product_id as string;
    license = await api.issue(template);
    const { activation_id } = (await activate('a')).body;
    for (const fingerprint of ['b', 'c', 'd']) await activate(fingerprint);
    const blocked = { fingerprint: 'blocked', reason: { code: 'FRAUD' } };
    expect((await api.post(`/v1/licenses/${license.license_id}/blocked-devices`, blocked)).status).toBe(200);
    expect((await activate('blocked')).body.code).toBe('DEVICE_BLOCKED');
    const counts = app.nest.get(RefusalCounts);
    const refusal = { tenantId: api.tenantId, licenseId: license.license_id as string, at: new Date(START) };
    for (let n = 0; n < 3; n++) await counts.add({ ...refusal, code: 'RATE_LIMITED' });
    today = 1;
    const deactivate = `/v1/licenses/${license.license_id}/activations/${activation_id}/deactivate`;
    expect((await api.post(deactivate, {})).status).toBe(200);
    today = 5;
    for (let n = 0; n < 3; n++) expect((await validate(license.license_key)).body.code).toBe('EXPIRED');
    expect((await validate('AAAAA-AAAAA-AAAAA-AAAAA-AAAAA')).body.code).toBe('NOT_FOUND');
    await eventually(async () => {
      expect(
        await app.database.query(`SELECT 1 FROM license_event_logs WHERE event_type = 'license.expired'`),
      ).toHaveLength(1);
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    await app.nest.get(ReportFollower).sweep();
    await flush();
  });

  afterAll(() => app.stop());

  it('tell what happened on which day, and how many seats were in use at most', async () => {
    const activity = await report('activity?from=2026-03-01&to=2026-03-06');
    expect(activity.data.map(({ day, issued, activated, expired }: Wire) => [day, issued, activated, expired])).toEqual(
      [
        ['2026-03-01', 1, 2, 0],
        ['2026-03-02', 0, 0, 0],
        ['2026-03-03', 0, 0, 0],
        ['2026-03-04', 0, 0, 1],
        ['2026-03-05', 0, 0, 0],
        ['2026-03-06', 0, 0, 0],
      ],
    );
    // Both seats were in use until one was freed on the second day; the other one is still in use.
    const peaks = [2, 2, 1, 1, 1, 1].map((peak, at) => ({
      day: `2026-03-0${at + 1}`,
      license_id: license.license_id,
      product_id: productId,
      peak,
      seats: 2,
    }));
    expect((await report(`peaks?license_id=${license.license_id}&from=2026-03-01&to=2026-03-31`)).data).toEqual(peaks);
    expect((await report('peaks?per_day=1')).data).toEqual(peaks.slice(0, 2));
  });

  it('count refused activations and failed validations, by day and by product', async () => {
    const denied = { kind: 'ACTIVATION', code: 'ACTIVATION_LIMIT_REACHED', denials: 2 };
    const blocked = { kind: 'ACTIVATION', code: 'DEVICE_BLOCKED', denials: 1 };
    // They have no event each, but their number.
    const limited = { kind: 'ACTIVATION', code: 'RATE_LIMITED', denials: 3 };
    const expired = { kind: 'VALIDATION', code: 'EXPIRED', denials: 3 };
    const unknown = { kind: 'VALIDATION', code: 'NOT_FOUND', denials: 1 };
    expect((await report('denials')).data).toEqual([
      { day: '2026-03-01', product_id: null, ...denied },
      { day: '2026-03-01', product_id: null, ...blocked },
      { day: '2026-03-01', product_id: null, ...limited },
      { day: '2026-03-06', product_id: null, ...expired },
      { day: '2026-03-06', product_id: null, ...unknown },
    ]);
    expect((await report('denials?by=product')).data).toEqual([
      { day: null, product_id: productId, ...limited },
      { day: null, product_id: productId, ...expired },
      { day: null, product_id: productId, ...denied },
      { day: null, product_id: productId, ...blocked },
    ]);
    expect((await report(`denials?product_id=${productId}&from=2026-03-06`)).data).toEqual([
      { day: '2026-03-06', product_id: productId, ...expired },
    ]);
    // Later counts are added to what is stored, also where a write failed meanwhile.
    await validate(license.license_key);
    await app.database.query('REVOKE INSERT ON report_validations FROM PUBLIC, ' + app.database.applicationRole);
    await flush();
    await app.database.query('GRANT INSERT ON report_validations TO ' + app.database.applicationRole);
    await validate(license.license_key);
    await flush();
    expect((await report(`denials?product_id=${productId}&from=2026-03-06`)).data).toEqual([
      { day: '2026-03-06', product_id: productId, ...expired, denials: 5 },
    ]);
  });

  it('list what is used beyond its terms, as long as it is', async () => {
    const row = { license_id: license.license_id, product_id: productId, status: 'EXPIRED', seats_in_use: 1, seats: 2 };
    const asking = (await report('compliance?finding=EXPIRED_STILL_ASKING')).data;
    expect(asking).toEqual([
      expect.objectContaining({
        ...row,
        validations: 5,
        last_validated_at: new Date(START + 5 * DAY_MS).toISOString(),
      }),
    ]);
    const left = await report('compliance?finding=DEVICES_WITHOUT_LICENSE');
    expect(left.data).toEqual([expect.objectContaining({ ...row, validations: null })]);
    expect((await report('utilisation')).totals).toMatchObject({
      licenses: 0,
      licenses_with_devices_left: 1,
      devices_left: 1,
    });
    expect((await report('compliance')).data).toEqual([]);
    await api.post(`/v1/licenses/${license.license_id}/renew`, { days: 30 });
    await activate('e');
    await api.patch(`/v1/licenses/${license.license_id}`, { max_activations: 1 });
    await eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));
    await app.nest.get(ReportFollower).sweep();
    for (const finding of ['EXPIRED_STILL_ASKING', 'DEVICES_WITHOUT_LICENSE'])
      expect((await report(`compliance?finding=${finding}`)).data).toEqual([]);
    expect((await report('compliance')).data).toEqual([
      expect.objectContaining({ finding: 'OVER_USED', license_id: license.license_id, seats_in_use: 2, seats: 1 }),
    ]);
    expect((await report('utilisation')).totals).toMatchObject({
      licenses: 1,
      full_licenses: 1,
      over_used_licenses: 1,
    });

    // It expires again: what was asked after the first expiry does not count.
    const expiries = () => app.database.query(`SELECT 1 FROM license_event_logs WHERE event_type = 'license.expired'`);
    today = 50;
    await eventually(async () => expect(await expiries()).toHaveLength(2));
    await app.nest.get(ReportFollower).sweep();
    expect((await report('compliance?finding=EXPIRED_STILL_ASKING')).data).toEqual([]);
    expect((await validate(license.license_key)).body.code).toBe('EXPIRED');
    await flush();
    const again = (await report('compliance?finding=EXPIRED_STILL_ASKING')).data;
    expect(again).toEqual([expect.objectContaining({ validations: 1 })]);
  });

  it('say of trials that they expire, whatever renews automatically, and of licenses that have not started when they end', async () => {
    const seller = await app.tenant();
    const terms = { default_duration: 10, auto_renewal_enabled: true, trial_allowed: true, trial_duration_days: 5 };
    const template_id = await seller.template(terms);
    await seller.issue(template_id, { customer_id: 'trial', trial: true });
    await seller.issue(template_id, {
      customer_id: 'later',
      starts: new Date(START + (today + 1) * DAY_MS).toISOString(),
    });
    await eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));
    await app.nest.get(ReportFollower).sweep();
    const ends = (await seller.get('/v1/reports/expirations?days=30')).body.data as Wire[];
    expect(
      ends.flatMap(({ expiring, renewing }, day) => (expiring || renewing ? [[day, expiring, renewing]] : [])),
    ).toEqual([
      [5, 1, 0],
      [11, 0, 1],
    ]);
  });

  it('are CSV and NDJSON, too, and nobody reads those of another tenant, or without the permission', async () => {
    const csv = await api.getAs('text/csv', '/v1/reports/denials?by=product');
    expect(csv.headers['content-disposition']).toBe('attachment; filename="denials.csv"');
    expect(csv.text.split('\r\n').slice(0, 2)).toEqual([
      '"day","product_id","kind","code","denials"',
      `,"${productId}","VALIDATION","EXPIRED",1`,
    ]);
    expect((await api.getAs(NDJSON, '/v1/reports/expirations?days=7')).body).toHaveLength(7);
    const [other, without] = [await app.tenant(), await app.key(api.tenantId, ['licenses:read', 'events:read'])];
    for (const name of REPORTS) {
      expect((await without.get(`/v1/reports/${name}`)).status).toBe(403);
      expect(JSON.stringify((await other.get(`/v1/reports/${name}?`)).body)).not.toContain(productId);
    }
    expect((await report('overview')).data).toEqual([expect.objectContaining({ product_id: productId, licenses: 1 })]);
  });

  it('count each refused activation by its code, once per device and hour, also after the reports are rebuilt', async () => {
    const seller = await app.tenant();
    const template = await seller.template({
      max_activations: 1,
      self_service_replacement: true,
      deactivations_per_period: { limit: 1, period: 'DAY' },
      restrictions: [{ restriction_type: 'MAC_ADDRESS', values: ['00:1B:44:11:3A:B7'], operator: 'DENY' }],
    });
    const issue = (more: Wire = {}) => seller.issue(template, more);
    const send = async ({ license_key }: Wire, route: string, fingerprint?: string, more: Wire = {}): Promise<Wire> => {
      const body = { license_key: license_key as string, ...(fingerprint && { fingerprint }), ...more };
      return (await app.anonymous().post(`/v1/client/${route}`, body)).body;
    };
    const act = async ({ license_id }: Wire, action: string) => {
      const body = { reason: { code: 'OTHER' } };
      const { status } = await seller.post(`/v1/licenses/${license_id}/${action}`, body);
      expect({ action, status }).toEqual({ action, status: 200 });
    };
    const one = await issue();
    const held = (await send(one, 'activate', 'a')).activation_id as string;
    const tokens = [await send(one, 'activate', 'b'), await send(one, 'activate', 'c')];
    const replace = (fingerprint: string, token: unknown, activation_id: string) =>
      send(one, 'replace', fingerprint, { activation_id, replacement_token: token });
    const second = await replace('b', tokens[0]?.replacement_token, held);
    const third = await replace('c', tokens[1]?.replacement_token, second.activation_id as string);
    expect(third.code).toBe('DEACTIVATION_LIMIT_REACHED');
    expect((await replace('d', 'none', held)).code).toBe('REPLACEMENT_TOKEN_INVALID');
    const denied = { mac: '00:1B:44:11:3A:B7' };
    for (const route of ['activate', 'check-out', 'activate'])
      expect((await send(one, route, 'm', denied)).code).toBe('LICENSE_RESTRICTED');
    await act(one, 'suspend');
    for (let n = 0; n < 2; n++) expect((await send(one, 'activate', 'e')).code).toBe('LICENSE_STATE');
    expect((await seller.post(`/v1/licenses/${one.license_id}/activations`, { fingerprint: 'f' })).status).toBe(409);
    // Without a device each refusal counts, and so does each of a replaced license key, which may be that of a former owner.
    for (let n = 0; n < 2; n++)
      expect((await send(one, 'check-out', undefined, denied)).code).toBe('LICENSE_RESTRICTED');
    expect((await send(one, 'check-out')).code).toBe('LICENSE_STATE');
    await act(one, 'reinstate');
    await act(one, 'rotate-key');
    for (let n = 0; n < 3; n++) expect((await send(one, 'activate', 'g')).code).toBe('KEY_REPLACED');
    const revoked = await issue();
    await act(revoked, 'revoke');
    expect((await send(revoked, 'activate', 'h')).code).toBe('LICENSE_STATE');
    const tomorrow = new Date(START + (today + 1) * DAY_MS).toISOString();
    expect((await send(await issue({ starts: tomorrow }), 'activate', 'i')).code).toBe('LICENSE_STATE');
    const short = await issue({ overrides: { expiry_date: tomorrow, grace_period_days: 0 } });
    const counted = async () => {
      await eventually(async () => {
        expect(
          await app.database.query(
            `SELECT 1 FROM license_activation_refusals WHERE fingerprint = '' UNION ALL SELECT 1 FROM outbox`,
          ),
        ).toEqual([]);
      });
      await app.nest.get(ReportFollower).sweep();
      const { data } = (await seller.get('/v1/reports/denials?by=product')).body;
      return Object.fromEntries((data as Wire[]).map(({ code, denials }) => [code, denials])) as unknown;
    };
    today += 2;
    expect((await send(short, 'activate', 'j')).code).toBe('LICENSE_STATE');
    const expected = {
      ACTIVATION_LIMIT_REACHED: 2,
      DEACTIVATION_LIMIT_REACHED: 1,
      REPLACEMENT_TOKEN_INVALID: 1,
      MAC_DENIED: 3,
      SUSPENDED: 3,
      KEY_REPLACED: 3,
      REVOKED: 1,
      NOT_STARTED: 1,
      EXPIRED: 1,
    };
    expect(await counted()).toEqual(expected);
    await withClient(app.database.ownerUrl, (owner) => rebuildReports(owner, () => undefined));
    expect(await counted()).toEqual(expected);
  });

  it.each([
    ['activity?from=2026-03-02&to=2026-03-01', '/to'],
    ['activity?from=2024-01-01&to=2026-03-01', '/from'],
    ['denials?by=product&from=2026-01-01&to=2026-03-01', '/from'],
    ['activity?from=yesterday', '/from'],
    ['expirations?days=8', '/days'],
    ['overview?top=0', '/top'],
    ['peaks?license_id=1', '/license_id'],
  ])('refuse %s', async (path, pointer) => {
    const { status, body } = await api.get(`/v1/reports/${path}`);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
    expect(JSON.stringify(body.errors)).toContain(pointer.slice(1));
  });
});
