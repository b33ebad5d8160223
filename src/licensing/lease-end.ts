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
