import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { Activation } from '../../src/activations/activation.entity.js';
import { LicenseActivatedEvent } from '../../src/activations/index.js';
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

describe('seat changes that arrive together', () => {
  let app: TestApp;
  let ours: Api;
  let theirs: Api;
  let templates: Map<Api, string>;

  beforeAll(async () => {
    app = await TestApp.start();
    [ours, theirs] = [await app.tenant(), await app.tenant()];
    templates = new Map();
    for (const api of [ours, theirs]) templates.set(api, await api.template({ max_activations: 3 }));
  });

  afterAll(() => app.stop());

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
    const sent = jest.spyOn(app.nest.get(UnitOfWork), 'executeStandalone');
    const licenses = [stale, fresh[0]!, locked, fresh[1]!, claimed, spent, fresh[2]!];
    await withClient(app.database.superuserUrl, async (holder) => {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM licenses WHERE license_id = $1 FOR NO KEY UPDATE', [locked.licenseId]);
      const outcomes = await storeAll(licenses.map((license) => changeOf(license)));
      expect(outcomes).toEqual(licenses.map((license) => fresh.includes(license)));
      await holder.query('ROLLBACK');
    });
    const statements = sent.mock.calls.filter(([{ name }]) => name === 'activations.change-seats');
    sent.mockRestore();
    expect(statements).toHaveLength(1);
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
