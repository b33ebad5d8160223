import { Injectable } from '@nestjs/common';
import type { Actor } from '../shared/access/actor.js';
import type { Change } from '../shared/persistence/change.js';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { LicenseStartedEvent } from './events/license-action.events.js';
import { License } from './license.entity.js';
import { LicenseRepository } from './license.repository.js';

const SET_SEATS_IN_USE = {
  name: 'licenses.set-seats-in-use',
  text: 'UPDATE licenses SET current_activations = $3 WHERE tenant_id = $1 AND license_id = $2',
};
const SET_FILES_VALID_UNTIL = {
  name: 'licenses.set-files-valid-until',
  text: 'UPDATE licenses SET files_until = $3 WHERE tenant_id = $1 AND license_id = $2',
};

const SET_BLOCKED_DEVICES = {
  name: 'licenses.set-blocked-devices',
  text: 'UPDATE licenses SET blocked_devices = $3 WHERE tenant_id = $1 AND license_id = $2',
};

const COLUMNS = columnsOf(License).flatMap(({ name }) => (name === 'current_activations' ? [] : name));

/** Returns a condition on rows (tenant_id, license_id, version): the license still has this version, so that its terms are those that were read. */
export function isUnchangedSql(row: string): string {
  return `(SELECT license.version FROM licenses license
    WHERE license.tenant_id = ${row}.tenant_id AND license.license_id = ${row}.license_id) = ${row}.version`;
}

/**
 * Returns a query for those of the rows (tenant_id, license_id, row_version) whose license still has this row version, and locks it. A license
 * that another transaction has locked is left out, because the rows of other licenses must not wait for it.
 */
export function lockUnchangedSql(rows: string): string {
  return `
    SELECT item.* FROM (SELECT * FROM (${rows} OFFSET 0) AS each WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS item
    CROSS JOIN LATERAL (
      SELECT 1 FROM licenses license
      WHERE license.tenant_id = item.tenant_id AND license.license_id = item.license_id AND license.xmin = item.row_version
      FOR NO KEY UPDATE SKIP LOCKED) AS license`;
}

/**
 * Returns a statement that stores the seats of rows (tenant_id, license_id, seats_in_use) whose licenses are locked. ON CONFLICT finds each
 * license by its key as the tenant of its row, whereas UPDATE may scan the table before, as the tenant of another row.
 */
export function setSeatsInUseSql(rows: string): string {
  return `
    INSERT INTO licenses (${COLUMNS.join(', ')}, current_activations)
    SELECT ${COLUMNS.map((name) => `license.${name}`).join(', ')}, item.seats_in_use
    FROM (SELECT * FROM (${rows} OFFSET 0) AS each WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS item
    CROSS JOIN LATERAL (
      SELECT * FROM licenses WHERE licenses.tenant_id = item.tenant_id AND licenses.license_id = item.license_id OFFSET 0) AS license
    ON CONFLICT (tenant_id, license_id) DO UPDATE SET current_activations = EXCLUDED.current_activations
    RETURNING tenant_id, license_id`;
}

/**
 * Locks a license until the unit of work ends, and stores what other modules change under the lock: without it, two requests could take
 * the same seat.
 */
@Injectable()
export class LicenseLock {
  constructor(private readonly licenses: LicenseRepository) {}

  acquire(tenantId: string, licenseId: string): Promise<License | null> {
    return this.licenses.findForUpdate(tenantId, licenseId);
  }

  /**
   * Starts a license that awaits its first activation, with its event, and does nothing with another. Must be called under the lock.
   * Throws LicenseStateError.
   */
  async start(transaction: Transaction, license: License, actor: Actor, now: Date): Promise<void> {
    const change = license.start(now);
    if (!change) return;
    transaction.record(new LicenseStartedEvent(actor, now, license, change));
    await this.licenses.update(license);
  }

  /** Stores the seats in use. Must be called under the lock; the version of the license stays. */
  setSeatsInUse(transaction: Transaction, license: License, inUse: number): void {
    license.currentActivations = inUse;
    transaction.write({ ...SET_SEATS_IN_USE, values: [transaction.tenantId, license.licenseId, inUse] });
  }

  /** Stores the number of blocked devices. Must be called under the lock; the version of the license stays. */
  setBlockedDevices(transaction: Transaction, license: License, blockedDevices: number): void {
    license.blockedDevices = blockedDevices;
    transaction.write({ ...SET_BLOCKED_DEVICES, values: [transaction.tenantId, license.licenseId, blockedDevices] });
  }

  /** Stores the end of a new license file. Must be called under the lock; the version of the license stays. */
  recordFile(transaction: Transaction, license: License, until: Date): Change {
    const change = license.recordFile(until);
    const values = [transaction.tenantId, license.licenseId, license.filesValidUntil];
    transaction.write({ ...SET_FILES_VALID_UNTIL, values });
    return change;
  }
}
