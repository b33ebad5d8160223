import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { EvidenceCollector } from '../../src/validation/index.js';
import type { Api, Wire } from '../support/api.js';
import { NO_CLIENT_LIMITS, TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startBehindProxy } from '../support/behind-proxy.js';
import type { PostgresProxy } from '../support/proxy.js';
import { statementsOf } from '../support/statements.js';

const KEY = 'FROM license_keys';
const BEGIN = '; BEGIN READ WRITE;';
const LOCK = 'AS "lockedAt"';
const DEVICE = 'FROM license_activations item';
const OTHERS = '"sameUser"';
const LEFT = 'AS holders';
const EXPIRE = 'UPDATE license_activations SET';
const COUNTER = 'UPDATE licenses SET current_activations';
const INSERT = 'INSERT INTO license_activations';
const UPDATE = 'UPDATE license_activations SET license_id';
const COUNT_EVENT = 'INSERT INTO license_client_events';
const EVENTS = 'INSERT INTO outbox';
const SEATS = [KEY, BEGIN, LOCK, DEVICE, OTHERS];
/** One statement for all that share it, behind which nothing follows. */
const CHANGE_SEATS = 'event_rows AS (';
const RENEW_LEASES = 'DO UPDATE SET lease_expires_at';

describe('a write of a program', () => {
  let app: TestApp;
  let neighbour: TestApp;
  let proxy: PostgresProxy;
  let api: Api;
  let key: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: NO_CLIENT_LIMITS });
    ({ proxy, neighbour } = await startBehindProxy(app, NO_CLIENT_LIMITS));
    const tenant = await app.tenant();
    key = tenant.key ?? '';
    api = neighbour.bearer(tenant.tenantId, key);
  });

  afterAll(async () => {
    await neighbour.stop();
    await proxy.stop();
    await app.stop();
  });

  const features = [{ feature_id: 'f', feature_name: 'F', limit_value: 1_000_000, limit_type: 'COUNT' }];
  const licenseWithDevice = async (terms: Wire = {}): Promise<Wire> => {
    const license = await api.issue(await api.template({ max_activations: 100, features, ...terms }));
    await send(license, 'activate', { fingerprint: 'pc', user_id: 'u' });
    return license;
  };
  const send = async ({ license_key }: Wire, route: string, body: Wire) => {
    const response = await api.post(`/v1/client/${route}`, { license_key: license_key as string, ...body });
    expect(response).toMatchObject({ status: 200 });
  };
  const seatsOf = ({ license_id }: Wire) =>
    app.database.query(
      `SELECT current_activations, (SELECT count(*)::int FROM license_activations item
                                    WHERE item.license_id = licenses.license_id AND status = 'ACTIVE') AS active
       FROM licenses WHERE license_id = $1`,
      [license_id],
    );
  /** Expects these statements, by a part of each, and round trips; events that move to the log and the clock may add to a count. */
  const expectCost = (
    statements: readonly string[],
    roundTrips: number,
    work: () => Promise<unknown>,
    prepare?: () => Promise<unknown>,
  ) =>
    eventually(async () => {
      await prepare?.();
      const before = proxy.roundTrips;
      let after = NaN;
      const sent = await statementsOf(() => work().then(() => (after = proxy.roundTrips)));
      expect(sent).toEqual(statements.map((part) => expect.stringContaining(part) as unknown));
      expect(after - before).toBe(roundTrips);
    });

  it('that takes or frees a counted seat is one statement behind that of the license key', async () => {
    const license = await licenseWithDevice();
    let devices = 0;
    await expectCost([KEY, CHANGE_SEATS], 2, () => send(license, 'activate', { fingerprint: `pc-${devices++}` }));
    await expectCost(
      [KEY, CHANGE_SEATS],
      2,
      () => send(license, 'deactivate', { fingerprint: `pc-${devices - 1}` }),
      () => send(license, 'activate', { fingerprint: `pc-${devices++}` }),
    );
    const [seats] = await seatsOf(license);
    expect(seats!.current_activations).toBe(seats!.active);
  });

  describe('that takes a counted seat by a read that is outdated', () => {
    const CHANGES: Record<string, (license: Wire, other: Api) => Promise<unknown>> = {
      seat: (license, other) =>
        other.post('/v1/client/activate', { license_key: license.license_key as string, fingerprint: 'last' }),
      device: (license, other) =>
        other.post('/v1/client/activate', { license_key: license.license_key as string, fingerprint: 'new' }),
      state: (license, other) =>
        other.post(`/v1/licenses/${license.license_id}/suspend`, { reason: { code: 'OTHER', text: 'x' } }),
      end: (license, other) =>
        other.post('/v1/client/deactivate', { license_key: license.license_key as string, fingerprint: 'pc' }),
    };

    it.each([
      ['seat', 'new', { status: 409, body: { code: 'ACTIVATION_LIMIT_REACHED' } }, 2],
      ['device', 'new', { status: 200, body: { status: 'ACTIVE' } }, 2],
      ['state', 'new', { status: 409, body: { code: 'LICENSE_STATE' } }, 1],
      ['state', 'pc', { status: 409, body: { code: 'LICENSE_STATE' } }, 1],
      ['end', 'pc', { status: 200, body: { status: 'ACTIVE' } }, 1],
    ] as const)(
      'is decided by the %s that another process changed meanwhile: %s',
      async (change, fingerprint, expected, active) => {
        const license = await licenseWithDevice({ max_activations: 2 });
        const other = app.bearer(api.tenantId, key);
        const collector = neighbour.nest.get(EvidenceCollector);
        const find = collector.findByLicenseKey.bind(collector);
        const read = jest.spyOn(collector, 'findByLicenseKey').mockImplementationOnce(async (...asked) => {
          const evidence = await find(...asked);
          await CHANGES[change]!(license, other);
          return evidence;
        });
        const answer = await api.post('/v1/client/activate', {
          license_key: license.license_key as string,
          fingerprint,
        });
        read.mockRestore();
        expect(answer).toMatchObject(expected);
        expect(await seatsOf(license)).toEqual([{ current_activations: active, active }]);
      },
    );

    it('is exact amid requests of two processes that come and go', async () => {
      const max_activations = 5;
      const license = await licenseWithDevice({ max_activations });
      const other = app.bearer(api.tenantId, key);
      const requests = Array.from({ length: 160 }, (_, n) => {
        const fingerprint = `device-${n % 16}`;
        const route = n % 3 === 2 ? 'deactivate' : 'activate';
        const body = { license_key: license.license_key as string, fingerprint };
        return (n % 2 ? api : other).post(`/v1/client/${route}`, body);
      });
      const statuses = (await Promise.all(requests)).map(({ status }) => status);
      expect(statuses.filter((status) => ![200, 404, 409].includes(status))).toEqual([]);
      const fill = Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? api : other).post('/v1/client/activate', {
          license_key: license.license_key as string,
          fingerprint: `more-${n}`,
        }),
      );
      await Promise.all(fill);
      expect(await seatsOf(license)).toEqual([{ current_activations: max_activations, active: max_activations }]);
      const changes = await app.database.query(
        `SELECT (SELECT count(*)::int FROM license_activations WHERE license_id = $1) AS taken,
                sum((event_type = 'license.activated')::int)::int AS told
         FROM (SELECT license_id, event_type FROM license_event_logs UNION ALL SELECT license_id, event_type FROM outbox) event
         WHERE license_id = $1`,
        [license.license_id],
      );
      expect(changes).toEqual([{ taken: changes[0]!.taken as number, told: changes[0]!.taken as number }]);
    });

    it('waits for a lock that is held meanwhile, and is decided by what its holder committed', async () => {
      const license = await licenseWithDevice({ max_activations: 2 });
      await withClient(app.database.superuserUrl, async (holder) => {
        await holder.query('BEGIN');
        await holder.query('UPDATE licenses SET max_activations = 1 WHERE license_id = $1', [license.license_id]);
        const answer = api.post('/v1/client/activate', {
          license_key: license.license_key as string,
          fingerprint: 'new',
        });
        await eventually(async () => {
          const waiting = await app.database.query(
            `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%lockedAt%'`,
          );
          expect(waiting).toHaveLength(1);
        });
        await holder.query('COMMIT');
        expect(await answer).toMatchObject({ status: 409, body: { code: 'ACTIVATION_LIMIT_REACHED' } });
      });
    });
  });

  it.each(['CONCURRENT', 'NAMED_USER'])(
    'that takes or frees a seat of %s waits for the license key, the lock and the commit',
    async (license_type) => {
      const license = await licenseWithDevice({ license_type });
      let devices = 0;
      const device = () => ({ fingerprint: `pc-${devices++}`, user_id: 'u' });
      await expectCost([...SEATS, COUNTER, INSERT, COUNT_EVENT, EVENTS, 'COMMIT'], 3, () =>
        send(license, 'activate', device()),
      );
      const version = () => `${devices++}`;
      await expectCost([...SEATS, COUNTER, UPDATE, 'COMMIT'], 3, () =>
        send(license, 'activate', { fingerprint: 'pc', version: version() }),
      );
      await expectCost([KEY, RENEW_LEASES], 2, () => send(license, 'activate', { fingerprint: 'pc' }));
      await expectCost(
        [...SEATS, UPDATE, COUNT_EVENT, COUNTER, EVENTS, 'COMMIT'],
        3,
        () => send(license, 'deactivate', { fingerprint: `pc-${devices - 1}` }),
        () => send(license, 'activate', device()),
      );
    },
  );

  it('of a device that keeps its counted seat writes times as a heartbeat does, and waits for the lock to write more', async () => {
    let n = 0;
    const again = (license: Wire) => () => send(license, 'activate', { fingerprint: 'pc' });
    const changed = (license: Wire) => () => send(license, 'activate', { fingerprint: 'pc', version: `${n++}` });
    // Its devices are not counted again, unless it is evicted whose time of the last request must then be right.
    const license = await licenseWithDevice();
    await expectCost([KEY, RENEW_LEASES], 2, again(license));
    await expectCost([KEY, BEGIN, LOCK, DEVICE, COUNTER, UPDATE, 'COMMIT'], 3, changed(license));
    const evicting = await licenseWithDevice({ eviction_policy: 'OLDEST' });
    await expectCost([KEY, RENEW_LEASES], 2, again(evicting));
    await expectCost([...SEATS, COUNTER, UPDATE, 'COMMIT'], 3, changed(evicting));
    const body = { license_key: license.license_key as string, fingerprint: 'pc' };
    const { warnings, ...answer } = (await api.post('/v1/client/activate', body)).body;
    expect(warnings).toEqual([]);
    expect((await api.get(`/v1/licenses/${license.license_id}/activations`)).body.data).toEqual([answer]);
  });

  it('that was read as counting devices is decided under the lock by what counts then', async () => {
    const license = await licenseWithDevice({ max_activations: 2 });
    for (const fingerprint of ['pc', 'other']) await send(license, 'activate', { fingerprint });
    await withClient(app.database.superuserUrl, async (holder) => {
      await holder.query('BEGIN');
      // One of the devices counts no longer: its lease has ended.
      await holder.query(`UPDATE licenses SET license_type = 'CONCURRENT' WHERE license_id = $1`, [license.license_id]);
      await holder.query(
        `UPDATE license_activations SET lease_expires_at = now() + CASE fingerprint WHEN 'pc' THEN interval '1 minute' ELSE interval '-1 hour' END
         WHERE license_id = $1`,
        [license.license_id],
      );
      const answer = send(license, 'activate', { fingerprint: 'new' });
      await eventually(async () => {
        const waiting = await app.database.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%lockedAt%'`,
        );
        expect(waiting).toHaveLength(1);
      });
      await holder.query('COMMIT');
      await answer;
    });
    expect(await seatsOf(license)).toEqual([{ current_activations: 2, active: 2 }]);
  });

  it('waits once more where a lease has ended, and records its end', async () => {
    const license = await licenseWithDevice({ license_type: 'CONCURRENT' });
    const addEnded = () =>
      app.database.query(
        `INSERT INTO license_activations (tenant_id, activation_id, license_id, fingerprint, units, activation_type, status,
                                          lease_expires_at, metadata, first_seen_at, last_seen_at, created_at)
         SELECT tenant_id, gen_random_uuid(), license_id, gen_random_uuid(), 1, 'ONLINE', 'ACTIVE', now() - interval '1 hour',
                '{}', now(), now(), now()
         FROM license_activations WHERE license_id = $1 AND fingerprint = 'pc'`,
        [license.license_id],
      );
    await expectCost(
      [...SEATS, EXPIRE, LEFT, DEVICE, OTHERS, COUNTER, UPDATE, EVENTS, 'COMMIT'],
      4,
      () => send(license, 'activate', { fingerprint: 'pc', version: randomUUID() }),
      addEnded,
    );
  });

  it('is a heartbeat of two round trips', async () => {
    const license = await licenseWithDevice({ license_type: 'CONCURRENT' });
    await expectCost([KEY, RENEW_LEASES], 2, () => send(license, 'heartbeat', { fingerprint: 'pc' }));
    await send(license, 'check-out', { fingerprint: 'pc', ttl_seconds: 600 });
    await expectCost([KEY, BEGIN, DEVICE, 'UPDATE license_activations item', 'COMMIT'], 2, () =>
      send(license, 'heartbeat', { fingerprint: 'pc' }),
    );
  });

  it('never leaves a lease by other terms than those of the license, amid heartbeats of two processes and changes of terms', async () => {
    const template = (license_type: string) => api.template({ product_id, license_type, max_activations: 100 });
    const license = await licenseWithDevice({ license_type: 'CONCURRENT' });
    const { product_id, template_id } = (await api.get(`/v1/licenses/${license.license_id}`)).body;
    const types = { SUBSCRIPTION: await template('SUBSCRIPTION'), CONCURRENT: template_id as string };
    for (let n = 0; n < 7; n++) await send(license, 'activate', { fingerprint: `pc-${n}` });
    const other = app.bearer(api.tenantId, key);
    const answers: string[] = [];
    let isChanging = true;
    const beat = async (n: number) => {
      const body = { license_key: license.license_key as string, fingerprint: n ? `pc-${n - 1}` : 'pc' };
      for (let round = n; isChanging; round++) {
        const { status, body: device } = await (round % 2 ? api : other).post('/v1/client/heartbeat', body);
        answers.push(status === 200 ? (device.lease_expires_at === null ? 'SUBSCRIPTION' : 'CONCURRENT') : `${status}`);
      }
    };
    const beats = Promise.all(Array.from({ length: 8 }, (_, n) => beat(n)));
    const change = async () => {
      for (let round = 0; round < 20; round++) {
        for (const type of ['SUBSCRIPTION', 'CONCURRENT'] as const) {
          const body = { license_template_id: types[type] };
          expect(await other.post(`/v1/licenses/${license.license_id}/change-template`, body)).toMatchObject({
            status: 200,
          });
          const faults = await app.database.query(
            `SELECT lease_expires_at FROM license_activations JOIN licenses USING (tenant_id, license_id)
           WHERE license_id = $1 AND (license_type = 'CONCURRENT') <> (lease_expires_at IS NOT NULL)`,
            [license.license_id],
          );
          expect(faults).toEqual([]);
        }
      }
    };
    await change().finally(() => (isChanging = false));
    await beats;
    expect([...new Set(answers)].sort()).toEqual(['CONCURRENT', 'SUBSCRIPTION']);
    const heartbeats = await app.database.query(
      'SELECT count(lease_expires_at)::int AS leased FROM license_activations WHERE license_id = $1',
      [license.license_id],
    );
    expect(heartbeats).toEqual([{ leased: 8 }]);
  });

  it('consumes each feature up to its limit exactly, amid requests of two processes', async () => {
    const limited = { features: [{ ...features[0], limit_value: 40 }] };
    const licenses = [await licenseWithDevice(limited), await licenseWithDevice(limited)];
    const other = app.bearer(api.tenantId, key);
    const requests = Array.from({ length: 200 }, (_, n) => {
      const body = { license_key: licenses[n % 2]!.license_key as string, feature_id: 'f', amount: 1 };
      return (n % 4 < 2 ? api : other).post('/v1/client/usage/consume', body);
    });
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(80);
    expect(statuses.filter((status) => status === 409)).toHaveLength(120);
    const ids = licenses.map(({ license_id }) => license_id as string);
    const used = await app.database.query('SELECT used::int FROM license_usages WHERE license_id = ANY($1)', [ids]);
    expect(used).toEqual([{ used: 40 }, { used: 40 }]);
  });

  it('consumes and releases exactly what was answered, amid requests of two processes, and never releases what is not used', async () => {
    const limited = { features: [{ ...features[0], limit_value: 10 }] };
    const licenses = [await licenseWithDevice(limited), await licenseWithDevice(limited)];
    const other = app.bearer(api.tenantId, key);
    const idle = { license_key: licenses[0]!.license_key as string, feature_id: 'f', amount: 1 };
    expect(await api.post('/v1/client/usage/release', idle)).toMatchObject({
      status: 409,
      body: { code: 'USAGE_NOT_HELD', used: 0 },
    });
    const used = new Map(licenses.map(({ license_id }) => [license_id as string, 0]));
    const seen = new Set<string>();
    const requests = Array.from({ length: 300 }, async (_, n) => {
      const { license_id, license_key } = licenses[n % 2]!;
      const [route, sign] = n % 3 === 0 ? ['consume', 1] : n % 3 === 1 ? ['release', -1] : ['consume', 1];
      const amount = (n % 4) + 1;
      const body = { license_key: license_key as string, feature_id: 'f', amount };
      const { status } = await (n % 5 < 2 ? api : other).post(`/v1/client/usage/${route}`, body);
      seen.add(`${route} ${status}`);
      if (status === 200) used.set(license_id as string, used.get(license_id as string)! + sign * amount);
    });
    await Promise.all(requests);
    expect([...seen].sort()).toEqual(['consume 200', 'consume 409', 'release 200', 'release 409']);
    const stored = await app.database.query<{ license_id: string; used: number }>(
      'SELECT license_id, used::int FROM license_usages WHERE license_id = ANY($1)',
      [[...used.keys()]],
    );
    expect(new Map(stored.map((row) => [row.license_id, row.used]))).toEqual(used);
  });

  it('changes usage in two round trips', async () => {
    const license = await licenseWithDevice();
    const usage = { feature_id: 'f', amount: 1 };
    await expectCost([KEY, 'INSERT INTO license_usages'], 2, () => send(license, 'usage/consume', usage));
    await send(license, 'usage/consume', { ...usage, amount: 1_000 });
    await expectCost([KEY, 'INSERT INTO license_usages'], 2, () => send(license, 'usage/release', usage));
  });

  it.each([
    ['usage/consume', { feature_id: 'f', amount: 1 }, 'usages.change'],
    ['activate', { fingerprint: 'other' }, 'activations.change-seats'],
    ['heartbeat', { fingerprint: 'pc' }, 'activations.renew-leases'],
  ])(
    '%s says that its outcome is unknown when the connection is lost with what commits it',
    async (route, body, sent) => {
      const license = await licenseWithDevice();
      await send(license, route, body);
      if (route === 'activate') await send(license, 'deactivate', body);
      proxy.cutWhenSent(sent);
      const lost = await api.post(`/v1/client/${route}`, { license_key: license.license_key as string, ...body });
      expect(lost).toMatchObject({ status: 503, body: { code: 'OUTCOME_UNKNOWN' } });
      await eventually(() => send(license, route, body));
    },
  );

  it('creates a license file in five round trips', async () => {
    const license = await licenseWithDevice();
    await send(license, 'check-out', { fingerprint: 'pc', ttl_seconds: 600 });
    const file = [COUNTER, UPDATE, 'SET files_until', 'FROM signing_keys', COUNT_EVENT, EVENTS, 'COMMIT'];
    await expectCost([...SEATS, ...file], 5, () => send(license, 'check-out', { fingerprint: 'pc', ttl_seconds: 600 }));
  });
});
