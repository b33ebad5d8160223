import type { License } from './license.entity.js';

type LeasePolicy = Pick<License, 'licenseType' | 'heartbeatIntervalSeconds' | 'heartbeatGraceSeconds'>;

/** Returns the end of a lease that starts or is extended now; null: no lease, because only CONCURRENT licenses lease seats. */
export function leaseEnd(license: LeasePolicy, now: Date): Date | null {
  if (license.licenseType !== 'CONCURRENT') return null;
  return new Date(now.getTime() + (license.heartbeatIntervalSeconds + license.heartbeatGraceSeconds) * 1000);
}

/** Returns a query for the `leaseEnd` of a stored license, in the column `lease_end`. The parameters are SQL expressions. */
export function leaseEndSql(tenantId: string, licenseId: string, now: string): string {
  return `SELECT CASE WHEN license_type = 'CONCURRENT'
            THEN ${now} + make_interval(secs => heartbeat_interval_seconds + heartbeat_grace_seconds) END AS lease_end
          FROM licenses WHERE tenant_id = ${tenantId} AND license_id = ${licenseId}`;
}

/**
 * Returns a query for the ids of licenses that lease seats and have some in use, after one, in their order. The parameters are SQL expressions.
 * An index of these licenses serves it.
 */
export function leasingLicensesSql(tenantId: string, after: string, limit: string): string {
  return `SELECT license_id FROM licenses
          WHERE tenant_id = ${tenantId} AND license_type = 'CONCURRENT' AND license_id > ${after} AND current_activations > 0
          ORDER BY license_id LIMIT ${limit}`;
}
