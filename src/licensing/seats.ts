import type { EvictionPolicy, LicenseModel, LicenseType, OveragePolicy } from '../templates/index.js';

/** What of a license decides about seats. */
export interface SeatPolicy {
  readonly licenseType: LicenseType;
  readonly licenseModel: LicenseModel;
  /** Null is unlimited. */
  readonly maxActivations: number | null;
  readonly overagePolicy: OveragePolicy;
  readonly overageFactor: number | null;
  readonly evictionPolicy: EvictionPolicy;
}

/** The activations of a license that are active now, summed up in every way that a license may count them. */
export interface SeatCounts {
  readonly activations: number;
  readonly units: number;
  readonly users: number;
}

export type SeatMetric = keyof SeatCounts;

/** License type decides first, then the model. */
export function seatMetric({
  licenseType,
  licenseModel,
}: Pick<SeatPolicy, 'licenseType' | 'licenseModel'>): SeatMetric {
  if (licenseType === 'CONCURRENT') return 'activations';
  if (licenseType === 'NAMED_USER') return 'users';
  return licenseModel === 'PER_CPU' || licenseModel === 'PER_CORE' ? 'units' : 'activations';
}

export function seatsInUse(terms: Pick<SeatPolicy, 'licenseType' | 'licenseModel'>, tally: SeatCounts): number {
  return tally[seatMetric(terms)];
}

/** How many seats may be in use, overage included; null is unlimited. */
export function seatLimit(terms: SeatPolicy): number | null {
  const max = maxActivationsOf(terms);
  if (max === null || terms.overagePolicy === 'DENY') return max;
  // In hundredths, so that 1.15 times 100 is 115.
  return Math.floor((max * Math.round((terms.overageFactor ?? 1) * 100)) / 100);
}

type CountedTerms = Pick<SeatPolicy, 'licenseType' | 'licenseModel' | 'maxActivations'>;

/** `max_activations` as it holds: null also where the model counts no seats, whatever the template says. */
export function maxActivationsOf(terms: CountedTerms): number | null {
  return hasUnlimitedSeats(terms) ? null : terms.maxActivations;
}

/** A site or an enterprise uses a license as a whole; a lease or a named user is counted even there. */
function hasUnlimitedSeats({ licenseType, licenseModel }: CountedTerms): boolean {
  const byModel = licenseType !== 'CONCURRENT' && licenseType !== 'NAMED_USER';
  return byModel && (licenseModel === 'SITE_LICENSE' || licenseModel === 'ENTERPRISE');
}

/** How long a seat is lent for. */
export interface LeasePolicy {
  readonly licenseType: LicenseType;
  readonly heartbeatIntervalSeconds: number;
  readonly heartbeatGraceSeconds: number;
}

/** `leaseEnd` as SQL over a row of `licenses`. */
export function leaseEndSql(license: string, now: string): string {
  const seconds = `${license}.heartbeat_interval_seconds + ${license}.heartbeat_grace_seconds`;
  return `CASE WHEN ${license}.license_type = 'CONCURRENT' THEN ${now} + make_interval(secs => ${seconds}) END`;
}

/** Until when a device that was heard of now keeps its seat; null: for good. CONCURRENT licenses lend, others give. */
export function leaseEnd(terms: LeasePolicy, now: Date): Date | null {
  if (terms.licenseType !== 'CONCURRENT') return null;
  return new Date(now.getTime() + (terms.heartbeatIntervalSeconds + terms.heartbeatGraceSeconds) * 1000);
}
