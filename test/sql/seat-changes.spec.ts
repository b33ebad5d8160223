import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { Activation } from '../../src/activations/activation.entity.js';
import { LicenseActivatedEvent } from '../../src/activations/index.js';
import { Heartbeats, type Heartbeat } from '../../src/activations/heartbeats.js';
import type { SeatChange } from '../../src/activations/seat-change-statement.js';
import { SeatChanges } from '../../src/activations/seat-changes.js';
import type { License } from '../../src/licensing/index.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Actor } from '../../src/shared/access/actor.js';
import { EvidenceCollector } from '../../src/validation/index.js';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const ALLOWED = 10;

let app: TestApp;
let ours: Api;
let theirs: Api;

beforeAll(async () => {
  app = await TestApp.start();
  [ours, theirs] = [await app.tenant(), await app.tenant()];
});

afterAll(() => app.stop());

/** Runs work while another transaction has locked the rows that a statement selects. */
const whileLocked = (statement: string, values: unknown[], work: () => Promise<void>) =>
  withClient(app.database.superuserUrl, async (holder) => {
    await holder.query('BEGIN');
    await holder.query(statement, values);
    await work();
    await holder.query('ROLLBACK');
  });
/** Returns how often a standalone statement of this name was sent during the work. */
const countSent = async (name: string, work: () => Promise<void>): Promise<number> => {
  const sent = jest.spyOn(app.nest.get(UnitOfWork), 'executeStandalone');
  await work();
  const statements = sent.mock.calls.filter(([statement]) => statement.name === name);
  sent.mockRestore();
  return statements.length;
};

