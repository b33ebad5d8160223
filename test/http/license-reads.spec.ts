import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_CLIENT_LIMITS, TestApp } from '../support/app.js';
import type { Api, Wire } from '../support/api.js';
import { eventually } from '../support/eventually.js';

const NOBODYS = '01890000-0000-7000-8000-000000000000';
const reason = { code: 'CORRECTION', text: 'Ticket 4711' };

describe('what staff read of a license', () => {
  let app: TestApp;
  let api: Api;
  let license: Wire;
  const path = (rest: string) => `/v1/licenses/${license.license_id}/${rest}`;

  beforeAll(async () => {
    app = await TestApp.start({ environment: NO_CLIENT_LIMITS });
    api = await app.tenant();
    const features = [
      { feature_id: 'exports', feature_name: 'Exports', limit_type: 'COUNT', limit_value: 10, reset_period: 'MONTH' },
      { feature_id: 'seats', feature_name: 'Seats', limit_type: 'COUNT', limit_value: 1000 },
    ];
    license = await api.issue(await api.template({ features, max_activations: 3, default_duration: 90 }));
  });

  afterAll(() => app.stop());

  describe('its usage', () => {
    const use = (feature_id: string, amount: number) =>
      app.anonymous().post('/v1/client/usage/consume', { license_key: license.license_key, feature_id, amount });
    const usage = async (): Promise<Wire[]> => (await api.get(path('usage'))).body.usage;
    const correct = (body: Wire, headers = {}) => api.post(path('usage/correct'), { reason, ...body }, headers);

    it('is by feature and period, and corrected once, with its reason in the event log', async () => {
      await use('exports', 4);
      await use('seats', 2);
      await app.database.query(
        `INSERT INTO license_usages SELECT tenant_id, license_id, feature_id, '2025-01-01T00:00:00Z', 7, created_at, updated_at
         FROM license_usages WHERE feature_id = 'exports'`,
      );
      expect(await usage()).toMatchObject([
        { feature_id: 'exports', used: 4, current: true },
        { feature_id: 'exports', used: 7, current: false, period_start: '2025-01-01T00:00:00.000Z' },
        { feature_id: 'seats', used: 2, current: true, period_start: null },
      ]);
      const key = { 'Idempotency-Key': 'correction' };
      for (const replayed of [undefined, 'true']) {
        const response = await correct({ feature_id: 'exports', used: 12 }, key);
        expect(response.headers['idempotency-replayed']).toBe(replayed);
        expect(response).toMatchObject({ status: 200, body: { feature_id: 'exports', used: 12, current: true } });
      }
      // Usage above the limit stands, and nothing more can be used.
      expect((await use('exports', 1)).body).toMatchObject({ code: 'USAGE_EXCEEDED', used: 12 });
      const past = { feature_id: 'exports', period_start: '2025-01-01T00:00:00Z', used: 6 };
      expect((await correct(past)).body).toMatchObject({ used: 6, current: false });
      expect((await correct(past)).status).toBe(200);
      const events = await eventually(async () => {
        const rows = (await api.get(`/v1/license-events?event_type=license.usage_corrected`)).body.data as Wire[];
        expect(rows).toHaveLength(2);
        return rows.map(({ event_data }) => event_data);
      });
      expect(events).toMatchObject([
        { feature_id: 'exports', before: { used: 4 }, after: { used: 12 }, reason },
        { feature_id: 'exports', period_start: '2025-01-01T00:00:00.000Z', before: { used: 7 }, after: { used: 6 } },
      ]);
    });

    it('is exact while programs use it and it is corrected', async () => {
      await correct({ feature_id: 'seats', used: 0 });
      const corrected = Array.from({ length: 5 }, () => correct({ feature_id: 'seats', used: 100 }));
      const used = await Promise.all(Array.from({ length: 40 }, () => use('seats', 1)));
      await Promise.all(corrected);
      expect(used.map(({ status }) => status)).toEqual(Array(40).fill(200));
      const found = (await usage()).find(({ feature_id }) => feature_id === 'seats')?.used as number;
      // Every use is in the usage that a correction found, or in that which is left.
      const counted = await eventually(async () => {
        expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
        const rows = (await api.get('/v1/license-events?event_type=license.usage_corrected')).body.data as Wire[];
        const corrections = rows.map(({ event_data }) => event_data).filter((data) => data.feature_id === 'seats');
        const starts = corrections.map(({ after }) => after.used as number);
        const ends = [...corrections.slice(1).map(({ before }) => before.used as number), found];
        return ends.reduce((sum, end, at) => sum + end - starts[at]!, 0);
      });
      expect(counted).toBe(40);
    });

    it.each([
      [{ feature_id: 'none', used: 1 }, 409, 'FEATURE_UNAVAILABLE'],
      [{ feature_id: 'exports', used: -1 }, 400, 'VALIDATION_FAILED'],
      [{ feature_id: 'exports', used: 1, period_start: '2025-02-02T00:00:00Z' }, 400, 'VALIDATION_FAILED'],
      [{ feature_id: 'exports', used: 1, reason: undefined }, 400, 'VALIDATION_FAILED'],
    ])('is not corrected by %j', async (body, status, code) => {
      const before = await usage();
      expect(await correct(body)).toMatchObject({ status, body: { code } });
      expect(await usage()).toEqual(before);
    });
  });

  it('are its license files, the newest first, by the page', async () => {
    const signing = await api.create('/v1/signing-keys', {});
    await api.post(`/v1/signing-keys/${signing.kid}/activate`, {});
    for (const fingerprint of ['a', 'b']) await api.post(path('check-out'), { fingerprint });
    const files = async (query = ''): Promise<Wire> => (await api.get(path(`files${query}`))).body;
    await eventually(async () => expect((await files()).data).toHaveLength(2));
    const first = await files('?limit=1');
    expect(first.data).toMatchObject([{ fingerprint: 'b', license_id: license.license_id, kid: signing.kid }]);
    const second = await files(`?limit=1&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ data: [{ fingerprint: 'a' }], next_cursor: null });
    expect(Date.parse(second.data[0].expires_at as string)).toBeGreaterThan(
      Date.parse(second.data[0].issued_at as string),
    );
  });

  it('is nothing of a license that is not there, or is another tenant’s', async () => {
    const other = await app.tenant();
    for (const [reader, id] of [
      [api, NOBODYS],
      [other, license.license_id],
    ] as const)
      for (const rest of ['usage', 'files'])
        expect((await reader.get(`/v1/licenses/${id}/${rest}`)).body.code).toBe('LICENSE_NOT_FOUND');
    expect(await other.post(path('usage/correct'), { feature_id: 'seats', used: 1, reason })).toMatchObject({
      status: 404,
    });
  });
});
