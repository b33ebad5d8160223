import { Injectable } from '@nestjs/common';
import type { Change } from '../shared/persistence/change.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import type { License } from './license.entity.js';
import { LicenseRepository } from './license.repository.js';

const SET_SEATS_IN_USE = {
  name: 'licenses.set-seats-in-use',
  text: 'UPDATE licenses SET current_activations = $3 WHERE tenant_id = $1 AND license_id = $2',
};
const SET_FILES_VALID_UNTIL = {
  name: 'licenses.set-files-valid-until',
  text: 'UPDATE licenses SET files_until = $3 WHERE tenant_id = $1 AND license_id = $2',
};

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

  /** Stores the seats in use. Must be called under the lock; the version of the license stays. */
  setSeatsInUse(transaction: Transaction, license: License, inUse: number): void {
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
