import { Injectable } from '@nestjs/common';
import { leaseEnd, LicenseLock, SeatCounter, type CountedTerms, type License } from '../licensing/index.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { DatabaseClock } from '../shared/time/database-clock.js';
import { ENDED_LEASE_COLUMNS, type EndedLease } from './ended-leases.js';
import { LeaseEndRecorder } from './lease-end-recorder.js';
import { bySeatMetricSql, hasEndingSeats, hasEndingSeatsSql, seatsInUse, type SeatCounts } from './seats.js';

/**
 * Starts or ends leases when the license type changes. A seat that only a license file holds ends with that file; a seat of a device that
 * also has a license file is kept at least until the file expires. Leases that have ended are stored as EXPIRED: a heartbeat of a moment
 * before would else extend, by the new terms, a seat that is not counted.
 */
const CONVERT_LEASES = {
  name: 'activations.convert-leases',
  text: `WITH converted AS (
         UPDATE license_activations SET
           status = CASE WHEN lease_expires_at <= $3 THEN 'EXPIRED' ELSE status END,
           ended_at = CASE WHEN lease_expires_at <= $3 THEN lease_expires_at END,
           lease_expires_at = CASE WHEN lease_expires_at <= $3 THEN lease_expires_at
                                   WHEN $4::timestamptz IS NOT NULL THEN greatest($4, lent_until) END
         WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE'
           AND (lease_expires_at <= $3 OR activation_type <> 'OFFLINE' OR lease_expires_at IS DISTINCT FROM lent_until)
         RETURNING *)
         SELECT ${ENDED_LEASE_COLUMNS} FROM converted WHERE status = 'EXPIRED'`,
};
const COUNT_SEATS = {
  name: 'activations.count-seats',
  text: `SELECT count(*)::int AS activations, coalesce(sum(units), 0)::float8 AS units,
                count(DISTINCT coalesce(user_id, activation_id::text))::int AS users
         FROM license_activations WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE'
           AND (lease_expires_at > $3) IS NOT FALSE`,
};

@Injectable()
export class ActivationSeatCounter extends SeatCounter {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenseLock: LicenseLock,
    private readonly leaseEnds: LeaseEndRecorder,
    private readonly databaseClock: DatabaseClock,
  ) {
    super();
  }

  async recount(license: License, before: CountedTerms, now: Date): Promise<void> {
    const { tenantId, licenseId } = license;
    await this.unitOfWork.run(tenantId, async (transaction) => {
      const values = [tenantId, licenseId, this.databaseClock.settled(now), leaseEnd(license, now)];
      const [ended, left] = await Promise.all([
        transaction.query<EndedLease>({ ...CONVERT_LEASES, values }),
        this.leaseEnds.countLeft(transaction, licenseId, before),
      ]);
      this.leaseEnds.record(transaction, license, ended, { left, now, terms: before });
      this.licenseLock.setSeatsInUse(transaction, license, seatsInUse(license, left));
    });
  }

  seatsInUseSql(license: string, now: string): string {
    const live = bySeatMetricSql(license, {
      activations: 'count(*) FILTER (WHERE live)',
      units: 'coalesce(sum(units) FILTER (WHERE live), 0)',
      users: 'count(DISTINCT user_id) FILTER (WHERE live)',
    });
    return `coalesce(CASE WHEN ${license}.current_activations > 0 AND ${hasEndingSeatsSql(license)} THEN (
      SELECT ${live}
      FROM (SELECT units, coalesce(user_id, activation_id::text) AS user_id, (lease_expires_at > ${now}) IS NOT FALSE AS live
            FROM license_activations
            WHERE tenant_id = ${license}.tenant_id AND license_id = ${license}.license_id AND status = 'ACTIVE') AS seat
      HAVING NOT bool_and(live)) END, ${license}.current_activations)`;
  }

  licensesOfDeviceSql(tenantId: string, fingerprint: string): string {
    return `SELECT device.license_id FROM license_activations device
            WHERE device.tenant_id = ${tenantId} AND device.fingerprint = ${fingerprint}`;
  }

  async countSeats(license: License, now: Date): Promise<License> {
    if (license.currentActivations === 0 || !hasEndingSeats(license)) return license;
    const { tenantId, licenseId } = license;
    const [counts] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<SeatCounts>({ ...COUNT_SEATS, values: [tenantId, licenseId, now] }),
    );
    if (counts) license.currentActivations = seatsInUse(license, counts);
    return license;
  }
}
