import { randomInt, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { LeaseTimer } from '../../src/activations/lease-timer.js';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { rebuildReports } from '../../src/maintenance/index.js';
import { countEventsStatement, type CountedEvents } from '../../src/reports/index.js';
import { ReportFollower } from '../../src/reports/counting/report-follower.js';
import { Clock } from '../../src/shared/time/clock.js';
import { DatabaseClock } from '../../src/shared/time/database-clock.js';
import { groupBy } from '../../src/shared/group-by.js';
import { Secrets } from '../../src/shared/secrets/secrets.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { cli } from '../support/cli.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import fc from '../support/property.js';
import { ServerProcess } from '../support/server.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-01T10:00:00.000Z');
const reason = { code: 'OTHER' };

/** Tables that follow from the event log, with the columns that are no counts. */
const TABLES = {
  report_licenses: 'license_id',
  report_license_counts: 'template_id, template_version, status, in_grace, trial',
  report_expirations: 'product_id, day, status, auto_renewal_enabled',
  report_activity: 'product_id, day, event_type',
  report_denials: 'product_id, day, code',
  report_seat_peaks: 'license_id, day',
};

/** Every row of the reports that follow from the event log, but for counts that came back to nothing. */
async function counted(database: TestDatabase): Promise<Record<string, unknown[]>> {
  const read = async ([table, order]: [string, string]) => [
    table,
    await database.query(
      `SELECT to_jsonb(item) AS row FROM ${table} item
       WHERE coalesce(to_jsonb(item) ->> 'licenses', to_jsonb(item) ->> 'peak', '1') <> '0' ORDER BY tenant_id, ${order}`,
    ),
  ];
  return Object.fromEntries(await Promise.all(Object.entries(TABLES).map(read))) as Record<string, unknown[]>;
}

const rebuild = (database: TestDatabase) =>
  withClient(database.ownerUrl, (owner) => rebuildReports(owner, () => undefined));

/**
 * Most seats in use of each license on each day until `today`, by the event log alone. `unordered` are those of which a lease ended on a day
 * before its device was activated: leases are shortened while the clock is held back.
 */
async function peaksByLog(database: TestDatabase, today: string) {
  const events = await database.query<{ id: string; day: string; used: number }>(
    `SELECT license_id AS id, (event_data ->> 'current_activations')::int AS used,
       to_char(coalesce(CASE event_type WHEN 'license.lease_expired' THEN (event_data ->> 'due_at')::timestamptz END, created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day
     FROM license_event_logs WHERE event_data ? 'current_activations' AND event_type <> 'license.activation_refused' ORDER BY seq`,
  );
  const peaks = new Map<string, number>();
  const unordered = new Set<string>();
  for (const [id, ofLicense] of groupBy(events, (event) => event.id)) {
    if (ofLicense.some(({ day }, at) => at > 0 && day < ofLicense[at - 1]!.day)) {
      unordered.add(id);
      continue;
    }
    let [used, next] = [0, 0];
    for (let at = Date.parse(ofLicense[0].day); at <= Date.parse(today); at += DAY_MS) {
      const day = new Date(at).toISOString().slice(0, 10);
      let peak = used;
      for (; ofLicense[next]?.day === day; next++) peak = Math.max(peak, (used = ofLicense[next]!.used));
      if (peak > 0) peaks.set(`${day} ${id}`, peak);
    }
    expect(next).toBe(ofLicense.length);
  }
  return { peaks, unordered };
}

/** Counts the whole log again, in groups of this size. */
async function recount(database: TestDatabase, tenantId: string, size: number): Promise<void> {
  await withClient(database.ownerUrl, async (owner) => {
    await owner.query(`BEGIN; SET LOCAL app.tenant_id = '${tenantId}'`);
    for (const table of Object.keys(TABLES)) await owner.query(`DELETE FROM ${table}`);
    await owner.query('UPDATE report_cursors SET day = NULL');
    let seq = '0';
    for (let hasMore = true; hasMore;) {
      const { rows } = await owner.query<CountedEvents>(countEventsStatement(tenantId, seq, size, new Date(START)));
      [{ seq, hasMore }] = rows as [CountedEvents];
    }
    await owner.query('COMMIT');
  });
}

