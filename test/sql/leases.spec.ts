import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { SteadyLeases1764460000000 } from '../../src/database/migrations/1764460000000-steady-leases.js';
import { withClient } from '../../src/database/with-client.js';
import { LeaseTimer } from '../../src/activations/lease-timer.js';
import { eraseCustomer } from '../../src/maintenance/index.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const START = Date.parse('2026-06-15T10:30:00.000Z');
const WINDOW_S = 120;
const YEAR_S = 365 * 86_400;

describe('a lease', () => {
  let app: TestApp;
  let api: Api;
  let seconds = 0;

  beforeAll(async () => {
    const clock = { now: () => new Date(START + seconds * 1000) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    api = await app.tenant();
  });

  beforeEach(() => {
    seconds = 0;
  });

  afterAll(() => app.stop());

  const at = (time: number) => new Date(START + time * 1000).toISOString();
  const terms = { heartbeat_interval_seconds: 60, heartbeat_grace_seconds: WINDOW_S - 60, default_duration: null };
  const template = (type: 'CONCURRENT' | 'SUBSCRIPTION', more = {}): Promise<string> =>
    api.template({ ...terms, license_type: type, max_activations: 1, ...more });
  /** A license, its key, and the templates between which it may change. */
  const issued = async (type: 'CONCURRENT' | 'SUBSCRIPTION', more = {}) => {
    const first = await template(type, more);
    const { license_id, license_key } = await api.issue(first);
    const { product_id } = (await api.get(`/v1/license-templates/${first}`)).body;
    return { id: license_id as string, key: license_key as string, product_id: product_id as string };
  };
  const change = async (id: string, product_id: string, type: 'CONCURRENT' | 'SUBSCRIPTION') => {
    const license_template_id = await template(type, { product_id });
    expect((await api.post(`/v1/licenses/${id}/change-template`, { license_template_id })).status).toBe(200);
  };
  const activate = (id: string, fingerprint: string) => api.post(`/v1/licenses/${id}/activations`, { fingerprint });
  const checkOut = (id: string, fingerprint: string, ttl_seconds: number) =>
    api.post(`/v1/licenses/${id}/check-out`, { fingerprint, ttl_seconds });
  const heartbeat = (license_key: string, fingerprint: string) =>
    app.anonymous().post('/v1/client/heartbeat', { license_key, fingerprint });
  const activation = async (id: string, fingerprint: string): Promise<Wire> => {
    const { data } = (await api.get(`/v1/licenses/${id}/activations?limit=100`)).body;
    return (data as Wire[]).filter((one) => one.fingerprint === fingerprint).at(-1)!;
  };

  /** Ends of leases in the event log and on their way there: end, seats after it, actor. */
  const endsOf = (id: string) =>
    app.database.query(
      `SELECT event_data ->> 'due_at' AS at, (event_data ->> 'current_activations')::int AS seats, actor ->> 'id' AS actor, event_data ->> 'after' AS after
       FROM (SELECT * FROM (SELECT license_id, event_type, event_data, actor, resource_seq FROM license_event_logs
                            UNION ALL SELECT license_id, event_type, event_data, actor, resource_seq FROM outbox) AS event
             WHERE license_id = $1 AND event_type = 'license.lease_expired' ORDER BY resource_seq) AS ends`,
      [id],
    );
  const end = (time: number, seats: number, actor = 'lease-timer') => ({
    at: at(time),
    seats,
    actor,
    after: '{"status": "EXPIRED"}',
  });

  it('that nobody asks about ends with an event that has its time, once, whichever of two processes finds it', async () => {
    const clock = { now: () => new Date(START + seconds * 1000) };
    const other = await TestApp.start({
      database: app.database,
      secrets: app.secrets,
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    const floating = await issued('CONCURRENT', { max_activations: 3 });
    const held = await issued('SUBSCRIPTION', { max_activations: 2 });
    for (const device of ['a', 'b', 'c']) {
      await activate(floating.id, device);
      seconds += 10;
    }
    await heartbeat(floating.key, 'a');
    await checkOut(held.id, 'off', 300);
    await activate(held.id, 'kept');
    const sweep = () => Promise.all([app, other].map(({ nest }) => nest.get(LeaseTimer).sweep()));
    seconds = 30 + WINDOW_S - 1;
    await sweep();
    expect(await endsOf(floating.id)).toEqual([end(10 + WINDOW_S, 2), end(20 + WINDOW_S, 1)]);
    seconds = 1000;
    for (let round = 0; round < 2; round++) await sweep();
    await other.stop();
    expect(await endsOf(floating.id)).toHaveLength(3);
    expect((await endsOf(floating.id)).at(-1)).toEqual(end(30 + WINDOW_S, 0));
    expect(await endsOf(held.id)).toEqual([end(330, 1)]);
    const stored = 'SELECT current_activations AS seats FROM licenses WHERE license_id = ANY($1) ORDER BY license_id';
    expect(await app.database.query(stored, [[floating.id, held.id]])).toEqual([{ seats: 0 }, { seats: 1 }]);
  });

  it.each<[string, (license: { id: string; product_id: string }) => Promise<unknown>]>([
    ['an activation', ({ id }) => activate(id, 'new')],
    ['a refused activation', ({ id }) => api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'x', units: 9 })],
    ['a reset', ({ id }) => api.post(`/v1/licenses/${id}/activations:reset`)],
    ['a change of template', ({ id, product_id }) => change(id, product_id, 'SUBSCRIPTION')],
  ])('has its event once %s finds that it has ended', async (_, find) => {
    const license = await issued('SUBSCRIPTION', { license_model: 'PER_CORE', max_activations: 8 });
    for (const [device, units, ttl_seconds] of [
      ['a', 1, 60],
      ['b', 2, 90],
      ['c', 4, 600],
    ] as const)
      await api.post(`/v1/licenses/${license.id}/check-out`, { fingerprint: device, units, ttl_seconds });
    seconds = 100;
    await find(license);
    expect(await endsOf(license.id)).toEqual([end(60, 6), end(90, 4)]);
    await find(license);
    expect(await endsOf(license.id)).toHaveLength(2);
  });

  it('of a person that is erased has its event, and a seat that a file holds then ends with the file', async () => {
    const { id, product_id } = await issued('SUBSCRIPTION', { max_activations: 5 });
    const { customer_id } = (await api.get(`/v1/licenses/${id}`)).body;
    await checkOut(id, 'ended', 60);
    await checkOut(id, 'held', 300);
    await activate(id, 'held');
    seconds = 100;
    await withClient(app.database.ownerUrl, (owner) =>
      eraseCustomer(owner, app.secrets, api.tenantId, customer_id as string, new Date(START + 100_000)),
    );
    await change(id, product_id, 'SUBSCRIPTION');
    seconds = 1000;
    await app.nest.get(LeaseTimer).sweep();
    expect(await endsOf(id)).toEqual([end(60, 1, 'npm run erase'), end(300, 0)]);
  });

  it('begins for a device that was first seen by check-out when the terms come to lend seats', async () => {
    const { id, product_id } = await issued('SUBSCRIPTION');
    await checkOut(id, 'off', 60);
    expect((await activate(id, 'off')).body).toMatchObject({ lease_expires_at: null, activation_type: 'ONLINE' });
    seconds = 61;
    await change(id, product_id, 'CONCURRENT');
    expect(await activation(id, 'off')).toMatchObject({ status: 'ACTIVE', lease_expires_at: at(61 + WINDOW_S) });
    seconds = 61 + WINDOW_S;
    expect(await activation(id, 'off')).toMatchObject({ status: 'EXPIRED' });
    expect((await activate(id, 'other')).status).toBe(200);
  });

  it('is over for a device that was first seen by check-out when the terms no longer lend seats', async () => {
    const { id, key, product_id } = await issued('CONCURRENT');
    await checkOut(id, 'off', 60);
    seconds = 59;
    expect((await heartbeat(key, 'off')).body).toMatchObject({ activation_type: 'ONLINE' });
    seconds = 62;
    await change(id, product_id, 'SUBSCRIPTION');
    expect(await activation(id, 'off')).toMatchObject({ lease_expires_at: null });
    seconds = 10 * WINDOW_S;
    expect(await activation(id, 'off')).toMatchObject({ status: 'ACTIVE' });
    expect((await activate(id, 'other')).body.code).toBe('ACTIVATION_LIMIT_REACHED');
  });

  it('of a seat that a file alone holds ends with the file, however the terms change', async () => {
    const { id, product_id } = await issued('SUBSCRIPTION');
    await checkOut(id, 'off', 300);
    for (const type of ['CONCURRENT', 'SUBSCRIPTION'] as const) {
      await change(id, product_id, type);
      expect(await activation(id, 'off')).toMatchObject({ lease_expires_at: at(300), activation_type: 'OFFLINE' });
    }
    seconds = 300;
    expect((await activate(id, 'other')).status).toBe(200);
  });

  it.each([
    ['a floating seat', 'CONCURRENT', (id: string, device: string) => activate(id, device)],
    ['a seat that a file alone holds', 'SUBSCRIPTION', (id: string, device: string) => checkOut(id, device, WINDOW_S)],
  ] as const)(
    'that has ended when the terms change is not brought back by a heartbeat of a moment before: %s',
    async (_, type, take) => {
      const { id, key, product_id } = await issued(type);
      expect((await take(id, 'late')).status).toBe(200);
      seconds = WINDOW_S;
      await change(id, product_id, 'SUBSCRIPTION');
      seconds = WINDOW_S - 0.005;
      expect((await heartbeat(key, 'late')).body.code).toBe('HEARTBEAT_EXPIRED');
      seconds = WINDOW_S;
      expect(await activation(id, 'late')).toMatchObject({ status: 'EXPIRED', lease_expires_at: at(WINDOW_S) });
      expect((await activate(id, 'other')).status).toBe(200);
      expect((await heartbeat(key, 'late')).body.code).toBe('HEARTBEAT_EXPIRED');
      expect((await api.get(`/v1/licenses/${id}`)).body.current_activations).toBe(1);
    },
  );

  it('gets no shorter by a heartbeat that goes by an earlier time', async () => {
    const { id, key } = await issued('CONCURRENT');
    await activate(id, 'd');
    for (const earlier of [-1, -90]) {
      seconds = earlier;
      expect((await heartbeat(key, 'd')).body).toMatchObject({ lease_expires_at: at(WINDOW_S) });
      expect((await activate(id, 'd')).body).toMatchObject({ lease_expires_at: at(WINDOW_S) });
    }
  });

  it('that a clock far ahead wrote is cut by a heartbeat, and by whoever wants a seat', async () => {
    const { id, key } = await issued('CONCURRENT', { max_activations: 2 });
    seconds = 2 * YEAR_S;
    for (const device of ['here', 'gone']) await activate(id, device);
    seconds = 0;
    expect((await heartbeat(key, 'here')).body).toMatchObject({
      lease_expires_at: at(WINDOW_S),
      last_seen_at: at(0),
    });
    // The refusal must not roll back the lease that was cut for it.
    for (const time of [1, WINDOW_S - 1, WINDOW_S]) {
      seconds = time;
      expect((await activate(id, 'other')).body.code).toBe('ACTIVATION_LIMIT_REACHED');
      expect((await heartbeat(key, 'here')).status).toBe(200);
    }
    seconds = WINDOW_S + 1;
    expect((await activate(id, 'other')).status).toBe(200);
    expect(await activation(id, 'gone')).toMatchObject({ status: 'EXPIRED' });
  });

  it('that a clock far ahead wrote makes no device immortal: the others are not older for ever', async () => {
    const { id } = await issued('SUBSCRIPTION', { max_activations: 2, eviction_policy: 'OLDEST' });
    seconds = 2 * YEAR_S;
    await activate(id, 'stamped');
    for (const [time, device] of ['a', 'b', 'c'].entries()) {
      seconds = time + 1;
      expect((await activate(id, device)).status).toBe(200);
    }
    expect(await activation(id, 'stamped')).toMatchObject({ status: 'DEACTIVATED' });
  });

  it.each([
    ['SUBSCRIPTION', 'CONCURRENT', `now() + interval '1 day'`],
    ['CONCURRENT', 'SUBSCRIPTION', 'NULL'],
  ] as const)(
    'is by the terms that a heartbeat finds, not by those it began with: %s',
    async (before, after, lease) => {
      const { id, key } = await issued(before);
      await activate(id, 'd');
      const changing = new pg.Client({ connectionString: app.database.superuserUrl });
      await changing.connect();
      await changing.query('BEGIN');
      await changing.query('UPDATE licenses SET license_type = $2 WHERE license_id = $1', [id, after]);
      await changing.query(`UPDATE license_activations SET lease_expires_at = ${lease} WHERE license_id = $1`, [id]);
      const answer = heartbeat(key, 'd');
      await eventually(async () => {
        const waiting = await app.database.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(waiting).toHaveLength(1);
      });
      await changing.query('COMMIT');
      await changing.end();
      expect(((await answer).body.lease_expires_at === null) === (after === 'SUBSCRIPTION')).toBe(true);
    },
  );

  it('that an earlier release passed over, because a device was seen by check-out first, is mended by the migration', async () => {
    const [leased, given] = [await issued('CONCURRENT'), await issued('SUBSCRIPTION')];
    const offline = await issued('SUBSCRIPTION');
    for (const { id } of [leased, given]) await activate(id, 'd');
    await checkOut(offline.id, 'd', 60);
    const spoil = `UPDATE license_activations SET activation_type = 'OFFLINE', lease_expires_at = $2 WHERE license_id = $1`;
    await app.database.query(spoil, [leased.id, null]);
    await app.database.query(spoil, [given.id, new Date(Date.now() + 60_000)]);
    await withClient(app.database.ownerUrl, async (owner) => {
      await owner.query('BEGIN; DROP INDEX licenses_marked_early');
      const query = async (text: string, values: unknown[] = []) => (await owner.query(text, values)).rows as unknown;
      await new SteadyLeases1764460000000().up({ query } as unknown as QueryRunner);
      await owner.query('COMMIT');
    });
    expect((await activation(leased.id, 'd')).lease_expires_at).not.toBeNull();
    expect((await activation(given.id, 'd')).lease_expires_at).toBeNull();
    expect((await activation(offline.id, 'd')).lease_expires_at).toBe(at(60));
  });
});
