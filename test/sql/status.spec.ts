import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { copyLicenses } from '../support/copy-licenses.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const day = (days: number) => new Date(START + days * 86_400_000);

describe('the status of licenses', () => {
  let app: TestApp;
  let api: Api;
  let now = day(0);
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    app = await TestApp.start({
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => now }),
    });
    api = await app.tenant();
    const terms = { default_duration: 30, grace_period_days: 10 };
    const month = await api.template(terms);
    const without = await api.template({ ...terms, grace_period_days: 0 });
    const forever = await api.template({ license_type: 'PERPETUAL' });
    for (const [name, template] of Object.entries({ month, without, forever, suspended: month, revoked: month })) {
      ids[name] = (await api.issue(template)).license_id;
    }
    for (const [name, status] of [['suspended', 'SUSPENDED'] as const, ['revoked', 'REVOKED'] as const]) {
      await app.database.query('UPDATE licenses SET status = $2 WHERE license_id = $1', [ids[name], status]);
    }
  });

  afterAll(() => app.stop());

  const read = async (name: string) => {
    const { status, in_grace } = (await api.get(`/v1/licenses/${ids[name]}`)).body;
    return [status, in_grace];
  };
  const listed = async (status: string) => {
    const { data } = (await api.get(`/v1/licenses?status=${status}`)).body;
    for (const license of data as Wire[]) expect(license.status).toBe(status);
    return (data as Wire[]).map(({ license_id }) => Object.keys(ids).find((name) => ids[name] === license_id)).sort();
  };

  it.each([
    [29, { month: ['ACTIVE', false], without: ['ACTIVE', false] }],
    [30, { month: ['EXPIRED', true], without: ['EXPIRED', false] }],
    [39, { month: ['EXPIRED', true], without: ['EXPIRED', false] }],
    [40, { month: ['EXPIRED', false], without: ['EXPIRED', false] }],
  ])('follows from the time: after %d days', async (days, expected) => {
    now = day(days);
    for (const [name, status] of Object.entries(expected)) expect(await read(name)).toEqual(status);
    expect(await read('forever')).toEqual(['ACTIVE', false]);
    expect(await read('suspended')).toEqual(['SUSPENDED', false]);
    expect(await read('revoked')).toEqual(['REVOKED', false]);
  });

  it('is found in lists as it is read, at any time, and each license under one status', async () => {
    now = day(29);
    expect(await listed('ACTIVE')).toEqual(['forever', 'month', 'without']);
    expect(await listed('EXPIRED')).toEqual([]);
    now = day(30);
    expect(await listed('ACTIVE')).toEqual(['forever']);
    expect(await listed('EXPIRED')).toEqual(['month', 'without']);
    expect(await listed('SUSPENDED')).toEqual(['suspended']);
    expect(await listed('REVOKED')).toEqual(['revoked']);
    for (const nothing of ['PENDING', 'INACTIVE']) expect(await listed(nothing)).toEqual([]);
  });

  it('is the end of the grace, too, and whether it is a trial', async () => {
    const { body } = await api.get(`/v1/licenses/${ids.month}`);
    expect(body).toMatchObject({ expiry_date: day(30).toISOString(), grace_ends_at: day(40).toISOString() });
    expect(body.trial).toBe(false);
  });

  it('EXPIRED is listed page by page, each license once, whether or not it is in the log already', async () => {
    const other = await app.tenant();
    const template = await other.template({ default_duration: 10 });
    now = day(0);
    const all: string[] = [];
    for (let made = 0; made < 9; made++) {
      now = new Date(day(0).getTime() + made * 1000);
      all.unshift((await other.issue(template)).license_id as string);
      // The timer has been at the third, the sixth and the ninth.
      if (made % 3 === 2) await lookAt(all[0]!, day(11));
    }
    now = day(12);
    const listed: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { data, next_cursor } = (
        await other.get(`/v1/licenses?status=EXPIRED&limit=2${cursor && `&cursor=${cursor}`}`)
      ).body;
      listed.push(...(data as Wire[]).map(({ license_id }) => license_id as string));
      cursor = next_cursor as string | null;
    }
    expect(listed).toEqual(all);
    expect((await other.get('/v1/licenses?status=ACTIVE')).body.data).toEqual([]);
  });

  const lookAt = (id: string, time: Date) =>
    app.database.query(
      `UPDATE licenses SET next_due_at = expiry_date + interval '30 days' WHERE license_id = $1 AND expiry_date < $2`,
      [id, time],
    );

  it('that is rare is looked for in an index under row-level security, and not among all that are newer', async () => {
    now = day(35);
    for (const name of ['month', 'without']) {
      await app.database.query(`UPDATE licenses SET next_due_at = NULL WHERE license_id = $1`, [ids[name]]);
    }
    await copyLicenses(app.database, ids.month!, 300, { created_at: `created_at - n * interval '1 second'` });
    await copyLicenses(app.database, ids.forever!, 20_000);
    const client = new pg.Client({ connectionString: app.database.applicationUrl });
    await client.connect();
    await client.query(`BEGIN; SET LOCAL app.tenant_id = '${api.tenantId}'`);
    const planOf = async (condition: string, value: unknown) => {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN ANALYZE SELECT * FROM licenses item WHERE item.tenant_id = '${api.tenantId}' AND (${condition})
         ORDER BY item.created_at DESC, item.license_id DESC LIMIT 21`,
        [value],
      );
      return rows.map((row) => row['QUERY PLAN']).join(' ');
    };
    const expired = `item.status = 'ACTIVE' AND item.expiry_date <= $1`;
    const cases = [
      [`item.status <> 'ACTIVE' AND item.status = $1`, 'SUSPENDED', 'licenses_status_page'],
      [
        `${expired} AND (item.next_due_at IS NULL OR item.next_due_at > item.expiry_date)`,
        now,
        'licenses_expired_page',
      ],
      [`${expired} AND item.next_due_at <= item.expiry_date AND item.next_due_at <= $1`, now, 'licenses_due'],
    ] as const;
    for (const [condition, value, index] of cases) {
      const plan = await planOf(condition, value);
      expect(plan).toContain(index);
      expect(plan).not.toMatch(/Rows Removed by Filter: \d{3,}/);
    }
    await client.end();
    const { data } = (await api.get('/v1/licenses?status=EXPIRED&limit=100')).body;
    expect(data).toHaveLength(100);
  });
});