describe('the reports of a random life', () => {
  let app: TestApp;
  let api: Api;
  let templates: string[];
  let today = 0;
  let held = 0;
  const licenses: string[] = [];

  beforeAll(async () => {
    app = await TestApp.start({
      environment: { LICENSE_TIMER_INTERVAL_MS: '86400000', REPORT_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => new Date(START + today * DAY_MS) }),
    });
    const settled = (now: Date) => new Date(now.getTime() - held * DAY_MS);
    jest.spyOn(app.nest.get(DatabaseClock), 'settled').mockImplementation(settled);
    api = await app.tenant();
    const terms = { trial_allowed: true, trial_duration_days: 14, default_duration: 20, grace_period_days: 5 };
    const first = await api.template({ ...terms, max_activations: 2 });
    const { product_id } = (await api.get(`/v1/license-templates/${first}`)).body;
    const second = await api.create('/v1/license-templates', {
      template_name: 'Bigger',
      product_id,
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      default_duration: 40,
      max_activations: 5,
    });
    const site = { license_model: 'SITE_LICENSE', default_duration: null, max_activations: 3 };
    const floating = { license_type: 'CONCURRENT', license_model: 'PER_SEAT', default_duration: 30, product_id };
    templates = [
      first,
      second.template_id as string,
      await api.template(site),
      await api.template({ ...floating, max_activations: 3 }),
    ];
  });

  afterAll(() => app.stop());

  const settled = () => eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));
  const follow = () => app.nest.get(ReportFollower).sweep();

  const soonToStart = async (terms: object) => {
    const { license_id } = await api.issue(templates[0]!, { customer_id: `s-${licenses.length}`, ...terms });
    licenses.push(license_id as string);
    return license_id as string;
  };

  /** Counts licenses before their start, and acts on them after it and before the timer has recorded what passed. */
  const passUnrecorded = async () => {
    const soon = new Date(START + (today + 1) * DAY_MS).toISOString();
    await soonToStart({ starts: 'AT_FIRST_ACTIVATION', expires_if_started_by: soon });
    const started = await soonToStart({ starts: soon });
    const ended = await soonToStart({ starts: 'AT_FIRST_ACTIVATION', expires_if_started_by: soon });
    await settled();
    await follow();
    today += 2;
    held = 2;
    for (const id of [started, ended])
      expect((await api.post(`/v1/licenses/${id}/suspend`, { reason })).status).toBe(200);
    held = 0;
  };

  /** A step acts on one of the licenses; refusals are a part of life. */
  const steps: ((id: string, value: number) => Promise<unknown>)[] = [
    (_id, value) =>
      api
        .issue(templates[value % 4]!, { customer_id: `c-${licenses.length}`, trial: value === 4 })
        .then(({ license_id }) => licenses.push(license_id as string)),
    (id, value) => api.post(`/v1/licenses/${id}/renew`, { days: value * 3 }),
    (id) => api.post(`/v1/licenses/${id}/convert-trial`, {}),
    (id) => api.post(`/v1/licenses/${id}/suspend`, { reason }),
    (id) => api.post(`/v1/licenses/${id}/reinstate`, {}),
    (id, value) => (value === 1 ? api.post(`/v1/licenses/${id}/revoke`, { reason }) : Promise.resolve()),
    (id, value) => api.post(`/v1/licenses/${id}/change-template`, { license_template_id: templates[value % 4] }),
    async (_id, value) => {
      const expiry_date = new Date(START + (today + value * 10 - 20) * DAY_MS).toISOString();
      const devices = Array.from({ length: value % 3 }, (_, n) => ({ fingerprint: `old-${n}` }));
      const of = { license_template_id: templates[value % 4], customer: { customer_id: 'i' }, expiry_date, devices };
      const line = JSON.stringify({
        ...of,
        external_id: `old-${licenses.length}`,
        issued_date: '2025-01-01T00:00:00Z',
      });
      const [{ license_id }] = (await api.send('post', '/v1/licenses:import', line, { 'Content-Type': NDJSON })).body;
      if (license_id !== undefined) licenses.push(license_id as string);
    },
    (_id, value) => {
      const soon = new Date(START + (today + value * 3) * DAY_MS).toISOString();
      const starts = value === 1 ? { starts: soon } : { starts: 'AT_FIRST_ACTIVATION' };
      const until = value === 4 ? { expires_if_started_by: soon } : {};
      const more = { customer_id: `s-${licenses.length}`, overrides: { max_activations: value }, ...starts, ...until };
      return api.issue(templates[value % 4]!, more).then(({ license_id }) => licenses.push(license_id as string));
    },
    // Milestones of the last days wait, as after a step of the database's clock.
    (_id, value) => Promise.resolve((held = value % 2 ? 0 : value * 2)),
    (id) => api.post(`/v1/licenses/${id}/rotate-key`, { reason }),
    (id, value) =>
      api.post(`/v1/licenses/${id}/change-template`, {
        license_template_id: templates[value % 2],
        new_term: 'FROM_NOW',
      }),
    (id, value) => api.post(`/v1/licenses/${id}/check-out`, { fingerprint: `pc-${value}`, ttl_seconds: 172_800 }),
    (id, value) => api.patch(`/v1/licenses/${id}`, { max_activations: value, grace_period_days: value * 2 }),
    (id, value) => api.patch(`/v1/licenses/${id}`, { auto_renewal_enabled: value > 2 }),
    (id, value) =>
      api.patch(`/v1/licenses/${id}`, { expiry_date: new Date(START + (today + value * 4) * DAY_MS).toISOString() }),
    (id, value) => api.post(`/v1/licenses/${id}/activations`, { fingerprint: `pc-${value}` }),
    (id, value) => api.post(`/v1/licenses/${id}/activations`, { fingerprint: `pc-${value}` }),
    async (id) => {
      const [device] = (await api.get(`/v1/licenses/${id}/activations?status=ACTIVE`)).body.data as Wire[];
      if (device) await api.post(`/v1/licenses/${id}/activations/${device.activation_id}/deactivate`, {});
    },
    (id) => api.post(`/v1/licenses/${id}/activations:reset`),
    (id, value) => api.post(`/v1/licenses/${id}/blocked-devices`, { fingerprint: `pc-${value}`, reason }),
    (_id, value) => Promise.resolve((today += value)),
    () => app.nest.get(LicenseTimer).sweep(),
    () => follow(),
  ];

  it('are those of the licenses and of the event log, whatever happened when, and the same when they are rebuilt', async () => {
    const life = fc.array(
      fc.record({ step: fc.nat(steps.length - 1), license: fc.nat(50), value: fc.integer({ min: 1, max: 4 }) }),
      { minLength: 60, maxLength: 60 },
    );
    for (const sequence of fc.sample(life, 4)) {
      for (const { step, license, value } of sequence) {
        const id = licenses[license % Math.max(1, licenses.length)];
        if (id === undefined) await steps[0]!('', value);
        else await steps[step]!(id, value);
      }
      await passUnrecorded();
      await app.nest.get(LicenseTimer).sweep();
      await app.nest.get(LeaseTimer).sweep();
      await settled();
      await follow();

      const rows = (await api.get('/v1/licenses?limit=100')).body.data as Wire[];
      expect(rows).toHaveLength(licenses.length);
      const number = (matches: (row: Wire) => boolean) => rows.filter(matches).length;
      const overview = (await api.get('/v1/reports/overview?by=template')).body;
      expect(overview).toMatchObject({ events_behind: 0, as_of: new Date(START + today * DAY_MS).toISOString() });
      expect(overview.totals).toEqual({
        licenses: rows.length,
        active: number(({ status }) => status === 'ACTIVE'),
        in_grace: number(({ in_grace }) => in_grace),
        expired: number(({ status, in_grace }) => status === 'EXPIRED' && !in_grace),
        suspended: number(({ status }) => status === 'SUSPENDED'),
        revoked: number(({ status }) => status === 'REVOKED'),
        pending: number(({ status }) => status === 'PENDING'),
        trials: number(({ trial }) => trial),
      });
      for (const { template_id, licenses: of } of overview.data as Wire[])
        expect([template_id, of]).toEqual([template_id, number((row) => row.template_id === template_id)]);

      const days = (await api.get('/v1/reports/expirations?days=90')).body.data as Wire[];
      expect(days).toHaveLength(90);
      // The end of a license that has not started is in no answer.
      const ends = new Map(
        (
          await app.database.query<{ id: string; day: string; awaits: boolean }>(
            `SELECT license_id AS id, to_char(expiry_date AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, awaited_start IS NOT NULL AS awaits
             FROM licenses WHERE tenant_id = $1`,
            [api.tenantId],
          )
        ).map(({ id, ...end }) => [id, end] as const),
      );
      for (const { day, expiring, renewing, suspended } of days) {
        const on = (statuses: string[], renews: boolean) => (row: Wire) => {
          const end = ends.get(row.license_id as string);
          const isRenewed = row.auto_renewal_enabled && !row.trial && !end?.awaits;
          return statuses.includes(row.status as string) && end?.day === day && isRenewed === renews;
        };
        const running = ['ACTIVE', 'PENDING'];
        expect({ day, expiring, renewing, suspended }).toEqual({
          day,
          expiring: number(on(running, false)),
          renewing: number(on(running, true)),
          suspended: number(on(['SUSPENDED'], false)) + number(on(['SUSPENDED'], true)),
        });
      }

      const inForce = rows.filter(({ status, in_grace }) => status === 'ACTIVE' || in_grace);
      const limited = inForce.filter(({ max_activations }) => max_activations !== null);
      const total = (of: Wire[], field: string) => of.reduce<number>((sum, row) => sum + (row[field] as number), 0);
      const { totals } = (await api.get('/v1/reports/utilisation')).body;
      expect(totals).toMatchObject({
        licenses: inForce.length,
        seats_in_use: total(inForce, 'current_activations'),
        limited_licenses: limited.length,
        limited_seats: total(limited, 'max_activations'),
        limited_seats_in_use: total(limited, 'current_activations'),
        over_used_licenses: limited.filter((row) => row.current_activations > row.max_activations).length,
      });

      const day = new Date(START + today * DAY_MS).toISOString().slice(0, 10);
      const { peaks, unordered } = await peaksByLog(app.database, day);
      const ordered = licenses.filter((id) => !unordered.has(id));
      expect(ordered.length).toBeGreaterThan(licenses.length / 2);
      const from = new Date(START + (today - 365) * DAY_MS).toISOString().slice(0, 10);
      const read = async (query: string): Promise<Wire[]> => (await api.get(`/v1/reports/peaks?${query}`)).body.data;
      const entries = (of: Wire[]) => of.map((row) => [`${row.day} ${row.license_id}`, row.peak as number]);
      for (const id of ordered)
        expect(entries(await read(`license_id=${id}&from=${from}&to=${day}`))).toEqual(
          [...peaks].filter(([of]) => of.endsWith(id) && of >= from),
        );
      const highest = await read(`per_day=10&from=${from}&to=${day}`);
      const known = highest.filter((row) => !unordered.has(row.license_id as string));
      expect(entries(known).filter(([of, peak]) => peaks.get(of as string) !== peak)).toEqual([]);
      const ended = await app.database.query<{ license_id: string }>(
        `SELECT DISTINCT license_id FROM license_event_logs WHERE event_type IN ('license.suspended', 'license.revoked', 'license.expired')`,
      );
      const listed = groupBy(highest, (row) => row.day as string);
      for (const [of, peak] of peaks) {
        const rest = listed.get(of.slice(0, 10)) ?? [];
        if (peak < 2 || of < from || ended.some(({ license_id }) => of.endsWith(license_id))) continue;
        if (rest.length < 10) expect(rest.map(({ license_id }) => license_id)).toContain(of.slice(11));
        else expect(rest.at(-1)!.peak).toBeGreaterThanOrEqual(peak);
      }

      const numbers = await counted(app.database);
      await rebuild(app.database);
      expect(await counted(app.database)).toEqual(numbers);
      await recount(app.database, api.tenantId, 3);
      expect(await counted(app.database)).toEqual(numbers);
    }
    // The events of each type, and no other: counted once, on their days.
    const logged = await app.database.query(
      `SELECT to_char(coalesce((event_data ->> 'due_at')::timestamptz, created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
              replace(event_type, 'activations_reset', 'deactivated') AS event_type,
              sum(CASE event_type WHEN 'license.activations_reset' THEN (event_data ->> 'count')::int ELSE 1 END)::int AS events
       FROM license_event_logs WHERE event_type IN ('license.created', 'license.expired', 'license.renewed', 'license.activated',
                                                    'license.deactivated', 'license.activations_reset', 'license.lease_expired')
       GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    expect(logged.length).toBeGreaterThan(10);
    expect(
      await app.database.query(
        `SELECT day::text, event_type, events::int FROM report_activity WHERE product_id = '' AND events > 0
           AND event_type IN ('license.created', 'license.expired', 'license.renewed', 'license.activated', 'license.deactivated', 'license.lease_expired') ORDER BY 1, 2`,
      ),
    ).toEqual(logged);
  }, 120_000);
});

describe('two servers that count, one of which is killed again and again', () => {
  const ROUNDS = 4;
  const LICENSES = 250;
  let database: TestDatabase;
  let servers: [ServerProcess, ServerProcess];
  let key: string;
  let templateId: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    const [master, lookup] = [randomBytes(32), randomBytes(32)];
    const app = await TestApp.start({ database, secrets: new Secrets([master], lookup) });
    const api = await app.tenant();
    key = String(api.key);
    templateId = await api.template({ max_activations: 2 });
    await app.stop();
    const environment = {
      DATABASE_URL: database.applicationUrl,
      WORKFLOWS: 'off',
      MASTER_KEY: master.toString('hex'),
      LOOKUP_KEY: lookup.toString('hex'),
      REPORT_INTERVAL_MS: '20',
    };
    servers = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    for (const server of servers) await server.start();
  }, 60_000);

  afterAll(async () => {
    for (const server of servers) await server.cleanUp();
    await database.drop();
  });

  const lines = async (server: ServerProcess, path: string, rows: unknown[]): Promise<Wire[]> => {
    const response = await fetch(`${server.url}/v1${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': NDJSON },
      body: rows.map((row) => JSON.stringify(row)).join('\n'),
    });
    return (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it('count every event once, whatever is killed when, and as the rebuilt reports do', async () => {
    const [steady, killed] = servers;
    const orders = Array.from({ length: LICENSES }, (_, at) => ({
      license_template_id: templateId,
      customer_id: `c${at}`,
    }));
    const uncounted = async () => {
      const [row] = await database.query<{ events: number }>(
        `SELECT (last_seq - coalesce((SELECT seq FROM report_cursors), 0))::int + (SELECT count(*)::int FROM outbox) AS events
         FROM license_event_counters`,
      );
      return row?.events;
    };
    for (let round = 0; round < ROUNDS; round++) {
      const issued = await lines(steady, '/licenses:batch-issue', orders);
      const suspended = lines(
        steady,
        '/licenses:batch-suspend',
        issued.slice(0, 100).map(({ license }) => ({ license_id: license.license_id, reason })),
      );
      const left = randomInt(1, LICENSES);
      await eventually(async () => expect(await uncounted()).toBeLessThan(left));
      await killed.kill('SIGKILL');
      await suspended;
      await killed.start();
    }
    await eventually(async () => expect(await uncounted()).toBe(0), 30_000);
    const numbers = await counted(database);
    const statuses = await database.query(
      'SELECT status, sum(licenses)::int AS licenses FROM report_license_counts GROUP BY 1 ORDER BY 1',
    );
    expect(statuses).toEqual(
      await database.query('SELECT status, count(*)::int AS licenses FROM licenses GROUP BY 1 ORDER BY 1'),
    );
    expect(statuses).toEqual([
      { status: 'ACTIVE', licenses: ROUNDS * (LICENSES - 100) },
      { status: 'SUSPENDED', licenses: ROUNDS * 100 },
    ]);
    const rebuilt = await cli('rebuild-reports', [], {
      DATABASE_URL: database.applicationUrl,
      DATABASE_OWNER_URL: database.ownerUrl,
    });
    expect(rebuilt).toMatchObject({ code: 0, output: expect.stringMatching(/Counted [1-9]\d* events again/) });
    expect(await counted(database)).toEqual(numbers);
  }, 120_000);
});
