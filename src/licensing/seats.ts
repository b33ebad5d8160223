import type { EvictionPolicy, LicenseModel, LicenseType, OveragePolicy } from '../templates/index.js';

/** Terms of a license that decide on its seats. */
export interface SeatPolicy {
  readonly licenseType: LicenseType;
  readonly licenseModel: LicenseModel;
  /** Null: unlimited. */
  readonly maxActivations: number | null;
  readonly overagePolicy: OveragePolicy;
  readonly overageFactor: number | null;
  readonly evictionPolicy: EvictionPolicy;
}

/** Active activations of a license, counted in each seat metric. */
export interface SeatCounts {
  readonly activations: number;
  readonly units: number;
  readonly users: number;
}

export type SeatMetric = keyof SeatCounts;

/** Returns the seat metric. The license type decides first, then the model. */
export function seatMetric({
  licenseType,
  licenseModel,
}: Pick<SeatPolicy, 'licenseType' | 'licenseModel'>): SeatMetric {
  if (licenseType === 'CONCURRENT') return 'activations';
  if (licenseType === 'NAMED_USER') return 'users';
  return licenseModel === 'PER_CPU' || licenseModel === 'PER_CORE' ? 'units' : 'activations';
}

export function seatsInUse(terms: Pick<SeatPolicy, 'licenseType' | 'licenseModel'>, counts: SeatCounts): number {
  return counts[seatMetric(terms)];
}

/** Returns the number of seats that may be in use, overage included; null: unlimited. */
export function seatLimit(terms: SeatPolicy): number | null {
  const max = maxActivationsOf(terms);
  if (max === null || terms.overagePolicy === 'DENY') return max;
  // Integer hundredths, because in floating point 1.15 times 100 is below 115.
  return Math.floor((max * Math.round((terms.overageFactor ?? 1) * 100)) / 100);
}

type CountedTerms = Pick<SeatPolicy, 'licenseType' | 'licenseModel' | 'maxActivations'>;

/** Returns the effective `max_activations`: null if the model counts no seats, whatever the template says. */
export function maxActivationsOf(terms: CountedTerms): number | null {
  return hasUnlimitedSeats(terms) ? null : terms.maxActivations;
}

/** SITE_LICENSE and ENTERPRISE have no seat limit, except that leases and named users are always counted. */
function hasUnlimitedSeats({ licenseType, licenseModel }: CountedTerms): boolean {
  const modelDecides = licenseType !== 'CONCURRENT' && licenseType !== 'NAMED_USER';
  return modelDecides && (licenseModel === 'SITE_LICENSE' || licenseModel === 'ENTERPRISE');
}

/** Terms of a license that decide on its leases. */
export interface LeasePolicy {
  readonly licenseType: LicenseType;
  readonly heartbeatIntervalSeconds: number;
  readonly heartbeatGraceSeconds: number;
}

/** Returns `leaseEnd` as SQL over a row of `licenses`. */
export function leaseEndSql(license: string, now: string): string {
  const seconds = `${license}.heartbeat_interval_seconds + ${license}.heartbeat_grace_seconds`;
  return `CASE WHEN ${license}.license_type = 'CONCURRENT' THEN ${now} + make_interval(secs => ${seconds}) END`;
}

/** Returns the end of a lease that starts or is extended now; null: no lease, because only CONCURRENT licenses lease seats. */
export function leaseEnd(terms: LeasePolicy, now: Date): Date | null {
  if (terms.licenseType !== 'CONCURRENT') return null;
  return new Date(now.getTime() + (terms.heartbeatIntervalSeconds + terms.heartbeatGraceSeconds) * 1000);
}
