import { Injectable } from '@nestjs/common';
import { isDivisionByZero } from '../database/sql-errors.js';
import type { Change } from '../shared/persistence/change.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import type { License } from './license.entity.js';
import { LicenseRepository } from './license.repository.js';

const SET_SEATS_IN_USE = {
  name: 'licenses.set-seats-in-use',
  text: 'UPDATE licenses SET current_activations = $3 WHERE tenant_id = $1 AND license_id = $2',
};
/** Fails the transaction with a division by zero if the row has changed, so that statements sent behind it have no effect either. */
const SET_SEATS_IN_USE_IF_UNCHANGED = {
  name: 'licenses.set-seats-in-use-if-unchanged',
  text: `WITH changed AS (
           UPDATE licenses SET current_activations = $3 WHERE tenant_id = $1 AND license_id = $2 AND xmin = $4::xid RETURNING 1)
         SELECT 1 / count(*)::int FROM changed`,
};
const SET_FILES_VALID_UNTIL = {
  name: 'licenses.set-files-valid-until',
  text: 'UPDATE licenses SET files_until = $3 WHERE tenant_id = $1 AND license_id = $2',
};

/** The license was changed after it was read without a lock. Nothing was written. */
export class LicenseChangedError extends Error {}

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
   * Stores the seats in use; the version of the license stays. Must be called under the lock, or with a license that has a row version:
   * then the unit of work fails with LicenseChangedError if the row is no longer that one.
   */
  setSeatsInUse(transaction: Transaction, license: License, inUse: number): void {
    if (license.rowVersion !== undefined) {
      const values = [transaction.tenantId, license.licenseId, inUse, license.rowVersion];
      transaction.write({ ...SET_SEATS_IN_USE_IF_UNCHANGED, values }, (error) =>
        isDivisionByZero(error) ? new LicenseChangedError() : error,
      );
      return;
    }
    license.currentActivations = inUse;
    transaction.write({ ...SET_SEATS_IN_USE, values: [transaction.tenantId, license.licenseId, inUse] });
  }

  /** Stores the end of a new license file. Must be called under the lock; the version of the license stays. */
  recordFile(transaction: Transaction, license: License, until: Date): Change {
    const change = license.recordFile(until);
    const values = [transaction.tenantId, license.licenseId, license.filesValidUntil];
    transaction.write({ ...SET_FILES_VALID_UNTIL, values });
    return change;
  }
}
