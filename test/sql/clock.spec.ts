import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { DatabaseClock } from '../../src/shared/time/database-clock.js';
import { IdempotencySweeper } from '../../src/shared/persistence/idempotency.sweeper.js';
import { ProcessClock } from '../../src/shared/time/process-clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const TWO_YEARS_MS = 2 * 365 * DAY_MS;

/** Names resolve to it before they do to the functions of PostgreSQL: so its clock can be set in one database. */
const SETTABLE_CLOCK = `
  CREATE SCHEMA settable;
  CREATE TABLE settable.clock (ahead interval NOT NULL);
  INSERT INTO settable.clock VALUES ('0');
  CREATE FUNCTION settable.clock_timestamp() RETURNS timestamptz VOLATILE SECURITY DEFINER LANGUAGE sql
    AS 'SELECT pg_catalog.clock_timestamp() + ahead FROM settable.clock';
  GRANT USAGE ON SCHEMA settable TO PUBLIC`;

/** The clocks of a machine that a test sets. */
class SettableClock extends ProcessClock {
  ahead = 0;
  elapsed = 0;

  override wall(): number {
    return super.wall() + this.elapsed + this.ahead;
  }

  override monotonic(): number {
    return super.monotonic() + this.elapsed;
  }
}

describe('what is written and told', () => {
  let database: TestDatabase;
  let app: TestApp;
  let api: Api;
  let machine: SettableClock;
  const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  beforeAll(async () => {
    database = await TestDatabase.create();
    await database.query(SETTABLE_CLOCK);
    await database.query(`ALTER DATABASE ${database.name} SET search_path = settable, pg_catalog, public`);
  });

  beforeEach(async () => {
    machine = new SettableClock();
    app = await start(machine);
    api = await app.tenant();
    warnings.mockClear();
  });

  afterEach(async () => {
    await database.query(`UPDATE settable.clock SET ahead = '0'`);
    await app.stop();
  });

  afterAll(async () => {
    warnings.mockRestore();
    await database.drop();
  });

  const start = (clock: ProcessClock, others: Partial<TestApp> = {}) =>
    TestApp.start({
      database,
      ...(others.secrets && { secrets: others.secrets }),
      environment: { LICENSE_TIMER_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(ProcessClock).useValue(clock),
    });
  /** Lets time pass without any clock being set. */
  const pass = async (milliseconds: number) => {
    machine.elapsed += milliseconds;
    await setDatabase(milliseconds);
  };
  const setDatabase = async (milliseconds: number) => {
    await database.query(`UPDATE settable.clock SET ahead = ahead + $1 * interval '1 ms'`, [milliseconds]);
    await app.nest.get(DatabaseClock).sample();
  };
  const sweep = () => app.nest.get(LicenseTimer).sweep();
  const license = async (id: string): Promise<Wire> => (await api.get(`/v1/licenses/${id}`)).body;
  const told = async (id: string): Promise<string[]> => {
    const rows = await database.query<{ type: string }>(
      `SELECT event_type AS type FROM (SELECT license_id, event_type FROM license_event_logs
         UNION ALL SELECT license_id, event_type FROM outbox) AS event
       WHERE license_id = $1 AND event_type NOT IN ('license.created', 'license.updated') ORDER BY 1`,
      [id],
    );
    return rows.map(({ type }) => type);
  };
  const issue = async (terms = {}): Promise<string> =>
    (await api.issue(await api.template({ default_duration: 30, grace_period_days: 0, ...terms }))).license_id;
  const metric = async (name: string): Promise<number> => {
    const { text } = await (await app.platform('monitor')).get('/metrics');
    return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  };

  it('goes by the clock of the database, however wrong that of the process is', async () => {
    const wrong = new SettableClock();
    wrong.ahead = -TWO_YEARS_MS;
    const other = await start(wrong, app);
    const there = other.bearer(api.tenantId, api.key ?? '');
    const before = Date.now();
    const { license_id, license_key, issued_date } = await there.issue(
      await api.template({ license_type: 'CONCURRENT', heartbeat_interval_seconds: 60, heartbeat_grace_seconds: 0 }),
    );
    expect(Math.abs(Date.parse(issued_date as string) - before)).toBeLessThan(MINUTE_MS);
    const activation = (await api.post(`/v1/licenses/${license_id}/activations`, { fingerprint: 'd' })).body;
    const renewed = await other.anonymous().post('/v1/client/heartbeat', { license_key, fingerprint: 'd' });
    expect(Date.parse(renewed.body.lease_expires_at)).toBeGreaterThanOrEqual(Date.parse(activation.lease_expires_at));
    const validated = await other.anonymous().post('/v1/client/validate', { license_key, fingerprint: 'd' });
    expect(validated.body.code).toBe('VALID');
    expect(other.nest.get(DatabaseClock).isSteady()).toBe(false);
    await other.stop();
  });

  it('is not what a clock that is two years ahead for a moment would make of it', async () => {
    const renewing = await issue({ auto_renewal_enabled: true });
    const edited = await issue({ auto_renewal_enabled: true });
    const expiring = await issue({ default_duration: 29 });
    const expiries = async () => [(await license(renewing)).expiry_date, (await license(edited)).expiry_date];
    const before = await expiries();
    // A whole machine: its clock and the database's.
    machine.ahead = TWO_YEARS_MS;
    await setDatabase(TWO_YEARS_MS);
    await sweep();
    // Reads go by the database's time, and people are not kept waiting.
    expect((await license(expiring)).status).toBe('EXPIRED');
    expect((await api.patch(`/v1/licenses/${edited}`, { issued_to: 'Ada' })).status).toBe(200);
    expect(await metric('imprimatur_clock_paused')).toBe(1);
    machine.ahead = 0;
    await setDatabase(-TWO_YEARS_MS);
    await sweep();
    await pass(9 * MINUTE_MS);
    await sweep();
    for (const id of [renewing, expiring, edited]) expect(await told(id)).toEqual([]);
    expect(await expiries()).toEqual(before);
    expect((await license(expiring)).status).toBe('ACTIVE');
    expect(warnings.mock.calls.filter(([text]) => String(text).startsWith('The clock of'))).toHaveLength(1);
    await pass(2 * MINUTE_MS);
    expect(await metric('imprimatur_clock_paused')).toBe(0);
    await pass(30 * DAY_MS);
    await sweep();
    expect(await told(expiring)).toEqual(['license.expired']);
    for (const id of [renewing, edited]) expect(await told(id)).toEqual(['license.renewed']);
  });

  it("waits, where time causes it, while the clock of the process is not the database's", async () => {
    const id = await issue();
    await pass(31 * DAY_MS);
    for (const ahead of [-3 * MINUTE_MS, 3 * MINUTE_MS]) {
      machine.ahead = ahead;
      await sweep();
      expect(await metric('imprimatur_clock_difference_seconds')).toBeCloseTo(ahead / 1000, 0);
      await pass(11 * MINUTE_MS);
      await sweep();
      expect(await told(id)).toEqual([]);
    }
    // An action on the license goes by the database's time, and records due milestones first.
    expect((await api.post(`/v1/licenses/${id}/renew`, { days: 1 })).status).toBe(200);
    expect(await told(id)).toEqual(['license.expired', 'license.renewed']);
    machine.ahead = 0;
    await pass(2 * DAY_MS);
    await sweep();
    expect(await told(id)).toHaveLength(2);
    await pass(11 * MINUTE_MS);
    await sweep();
    expect(await told(id)).toHaveLength(3);
  });

  it('is looked at again where it is marked as done with although its expiry is to come', async () => {
    const ids = [await issue({ grace_period_days: 10 }), await issue({ auto_renewal_enabled: true })];
    const marks = () =>
      database.query('SELECT next_due_at FROM licenses WHERE license_id = ANY($1) ORDER BY license_id', [ids]);
    const before = await marks();
    for (const mark of ['NULL', `expiry_date + interval '10 days'`]) {
      await database.query(`UPDATE licenses SET next_due_at = ${mark} WHERE license_id = ANY($1)`, [ids]);
      await sweep();
      expect(await marks()).toEqual(before);
    }
    for (const id of ids) expect(await told(id)).toEqual([]);
  });

  it('is not forgotten: a request is not done twice because a clock was ahead for a moment', async () => {
    const templateId = await api.template();
    const order = () =>
      api.post('/v1/licenses', { license_template_id: templateId, customer_id: 'c' }, { 'Idempotency-Key': 'once' });
    const { license_id } = (await order()).body;
    machine.ahead = TWO_YEARS_MS;
    await setDatabase(TWO_YEARS_MS);
    await app.nest.get(IdempotencySweeper).sweep();
    expect((await order()).body.license_id).toBe(license_id);
    machine.ahead = 0;
    await setDatabase(-TWO_YEARS_MS);
    expect((await order()).body.license_id).toBe(license_id);
  });

  it('does not end the lease of a device because a clock was ahead for a moment, or behind', async () => {
    const terms = {
      license_type: 'CONCURRENT',
      heartbeat_interval_seconds: 60,
      heartbeat_grace_seconds: 540,
      default_duration: null,
    };
    const { license_id, license_key } = await api.issue(await api.template({ ...terms, max_activations: 2 }));
    const activate = (fingerprint: string) => api.post(`/v1/licenses/${license_id}/activations`, { fingerprint });
    const heartbeat = (fingerprint: string) =>
      app.anonymous().post('/v1/client/heartbeat', { license_key, fingerprint });
    for (const device of ['a', 'b']) expect((await activate(device)).status).toBe(200);
    for (const step of [TWO_YEARS_MS, -TWO_YEARS_MS]) {
      machine.ahead = step;
      await setDatabase(step);
      expect((await activate('c')).body.code).toBe('ACTIVATION_LIMIT_REACHED');
      expect((await activate('a')).status).toBe(200);
      machine.ahead = 0;
      await setDatabase(-step);
      expect((await heartbeat('b')).status).toBe(200);
    }
  });
});
