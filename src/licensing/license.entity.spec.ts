import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { addDays } from './calendar.js';
import { License } from './license.entity.js';
import { LICENSE_ACTIONS, LICENSE_STATES, type LicenseAction, type LicenseState } from './license-status.js';

const NOW = new Date('2026-06-15T12:00:00.000Z');

/** Returns a license that is in this state. No action leads to INACTIVE; a PENDING one awaits its first activation. */
function licenseIn(state: LicenseState): License {
  const expired = state === 'EXPIRED' || state === 'IN_GRACE';
  return Object.assign(new License(), {
    licenseId: 'l-1',
    status: expired || state === 'PENDING' ? 'ACTIVE' : state,
    awaitedStart: state === 'PENDING' ? {} : null,
    expiryDate: expired ? addDays(NOW, -3) : addDays(NOW, 100),
    gracePeriodDays: state === 'EXPIRED' ? 2 : 30,
    trial: false,
  });
}

/** First table of docs/license-lifecycle.md. A cell is the stored status after the action, or a dash. */
const TABLE: Record<string, Record<string, string>> = (() => {
  const lines = readFileSync('docs/license-lifecycle.md', 'utf8').split('\n');
  const from = lines.findIndex((line) => line.startsWith('| action '));
  const table = lines.slice(from, lines.indexOf('', from)).map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
  const [[, ...states] = [], , ...rows] = table;
  const cells = (next: readonly string[]) => Object.fromEntries(states.map((state, at) => [state, next[at] ?? '']));
  return Object.fromEntries(rows.map(([action = '', ...next]) => [action, cells(next)]));
})();

describe('the transitions of a license', () => {
  it('are documented for every action and every state', () => {
    expect(Object.keys(TABLE).sort()).toEqual([...LICENSE_ACTIONS].sort());
    for (const row of Object.values(TABLE)) {
      expect(Object.keys(row).sort()).toEqual([...LICENSE_STATES].sort());
      expect(Object.values(row)).not.toContain('');
    }
  });

  it.each(LICENSE_STATES)('start from a license that really reads as %s', (state) => {
    expect(licenseIn(state).stateAt(NOW)).toBe(state);
  });

  it.each(
    LICENSE_ACTIONS.flatMap((action) => LICENSE_STATES.map((state) => [action, state, TABLE[action]?.[state] ?? ''])),
  )('%s in %s, as documented: %s', (action, state, next) => {
    const license = licenseIn(state as LicenseState);
    const after = () => license.assertCan(action as LicenseAction, NOW);
    if (next !== '-') expect(after()).toBe(next);
    else {
      expect(after).toThrow(`Action "${action}" is not allowed while the license l-1 is ${state}.`);
      expect(after).toThrow(expect.objectContaining({ status: 409, options: { errorCode: 'LICENSE_STATE' } }));
    }
  });
});

describe('the status of a license', () => {
  const license = (fields: Partial<License>) =>
    Object.assign(new License(), { status: 'ACTIVE', expiryDate: NOW, gracePeriodDays: 10, trial: false }, fields);
  const at = (days: number, offsetMs = 0) => new Date(addDays(NOW, days).getTime() + offsetMs);
  const read = (item: License, now: Date) => [item.statusAt(now), item.isInGrace(now)];

  it('is EXPIRED from the very millisecond of the expiry, in grace until the very millisecond of its end', () => {
    const item = license({});
    expect(read(item, at(0, -1))).toEqual(['ACTIVE', false]);
    expect(read(item, at(0))).toEqual(['EXPIRED', true]);
    expect(read(item, at(10, -1))).toEqual(['EXPIRED', true]);
    expect(read(item, at(10))).toEqual(['EXPIRED', false]);
    expect(item.graceEndsAt(NOW)).toEqual(at(10));
  });

  it('has no grace where the terms give none, nor in a trial', () => {
    expect(read(license({ gracePeriodDays: 0 }), at(0))).toEqual(['EXPIRED', false]);
    expect(read(license({ trial: true }), at(0))).toEqual(['EXPIRED', false]);
  });

  it('stays ACTIVE for ever without an expiry', () => {
    const item = license({ expiryDate: null });
    expect(read(item, at(36_500))).toEqual(['ACTIVE', false]);
    expect(item.graceEndsAt(NOW)).toBeNull();
  });

  describe('that renews itself', () => {
    const renewing = (fields: Partial<License> = {}) =>
      license({ autoRenewalEnabled: true, defaultDuration: 100, maintenanceExpiry: NOW, ...fields });

    it('is ACTIVE for ever, from an hour before each expiry until the next one, though nobody writes it down', () => {
      const item = renewing();
      const HOUR_MS = 3_600_000;
      expect(item.expiryAt(at(0, -HOUR_MS - 1))).toEqual(NOW);
      expect(item.expiryAt(at(0, -HOUR_MS))).toEqual(at(100));
      expect(item.expiryAt(at(100, -HOUR_MS))).toEqual(at(200));
      expect(read(item, at(350))).toEqual(['ACTIVE', false]);
      expect([item.expiryAt(at(350)), item.maintenanceExpiryAt(at(350))]).toEqual([at(400), at(400)]);
      expect([item.graceEndsAt(at(350)), item.isPastGrace(at(350))]).toEqual([at(410), false]);
      expect(item.expiryDate).toEqual(NOW);
    });

    it('does not while it is suspended, but would be ACTIVE again by a reinstatement', () => {
      const item = renewing({ status: 'SUSPENDED' });
      expect([item.expiryAt(at(50)), item.isPastGrace(at(50))]).toEqual([NOW, false]);
      item.status = 'ACTIVE';
      expect(read(item, at(50))).toEqual(['ACTIVE', false]);
    });

    it('never does again once it is revoked, nor as a trial or without a term', () => {
      expect(renewing({ status: 'REVOKED' }).isPastGrace(at(50))).toBe(true);
      expect(read(renewing({ trial: true }), at(1))).toEqual(['EXPIRED', false]);
      expect(read(renewing({ defaultDuration: null }), at(1))).toEqual(['EXPIRED', true]);
    });

    it('ends with the last year that can be written', () => {
      const item = renewing({ expiryDate: new Date('9999-06-01T00:00:00.000Z') });
      const end = new Date('9999-12-31T23:59:59.999Z');
      expect(item.expiryAt(end)).toEqual(new Date('9999-12-18T00:00:00.000Z'));
      expect(item.statusAt(end)).toBe('EXPIRED');
    });
  });

  it.each(['SUSPENDED', 'REVOKED'] as const)('stays %s past the expiry, without grace', (status) => {
    expect(read(license({ status }), at(5))).toEqual([status, false]);
  });
});