describe('seat changes that arrive together', () => {
  let templates: Map<Api, string>;

  beforeAll(async () => {
    templates = new Map();
    for (const api of [ours, theirs]) templates.set(api, await api.template({ max_activations: 3 }));
  });

  const newLicense = async (api: Api): Promise<License> => {
    const { license_key } = await api.issue(templates.get(api)!);
    const found = await app.nest.get(EvidenceCollector).findByLicenseKey(license_key as string, {});
    return found!.license;
  };
  const changeOf = (license: License, fingerprint = 'pc'): SeatChange => {
    const { tenantId, licenseId } = license;
    const now = new Date();
    const none = { ipAddress: null, leaseExpiresAt: null, toleranceMs: 0, lentUntil: null };
    const device = { fingerprint, activation_type: 'ONLINE' } as const;
    const activation = Activation.create(device, { tenantId, licenseId, now, ...none });
    const inUse = license.currentActivations + 1;
    const actor = Actor.forLicenseKey(tenantId, licenseId);
    const event = new LicenseActivatedEvent(actor, now, activation, { inUse, max: 3 });
    return { license, inUse, activation, event, allowed: ALLOWED };
  };
  /** Stores changes in one step, so that they are one group. */
  const storeAll = (changes: readonly SeatChange[]) => {
    const seatChanges = app.nest.get(SeatChanges);
    return Promise.all(changes.map((change) => seatChanges.store(change)));
  };
  /** Everything that is stored of a license after its issue. */
  const storedOf = async ({ tenantId, licenseId }: License) => {
    const [row] = await app.database.query(
      `SELECT current_activations AS seats,
              (SELECT count(*)::int FROM license_activations item WHERE (item.tenant_id, item.license_id) = ($1, $2)) AS activations,
              (SELECT events FROM license_client_events item WHERE (item.tenant_id, item.license_id) = ($1, $2)) AS counted,
              (SELECT last_seq FROM event_resource_counters WHERE (tenant_id, resource_id) = ($1, $2::text)) AS number,
              (SELECT count(*)::int FROM (SELECT tenant_id, license_id FROM outbox UNION ALL SELECT tenant_id, license_id FROM license_event_logs) event
               WHERE (event.tenant_id, event.license_id) = ($1, $2)) AS events
       FROM licenses WHERE tenant_id = $1 AND license_id = $2`,
      [tenantId, licenseId],
    );
    return row;
  };
  const ALL = { seats: 1, activations: 1, counted: 1, number: 2, events: 2 };
  const NOTHING = { seats: 0, activations: 0, counted: null, number: null, events: 1 };

  it('are stored as a whole, but for those of a license that has changed, is locked, is of another tenant, or may have no more events', async () => {
    const fresh = [await newLicense(ours), await newLicense(theirs), await newLicense(ours)];
    const [stale, locked, foreign, spent] = [
      await newLicense(ours),
      await newLicense(theirs),
      await newLicense(ours),
      await newLicense(theirs),
    ];
    await app.database.query('UPDATE licenses SET version = version WHERE license_id = $1', [stale.licenseId]);
    await app.database.query(
      `INSERT INTO license_client_events VALUES ($1, $2, 'license.activated', date_trunc('hour', clock_timestamp(), 'UTC'), $3, 1000, false)`,
      [spent.tenantId, spent.licenseId, ALLOWED],
    );
    const claimed = Object.assign(Object.create(foreign) as License, { tenantId: theirs.tenantId });
    const licenses = [stale, fresh[0]!, locked, fresh[1]!, claimed, spent, fresh[2]!];
    const lock = 'SELECT FROM licenses WHERE license_id = $1 FOR NO KEY UPDATE';
    await whileLocked(lock, [locked.licenseId], async () => {
      const statements = await countSent('activations.change-seats', async () => {
        const outcomes = await storeAll(licenses.map((license) => changeOf(license)));
        expect(outcomes).toEqual(licenses.map((license) => fresh.includes(license)));
      });
      expect(statements).toBe(1);
    });
    for (const license of fresh) expect(await storedOf(license)).toEqual(ALL);
    for (const license of [stale, locked, foreign]) expect(await storedOf(license)).toEqual(NOTHING);
    expect(await storedOf(spent)).toEqual({ ...NOTHING, counted: ALLOWED });
    // The events of those that were stored are published, and of no other.
    await eventually(async () => {
      const logged = await app.database.query<{ license_id: string }>(
        `SELECT license_id FROM license_event_logs WHERE event_type = 'license.activated' ORDER BY license_id`,
      );
      expect(logged.map(({ license_id }) => license_id)).toEqual(fresh.map(({ licenseId }) => licenseId).sort());
    });
    expect(await storeAll([changeOf(locked)])).toEqual([true]);
  });

  it('of a tenant that floods are no more than half of those that are stored before the ones of another tenant', async () => {
    const known = await newLicense(ours);
    const flood = Array.from({ length: 2_000 }, (): License => {
      return Object.assign(Object.create(known) as License, known, { licenseId: randomUUID() });
    });
    const small = [await newLicense(theirs), await newLicense(theirs)];
    const seatChanges = app.nest.get(SeatChanges);
    let stored = 0;
    const floodIsStored = flood.map((license) => seatChanges.store(changeOf(license)).then(() => stored++));
    await Promise.all(
      small.map(async (license) => {
        expect(await seatChanges.store(changeOf(license))).toBe(true);
      }),
    );
    // Groups of 100 that were sent before.
    expect(stored).toBeLessThan(500);
    await Promise.all(floodIsStored);
  });

  it('harm no other when the database refuses one of them', async () => {
    await app.database.query(
      `ALTER TABLE license_activations ADD CONSTRAINT no_poison CHECK (fingerprint <> 'poison')`,
    );
    const licenses = [
      await newLicense(ours),
      await newLicense(theirs),
      await newLicense(ours),
      await newLicense(theirs),
    ];
    const seatChanges = app.nest.get(SeatChanges);
    const outcomes = await Promise.allSettled(
      licenses.map((license, at) => seatChanges.store(changeOf(license, at === 1 ? 'poison' : 'pc'))),
    );
    await app.database.query('ALTER TABLE license_activations DROP CONSTRAINT no_poison');
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    for (const [at, license] of licenses.entries()) expect(await storedOf(license)).toEqual(at === 1 ? NOTHING : ALL);
  });
});

