import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RefusalCounts } from '../../src/activations/refusal-counts.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { NO_CLIENT_LIMITS, TestApp, type TestAppOptions } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { statementsOf } from '../support/statements.js';

const HOUR_MS = 3_600_000;

/** Two applications on one database, as two processes are. */
describe('what programs with a license key can add to the event log', () => {
  let apps: [TestApp, TestApp];
  let api: Api;
  let offset = 0;

  beforeAll(async () => {
    const clock = { now: () => new Date(Date.now() + offset) };
    const override: TestAppOptions['override'] = (builder) => builder.overrideProvider(Clock).useValue(clock);
    const first = await TestApp.start({ environment: NO_CLIENT_LIMITS, override });
    const { database, secrets } = first;
    apps = [first, await TestApp.start({ environment: NO_CLIENT_LIMITS, override, database, secrets })];
    api = await first.tenant();
  });

  afterAll(async () => {
    for (const app of apps.toReversed()) await app.stop();
  });

  const license = async (terms: Record<string, unknown>): Promise<Wire> => api.issue(await api.template(terms));
  const ask = (route: string, { license_key }: Wire, fingerprint: string, n = 0) =>
    apps[n % 2 === 0 ? 0 : 1]
      .anonymous()
      .post(`/v1/client/${route}`, { license_key: license_key as string, fingerprint });
  const askAll = async (route: string, one: Wire, count: number, name = 'd', of = 0) => {
    const asked = Array.from({ length: count }, (_, n) => ask(route, one, `${name}${n}`, n + of));
    return (await Promise.all(asked)).map(({ status }) => status);
  };
  const many = (statuses: number[], status: number) => statuses.filter((one) => one === status).length;
  const eventsOf = async ({ license_id }: Wire, type: string): Promise<Wire[]> => {
    const rows = await apps[0].database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM outbox WHERE license_id = $1',
      [license_id],
    );
    expect(rows).toEqual([{ count: 0 }]);
    return apps[0].database.query(
      `SELECT event_data, resource_type FROM license_event_logs WHERE license_id = $1 AND event_type = $2`,
      [license_id, type],
    );
  };
  const refusalCounts = () => apps.map(({ nest }) => nest.get(RefusalCounts));
  /** Sets the count of this hour. */
  const added = ({ license_id }: Wire, type: string, events: number) =>
    apps[0].database.query(
      `INSERT INTO license_client_events VALUES
         ($1, $2, $3, date_trunc('hour', clock_timestamp(), 'UTC'), $4, 1000000, false)`,
      [api.tenantId, license_id, type, events],
    );
  const hour = async () => {
    const [row] = await apps[0].database.query<{ hour: Date }>(`SELECT date_trunc('hour', clock_timestamp()) AS hour`);
    return row?.hour.getTime();
  };
  /** Once more where the hour was over meanwhile, because everything is counted anew then. */
  const inOneHour = async (scenario: () => Promise<void>) => {
    const begun = await hour();
    await scenario().catch(async (error: unknown) => {
      if ((await hour()) === begun) throw error;
      await scenario();
    });
  };

  it('is 50 refusals a license and hour, over two processes, one event of the limit, and one with the number of the rest', () =>
    inOneHour(async () => {
      const one = await license({ max_activations: 1 });
      expect((await ask('activate', one, 'first')).status).toBe(200);
      expect(many(await askAll('activate', one, 120), 409)).toBe(120);
      await eventually(async () => {
        expect(await eventsOf(one, 'license.activation_refused')).toHaveLength(50);
        expect(await eventsOf(one, 'license.event_limit_reached')).toEqual([
          {
            resource_type: 'license',
            event_data: {
              event_type: 'license.activation_refused',
              limit: 50,
              effect: 'NOT_RECORDED',
              until: expect.stringMatching(/:00:00\.000Z$/),
            },
          },
        ]);
      });
      const rows = await apps[0].database.query(
        `SELECT count(*) FILTER (WHERE fingerprint <> '')::int AS devices, sum(refusals) FILTER (WHERE fingerprint = '')::int AS counted
         FROM license_activation_refusals WHERE license_id = $1`,
        [one.license_id],
      );
      expect(rows).toEqual([{ devices: 120, counted: 120 - 50 }]);
      // Another license has refusals of its own, and the next hour too.
      const other = await license({ max_activations: 1 });
      expect((await askAll('activate', other, 3)).sort()).toEqual([200, 409, 409]);
      await apps[0].database.query(`UPDATE license_client_events SET hour = hour - interval '1 hour'`);
      offset = HOUR_MS;
      try {
        // Both processes refuse each device, at once and again.
        for (let round = 0; round < 2; round++) {
          const statuses = await Promise.all([0, 1].map((of) => askAll('activate', one, 60, 'later', of)));
          expect(many(statuses.flat(), 409)).toBe(120);
        }
        offset = 3 * HOUR_MS;
        for (let round = 0; round < 2; round++) await Promise.all(refusalCounts().map((counts) => counts.sweep()));
        const left = 'SELECT FROM license_activation_refusals WHERE tenant_id = $1';
        expect(await apps[0].database.query(left, [api.tenantId])).toEqual([]);
      } finally {
        offset = 0;
      }
      await eventually(async () => {
        const counted = await eventsOf(one, 'license.refusals_counted');
        // Each device counts once in its hour, also where it comes again.
        expect(counted.map(({ event_data: { code, count } }) => `${code} ${count}`).sort()).toEqual([
          `ACTIVATION_LIMIT_REACHED ${60 - 50}`,
          `ACTIVATION_LIMIT_REACHED ${120 - 50}`,
        ]);
      });
      await eventually(async () => {
        expect(await eventsOf(one, 'license.activation_refused')).toHaveLength(100);
        expect(await eventsOf(one, 'license.event_limit_reached')).toHaveLength(2);
        expect(await eventsOf(other, 'license.activation_refused')).toHaveLength(2);
      });
    }));

  it('is, over two processes, as many activations as are allowed: further ones are refused, and none goes unrecorded', () =>
    inOneHour(async () => {
      const one = await license({ max_activations: 100 });
      const allowed = 1_000 + 20 * 100;
      await added(one, 'license.activated', allowed - 10);
      const statuses = await askAll('activate', one, 40);
      expect([many(statuses, 200), many(statuses, 429)]).toEqual([10, 30]);
      const refused = await ask('activate', one, 'late');
      expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
      expect(refused.body.detail).toContain('license.activated');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect((await api.get(`/v1/licenses/${one.license_id}`)).body.current_activations).toBe(10);
      await eventually(async () => {
        expect(await eventsOf(one, 'license.activated')).toHaveLength(10);
        expect(await eventsOf(one, 'license.event_limit_reached')).toMatchObject([
          { event_data: { event_type: 'license.activated', limit: allowed, effect: 'REFUSED' } },
        ]);
      });
      // A device keeps its seat, seats are given back, and the vendor's own people are not bound.
      const known = statuses.indexOf(200);
      expect((await ask('activate', one, `d${known}`)).status).toBe(200);
      expect((await ask('deactivate', one, `d${known}`)).status).toBe(200);
      expect((await api.post(`/v1/licenses/${one.license_id}/activations`, { fingerprint: 'admin' })).status).toBe(200);
      expect((await ask('activate', one, `d${known}`)).status).toBe(429);
      const counted = await apps[0].database.query(
        `SELECT code, refusals FROM license_activation_refusals WHERE license_id = $1 AND fingerprint = ''`,
        [one.license_id],
      );
      expect(counted).toEqual([{ code: 'RATE_LIMITED', refusals: 30 + 2 - 1 }]);
    }));

  it.each<[string, string, Record<string, unknown>, string]>([
    ['evictions', 'license.deactivated', { max_activations: 1, eviction_policy: 'OLDEST' }, 'activate'],
    ['deactivations', 'license.deactivated', { max_activations: 1 }, 'deactivate'],
    ['check-outs', 'license.checked_out', { max_activations: 1 }, 'check-out'],
    ['activations by check-out', 'license.activated', { max_activations: 5 }, 'check-out'],
  ])('is bounded for %s too', (_, type, terms, route) =>
    inOneHour(async () => {
      const one = await license(terms);
      expect((await ask('activate', one, 'a')).status).toBe(200);
      await apps[0].database.query('DELETE FROM license_client_events WHERE license_id = $1', [one.license_id]);
      await added(one, type, 1_000 + 20 * (terms.max_activations as number));
      const device = type === 'license.checked_out' || route === 'deactivate' ? 'a' : 'b';
      for (let n = 0; n < 3; n++) expect((await ask(route, one, device, n)).status).toBe(429);
      const { data } = (await api.get(`/v1/licenses/${one.license_id}/activations?status=ACTIVE`)).body;
      expect((data as Wire[]).map(({ fingerprint, lent_until }) => [fingerprint, lent_until])).toEqual([['a', null]]);
      await eventually(async () => {
        const limits = await eventsOf(one, 'license.event_limit_reached');
        expect(limits).toMatchObject([{ event_data: { event_type: type, effect: 'REFUSED' } }]);
      });
    }),
  );

  it('is counted in the hour whose end Retry-After names', () =>
    inOneHour(async () => {
      const one = await license({ max_activations: 1 });
      await added(one, 'license.activated', 1_000 + 20);
      expect((await ask('activate', one, 'now')).status).toBe(429);
      offset = HOUR_MS;
      try {
        expect((await ask('activate', one, 'an hour later')).status).toBe(200);
      } finally {
        offset = 0;
      }
    }));

  it('costs an activation one statement, in the round trip of its commit', async () => {
    const one = await license({ max_activations: 5 });
    await ask('activate', one, 'first');
    const [byProgram, byPeople] = [
      await statementsOf(() => ask('activate', one, 'second')),
      await statementsOf(() => api.post(`/v1/licenses/${one.license_id}/activations`, { fingerprint: 'third' })),
    ];
    expect(byProgram.filter((text) => text.includes('license_client_events'))).toHaveLength(1);
    expect(byPeople.filter((text) => text.includes('license_client_events'))).toHaveLength(0);
  });
});
