import { Injectable } from '@nestjs/common';
import type { Change } from '../shared/persistence/change.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { License } from './license.entity.js';
import { LicenseRepository } from './license.repository.js';
import { leaseEnd, seatsInUse, type SeatCounts } from './seats.js';

const SET_IN_USE = {
  name: 'licenses.set-in-use',
  text: 'UPDATE licenses SET current_activations = $3 WHERE tenant_id = $1 AND license_id = $2',
};
const SET_FILES_UNTIL = {
  name: 'licenses.set-files-until',
  text: 'UPDATE licenses SET files_until = $3 WHERE tenant_id = $1 AND license_id = $2',
};

/**
 * Starts or ends the leases of a license whose type changed. A seat that a license file alone holds ends with the file, whatever the terms;
 * one that a device holds beside its file lasts until then at least.
 */
const CONVERT_LEASES = {
  name: 'licenses.convert-leases',
  text: `UPDATE license_activations SET lease_expires_at = CASE WHEN $4::timestamptz IS NOT NULL THEN greatest($4, lent_until) END
         WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE'
           AND (activation_type <> 'OFFLINE' OR lease_expires_at IS DISTINCT FROM lent_until)
           AND (lease_expires_at > $3) IS NOT FALSE`,
};
const COUNT_SEATS = {
  name: 'licenses.tally',
  text: `SELECT count(*)::int AS activations, coalesce(sum(units), 0)::float8 AS units,
                count(DISTINCT coalesce(user_id, activation_id::text))::int AS users
         FROM license_activations WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE'
           AND (lease_expires_at > $3) IS NOT FALSE`,
};
/** Of licenses with leases that ended unnoticed: what is still active. */
const COUNT_LIVE_SEATS = {
  name: 'licenses.tally-without-ended',
  text: `SELECT license_id, count(*) FILTER (WHERE live)::int AS activations,
                coalesce(sum(units) FILTER (WHERE live), 0)::float8 AS units,
                count(DISTINCT user_id) FILTER (WHERE live)::int AS users
         FROM (SELECT license_id, units, coalesce(user_id, activation_id::text) AS user_id, (lease_expires_at > $3) IS NOT FALSE AS live
               FROM license_activations WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]) AND status = 'ACTIVE') AS item
         GROUP BY license_id HAVING NOT bool_and(live)`,
};

/**
 * The seats of licenses, for the module that hands them out. Whoever takes or gives back a seat holds the lock of its
 * license until the unit of work ends, so that seats are counted and taken as one.
 */
@Injectable()
export class LicenseSeats {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
  ) {}

  acquire(tenantId: string, licenseId: string): Promise<License | null> {
    return this.licenses.findForUpdate(tenantId, licenseId);
  }

  /** To be called under the lock. It is no new version of the license. */
  setSeatsInUse(transaction: Transaction, license: License, inUse: number): void {
    license.currentActivations = inUse;
    transaction.write({ ...SET_IN_USE, values: [transaction.tenantId, license.licenseId, inUse] });
  }

  /** A license file is signed, which is good until then. To be called under the lock. It is no new version of the license. */
  recordFile(transaction: Transaction, license: License, until: Date): Change {
    const change = license.recordFile(until);
    transaction.write({ ...SET_FILES_UNTIL, values: [transaction.tenantId, license.licenseId, license.filesUntil] });
    return change;
  }

  /** After its terms have changed, and with them what is counted and lent. To be called under the lock. */
  async recount(license: License, now: Date): Promise<void> {
    const { tenantId, licenseId } = license;
    await this.unitOfWork.run(tenantId, async (transaction) => {
      const values = [tenantId, licenseId, now];
      const [, [tally]] = await Promise.all([
        transaction.query({ ...CONVERT_LEASES, values: [...values, leaseEnd(license, now)] }),
        transaction.query<SeatCounts>({ ...COUNT_SEATS, values }),
      ]);
      if (tally) this.setSeatsInUse(transaction, license, seatsInUse(license, tally));
    });
  }

  /** A license that was just read, with its seats as they are at this time, also where leases ended since. */
  async countSeats(license: License, now: Date): Promise<License> {
    await this.countSeatsOfAll([license], now);
    return license;
  }

  /** The same for licenses of one tenant. */
  async countSeatsOfAll(licenses: readonly License[], now: Date): Promise<readonly License[]> {
    const inUse = licenses.filter(({ currentActivations }) => currentActivations > 0);
    const [first] = inUse;
    if (!first) return licenses;
    const { tenantId } = first;
    const values = [tenantId, inUse.map(({ licenseId }) => licenseId), now];
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<SeatCounts & { license_id: string }>({ ...COUNT_LIVE_SEATS, values }),
    );
    const tallies = new Map(rows.map((row) => [row.license_id, row]));
    for (const license of inUse) {
      const tally = tallies.get(license.licenseId);
      if (tally) license.currentActivations = seatsInUse(license, tally);
    }
    return licenses;
  }
}
