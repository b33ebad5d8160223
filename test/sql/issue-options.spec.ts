import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { Clock } from '../../src/shared/time/clock.js';
import { type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';

describe('options of an issue', () => {
  let app: TestApp;
  let api: Api;
  let now = new Date('2026-01-31T10:00:00.000Z');

  beforeAll(async () => {
    app = await TestApp.start({
      environment: { LICENSE_TIMER_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => now }),
    });
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  const read = async (id: string): Promise<Wire> => (await api.get(`/v1/licenses/${id}`)).body;
  const sweep = () => app.nest.get(LicenseTimer).sweep();
  const listed = async (filter: string): Promise<Wire[]> => (await api.get(`/v1/licenses?${filter}`)).body.data;

  it('a license of a month is renewed every month on the day that it began, in every view, stored or not', async () => {
    now = new Date('2026-01-31T10:00:00.000Z');
    const template = await api.template({ default_term: { months: 1 }, auto_renewal_enabled: true });
    expect((await api.get(`/v1/license-templates/${template}`)).body).toMatchObject({
      default_duration: null,
      default_term: { months: 1 },
    });
    const { license_id: id, expiry_date } = await api.issue(template);
    expect(expiry_date).toBe('2026-02-28T10:00:00.000Z');
    for (const [at, expiry, anchor] of [
      ['2026-02-10', '2026-02-28', 31],
      ['2026-03-10', '2026-03-31', null],
      ['2026-04-10', '2026-04-30', 31],
      ['2027-02-10', '2027-02-28', 31],
    ] as const) {
      now = new Date(`${at}T10:00:00.000Z`);
      const expected = { status: 'ACTIVE', expiry_date: `${expiry}T10:00:00.000Z`, anchor_day: anchor };
      expect(await read(id)).toMatchObject({ ...expected, default_term: { months: 1 }, default_duration: null });
      expect(await listed(`template_id=${template}&status=ACTIVE`)).toMatchObject([expected]);
      expect(await listed(`template_id=${template}&status=EXPIRED`)).toEqual([]);
      if (expiry === '2026-03-31') {
        await sweep();
        const [stored] = await app.database.query('SELECT expiry_date FROM licenses WHERE license_id = $1', [id]);
        expect((stored as { expiry_date: Date }).expiry_date.toISOString()).toBe(expected.expiry_date);
        expect(await read(id)).toMatchObject(expected);
      }
    }
    expect((await api.post(`/v1/licenses/${id}/renew`, {})).body).toMatchObject({
      expiry_date: '2027-03-31T10:00:00.000Z',
      anchor_day: null,
    });
  });
});
