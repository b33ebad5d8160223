import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { LicenseRepository } from '../../src/licensing/license.repository.js';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { copyLicenses } from '../support/copy-licenses.js';
import { eventually } from '../support/eventually.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const day = (days: number) => new Date(START + days * 86_400_000);

describe('the timer of licenses', () => {
  let now = day(0);
  const withClock = { now: () => now };
  let app: TestApp;
  let neighbour: TestApp;
  let api: Api;

  beforeAll(async () => {
    const override = {
      // A sweep is what a test asks for.
      environment: { LICENSE_TIMER_INTERVAL_MS: '86400000' },
      override: (builder: Wire) => builder.overrideProvider(Clock).useValue(withClock),
    };
    app = await TestApp.start(override);
    neighbour = await TestApp.start({ ...override, database: app.database, secrets: app.secrets });
  });

  afterAll(async () => {
    await neighbour.stop();
    await app.stop();
  });

  const sweep = () => app.nest.get(LicenseTimer).sweep();
  const issued = async (terms = {}, order = {}): Promise<string> => {
    now = day(0);
    api = await app.tenant();
    const template = await api.template({ default_duration: 100, grace_period_days: 10, ...terms });
    return (await api.issue(template, order)).license_id;
  };
  /** Everything told of the tenant's licenses since they were issued, wherever it stands. */
  const told = async () => {
    const rows = await app.database.query<{ type: string; license_id: string; n: string }>(
      `SELECT event_type AS type, license_id, count(*) AS n
       FROM (SELECT tenant_id, event_type, license_id FROM license_event_logs
             UNION ALL SELECT tenant_id, event_type, license_id FROM outbox) AS events
       WHERE tenant_id = $1 AND event_type LIKE 'license.%' AND event_type <> 'license.created' GROUP BY 1, 2`,
      [api.tenantId],
    );
    const of = (type: string) => rows.filter((row) => row.type === `license.${type}`);
    return { of, twice: rows.filter(({ n }) => n !== '1'), types: [...new Set(rows.map(({ type }) => type))].sort() };
  };
  const history = async (id: string): Promise<Wire[]> =>
    (await api.get(`/v1/license-events?license_id=${id}`)).body.data;

  it('locks no more licenses than it asks for, whichever way they are due', async () => {
    const ids = [await issued()];
    const template = await api.template({ default_duration: 100 });
    for (let n = 0; n < 3; n++) ids.push((await api.issue(template)).license_id);
    await app.database.query('UPDATE licenses SET next_due_at = $2 WHERE license_id = ANY($1)', [
      ids.slice(0, 2),
      day(-1),
    ]);
    await app.database.query('UPDATE licenses SET next_due_at = NULL WHERE license_id = ANY($1)', [ids.slice(2)]);
    const locked = (limit: number) =>
      app.nest.get(UnitOfWork).run(api.tenantId, async (transaction) => {
        const due = await app.nest.get(LicenseRepository).lockDue(transaction, now, limit);
        return due.map(({ licenseId }) => ids.indexOf(licenseId) < 2);
      });
    expect(await locked(2)).toEqual([true, true]);
    expect(await locked(3)).toEqual([true, true, false]);
    expect(await locked(9)).toEqual([true, true, false, false]);
  });

  it('tells the life of a license as it passes, each thing once, by whom time is', async () => {
    const id = await issued();
    for (const at of [50, 70, 71, 86, 93, 99, 100, 101, 110, 111]) {
      now = day(at);
      await sweep();
      await sweep();
    }
    await eventually(async () => {
      const events = await history(id);
      expect(events.map(({ event_type, created_at }) => [event_type, created_at])).toEqual([
        ['license.created', day(0).toISOString()],
        ...[70, 86, 93, 99].map((at) => ['license.renewal_due', day(at).toISOString()]),
        ['license.expired', day(100).toISOString()],
        ['license.grace_ended', day(110).toISOString()],
      ]);
      expect(events[1]).toMatchObject({
        actor: { type: 'service', id: 'license-timer', via: 'bus' },
        event_data: { days_left: 30, due_at: day(70).toISOString(), expiry_date: day(100).toISOString() },
      });
      expect(events.slice(-2).map(({ event_data: { reason, before, after } }) => ({ reason, before, after }))).toEqual([
        { reason: { code: 'TERM_ENDED' }, before: { status: 'ACTIVE' }, after: { status: 'EXPIRED' } },
        { reason: { code: 'GRACE_ENDED' }, before: { in_grace: true }, after: { in_grace: false } },
      ]);
    });
    expect((await api.get(`/v1/licenses/${id}`)).body).toMatchObject({ status: 'EXPIRED', version: 1 });
  });

  it('tells after 40 days without it what happened meanwhile, and reminds of nothing that is over', async () => {
    const id = await issued();
    now = day(75);
    await sweep();
    now = day(115);
    await sweep();
    await eventually(async () => {
      const types = (await history(id)).map(({ event_type }) => event_type as string);
      expect(types.slice(1)).toEqual(['license.renewal_due', 'license.expired', 'license.grace_ended']);
    });
  });

  it('renews by its own term what renews itself, as a renewal in the log, and before it would read as expired', async () => {
    const id = await issued({ auto_renewal_enabled: true });
    now = new Date(day(100).getTime() - 3_600_000);
    await sweep();
    const { body } = await api.get(`/v1/licenses/${id}`);
    expect(body).toMatchObject({ status: 'ACTIVE', expiry_date: day(200).toISOString(), version: 2 });
    await eventually(async () => {
      const [last] = (await history(id)).slice(-1);
      expect(last).toMatchObject({
        event_type: 'license.renewed',
        actor: { type: 'service', id: 'license-timer', via: 'bus' },
        event_data: {
          reason: { code: 'AUTO_RENEWAL' },
          before: { expiry_date: day(100).toISOString() },
          after: { expiry_date: day(200).toISOString() },
        },
      });
    });
  });

  it('is not waited for by what renews itself: it reads as renewed while no timer runs, and the log is told once', async () => {
    const id = await issued({ auto_renewal_enabled: true, grace_period_days: 0 });
    const expiring = (await api.issue(await api.template({ default_duration: 100, grace_period_days: 0 }))).license_id;
    now = day(250);
    const read = async (path = '') => (await api.get(`/v1/licenses${path}`)).body;
    const listed = async (query: string) =>
      (await read(`?${query}`)).data.map(({ license_id, status, expiry_date }: Wire) => [
        license_id,
        status,
        expiry_date,
      ]);
    const renewed = [id, 'ACTIVE', day(300).toISOString()];
    expect(await read(`/${id}`)).toMatchObject({
      status: 'ACTIVE',
      expiry_date: renewed[2],
      in_grace: false,
      version: 1,
    });
    expect(await listed('status=ACTIVE')).toEqual([renewed]);
    expect(await listed('status=EXPIRED')).toEqual([[expiring, 'EXPIRED', day(100).toISOString()]]);
    expect(await listed('status=ACTIVE&q=customer')).toEqual([renewed]);
    expect((await api.post(`/v1/licenses/${id}/explain`, {})).body.reasons).not.toContainEqual(
      expect.objectContaining({ code: 'EXPIRED' }),
    );
    expect((await api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'd' })).status).toBe(200);
    const file = { fingerprint: 'd', ttl_seconds: 366 * 86_400 };
    expect((await api.post(`/v1/licenses/${id}/check-out`, file)).body.expires_at).toBe(renewed[2]);
    await sweep();
    await sweep();
    expect(await read(`/${id}`)).toMatchObject({ status: 'ACTIVE', expiry_date: renewed[2], version: 2 });
    expect((await told()).of('renewed')).toMatchObject([{ license_id: id, n: '1' }]);
    await eventually(async () => {
      const told = (await history(id)).filter(({ event_type }) => event_type === 'license.renewed');
      expect(told.map(({ event_data }) => [event_data.before.expiry_date, event_data.after.expiry_date])).toEqual([
        [day(100).toISOString(), renewed[2]],
      ]);
    });
  });

  it('is made up for by whoever acts first: the log tells of the expiry before the renewal that ended it', async () => {
    const id = await issued();
    now = day(105);
    expect((await api.post(`/v1/licenses/${id}/renew`, { days: 1 })).body.expiry_date).toBe(day(106).toISOString());
    await sweep();
    await eventually(async () => {
      const types = (await history(id)).map(({ event_type }) => event_type as string);
      expect(types.slice(1)).toEqual(['license.expired', 'license.renewed']);
    });
    now = day(120);
    await sweep();
    await eventually(async () => {
      const types = (await history(id)).map(({ event_type }) => event_type as string);
      expect(types.slice(3)).toEqual(['license.expired', 'license.grace_ended']);
    });
  });

  it('leaves what is suspended alone until it is reinstated', async () => {
    const id = await issued();
    await api.post(`/v1/licenses/${id}/suspend`, { reason: { code: 'OTHER' } });
    now = day(105);
    await sweep();
    expect((await told()).of('expired')).toEqual([]);
    await api.post(`/v1/licenses/${id}/reinstate`, {});
    await sweep();
    expect((await told()).of('expired')).toHaveLength(1);
  });

  it('tells everything once when two processes do it at the same time, again and again, over many batches', async () => {
    const id = await issued();
    await copyLicenses(app.database, id, 2_600, {
      expiry_date: `expiry_date + (n % 7) * interval '1 hour'`,
      next_due_at: `expiry_date + (n % 7) * interval '1 hour' - interval '30 days'`,
    });
    const timers = [app, neighbour].map(({ nest }) => nest.get(LicenseTimer));
    for (const at of [71, 101, 111]) {
      now = day(at);
      await Promise.all(timers.flatMap((timer) => [timer.sweep(), timer.sweep(), timer.sweep()]));
      await sweep();
    }
    const { of, twice } = await told();
    expect(twice).toEqual([]);
    for (const type of ['renewal_due', 'expired', 'grace_ended']) expect(of(type)).toHaveLength(2_601);
  }, 120_000);

  it('does not run ahead of the log: a batch begins when what the one before it told is in there', async () => {
    const id = await issued();
    await copyLicenses(app.database, id, 1_800);
    now = day(101);
    await sweep();
    await eventually(async () => {
      // Transactions are numbered as they begin to write.
      const batches = await app.database.query<{ looked: number; logged: number }>(
        `SELECT license.xmin::text::int AS looked, max(event.xmin::text::int) AS logged
         FROM licenses license JOIN license_event_logs event USING (tenant_id, license_id)
         WHERE tenant_id = $1 AND event_type = 'license.expired' GROUP BY 1 HAVING count(*) > 1 ORDER BY 1`,
        [api.tenantId],
      );
      expect(batches).toHaveLength(4);
      const next = batches.slice(1).map(({ looked }) => looked);
      for (const [at, looked] of next.entries()) expect(looked).toBeGreaterThan(batches[at]!.logged);
    });
  });

  it('renews each once while people renew the same licenses', async () => {
    const id = await issued({ auto_renewal_enabled: true });
    await copyLicenses(app.database, id, 40);
    const ids = (await api.get('/v1/licenses?limit=100')).body.data.map(({ license_id }: Wire) => license_id as string);
    now = new Date(day(100).getTime() - 60_000);
    const timers = [app, neighbour].map(({ nest }) => nest.get(LicenseTimer).sweep());
    const answers = await Promise.all(
      ids.map((license: string) => api.post(`/v1/licenses/${license}/renew`, { days: 5 })),
    );
    await Promise.all(timers);
    await sweep();
    expect(answers.map(({ status }) => status)).toEqual(Array(41).fill(200));
    const { data } = (await api.get('/v1/licenses?limit=100')).body;
    for (const { expiry_date, version } of data as Wire[]) {
      expect([expiry_date, version]).toEqual([day(205).toISOString(), 3]);
    }
    expect((await told()).of('renewed').map(({ n }) => n)).toEqual(Array(41).fill('2'));
  });

  it('goes on with other tenants when one fails', async () => {
    const id = await issued();
    const failing = api.tenantId;
    const other = await issued();
    now = day(101);
    await app.database.query(`ALTER TABLE outbox ADD CONSTRAINT broken CHECK (tenant_id <> '${failing}') NOT VALID`);
    await sweep();
    expect((await told()).of('expired').map(({ license_id }) => license_id)).toEqual([other]);
    await app.database.query('ALTER TABLE outbox DROP CONSTRAINT broken');
    await sweep();
    const [made_up] = await app.database.query(
      `SELECT 1 FROM (SELECT license_id, event_type FROM outbox UNION ALL SELECT license_id, event_type FROM license_event_logs) e
       WHERE license_id = $1 AND event_type = 'license.expired'`,
      [id],
    );
    expect(made_up).toBeDefined();
  });

  it('finds what is due by an index, under row-level security, among licenses of which nothing is', async () => {
    const id = await issued();
    await copyLicenses(app.database, id, 20_000);
    const client = new pg.Client({ connectionString: app.database.applicationUrl });
    await client.connect();
    await client.query(`BEGIN; SET LOCAL app.tenant_id = '${api.tenantId}'`);
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT * FROM licenses item WHERE tenant_id = $1 AND status = 'ACTIVE' AND next_due_at <= $2
       ORDER BY next_due_at LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED`,
      [api.tenantId, day(1)],
    );
    await client.end();
    const plan = rows.map((row) => row['QUERY PLAN']).join(' ');
    expect(plan).toContain('licenses_due');
    expect(plan).not.toContain('Sort');
  });
});