describe('heartbeats that arrive together', () => {
  const LEASE_S = 3600;
  let templates: Map<Api, string>;

  beforeAll(async () => {
    templates = new Map();
    for (const api of [ours, theirs]) {
      const terms = { license_type: 'CONCURRENT', max_activations: 3, heartbeat_interval_seconds: 60 };
      templates.set(api, await api.template({ ...terms, heartbeat_grace_seconds: LEASE_S }));
    }
  });

  const newHeartbeat = async (api: Api): Promise<Heartbeat> => {
    const { license_key } = await api.issue(templates.get(api)!);
    await api.post('/v1/client/activate', { license_key: license_key as string, fingerprint: 'pc' });
    return readHeartbeat(license_key as string);
  };
  const readHeartbeat = async (licenseKey: string): Promise<Heartbeat> => {
    const found = await app.nest.get(EvidenceCollector).findByLicenseKey(licenseKey, { fingerprint: 'pc' });
    const { license, activation } = found!;
    const now = new Date();
    const beat = Object.assign(Object.create(activation!) as Activation, activation);
    beat.renew(now, new Date(now.getTime() + LEASE_S * 1000), 0);
    return { license, activation: beat };
  };
  const storeAll = (heartbeats: readonly Heartbeat[]) =>
    Promise.all(heartbeats.map((heartbeat) => app.nest.get(Heartbeats).store(heartbeat)));
  const timesOf = async ({ activation }: Heartbeat) =>
    (
      await app.database.query(
        'SELECT last_seen_at, lease_expires_at FROM license_activations WHERE activation_id = $1',
        [activation.activationId],
      )
    )[0];
  const timesIn = ({ activation: { lastSeenAt, leaseExpiresAt } }: Heartbeat) => ({
    last_seen_at: lastSeenAt,
    lease_expires_at: leaseExpiresAt,
  });

  it('are stored, but for those of a device or license that has changed, of a locked device, and of another tenant', async () => {
    const fresh = [await newHeartbeat(ours), await newHeartbeat(theirs), await newHeartbeat(ours)];
    const [stale, locked, foreign, changed, ended] = [
      await newHeartbeat(ours),
      await newHeartbeat(theirs),
      await newHeartbeat(ours),
      await newHeartbeat(theirs),
      await newHeartbeat(ours),
    ];
    const touch = 'UPDATE license_activations SET units = units WHERE activation_id = $1';
    await app.database.query(touch, [stale.activation.activationId]);
    await app.database.query('UPDATE licenses SET version = version + 1 WHERE license_id = $1', [
      changed.license.licenseId,
    ]);
    const end = `UPDATE license_activations SET status = 'EXPIRED', ended_at = now() WHERE activation_id = $1`;
    await app.database.query(end, [ended.activation.activationId]);
    const { tenantId } = theirs;
    const claimed: Heartbeat = {
      license: Object.assign(Object.create(foreign.license) as Heartbeat['license'], { tenantId }),
      activation: Object.assign(Object.create(foreign.activation) as Activation, foreign.activation, { tenantId }),
    };
    const others = [stale, locked, foreign, changed, ended];
    const before = await Promise.all(others.map(timesOf));
    const sent = [stale, fresh[0]!, locked, fresh[1]!, claimed, changed, ended, fresh[2]!];
    const lock = 'SELECT FROM license_activations WHERE activation_id = $1 FOR NO KEY UPDATE';
    await whileLocked(lock, [locked.activation.activationId], async () => {
      const statements = await countSent('activations.renew-leases', async () => {
        expect(await storeAll(sent)).toEqual(sent.map((heartbeat) => fresh.includes(heartbeat)));
      });
      expect(statements).toBe(1);
    });
    for (const heartbeat of fresh) expect(await timesOf(heartbeat)).toEqual(timesIn(heartbeat));
    expect(await Promise.all(others.map(timesOf))).toEqual(before);
    expect(await storeAll([locked])).toEqual([true]);
  });

  it('of one device are one change, which the last decides, unless an earlier one knew another row', async () => {
    const { license_key } = await ours.issue(templates.get(ours)!);
    await ours.post('/v1/client/activate', { license_key: license_key as string, fingerprint: 'pc' });
    const outdated = await readHeartbeat(license_key as string);
    await ours.post('/v1/client/heartbeat', { license_key: license_key as string, fingerprint: 'pc' });
    const heartbeats = [
      outdated,
      await readHeartbeat(license_key as string),
      await readHeartbeat(license_key as string),
    ];
    expect(await storeAll(heartbeats)).toEqual([false, true, true]);
    expect(await timesOf(outdated)).toEqual(timesIn(heartbeats[2]!));
    expect(await storeAll([outdated])).toEqual([false]);
  });
});
