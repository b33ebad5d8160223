import { maxActivationsOf, type License } from '../licensing/index.js';
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

/** Returns the SQL form of `seatMetric` over a row of `licenses`, as one of three SQL expressions. */
export function bySeatMetricSql(license: string, counts: Readonly<Record<SeatMetric, string>>): string {
  return `CASE WHEN ${license}.license_type = 'CONCURRENT' THEN ${counts.activations}
               WHEN ${license}.license_type = 'NAMED_USER' THEN ${counts.users}
               WHEN ${license}.license_model IN ('PER_CPU', 'PER_CORE') THEN ${counts.units}
               ELSE ${counts.activations} END`;
}

/** Tells whether seats end by themselves: leased ones do, and those that a license file holds. Else the stored count is exact. */
export function hasEndingSeats({ licenseType, filesValidUntil }: Pick<License, 'licenseType' | 'filesValidUntil'>) {
  return licenseType === 'CONCURRENT' || filesValidUntil !== null;
}

/** Tells whether the stored count tells all about the seats: devices are counted, and none of their seats ends by itself. */
export function isCountExact(license: Pick<License, 'licenseType' | 'licenseModel' | 'filesValidUntil'>): boolean {
  return !hasEndingSeats(license) && seatMetric(license) === 'activations';
}

/** Returns the SQL form of `hasEndingSeats` over a row of `licenses`. */
export function hasEndingSeatsSql(license: string): string {
  return `(${license}.license_type = 'CONCURRENT' OR ${license}.files_until IS NOT NULL)`;
}

/** Returns the number of seats that may be in use, overage included; null: unlimited. */
export function seatLimit(terms: SeatPolicy): number | null {
  const max = maxActivationsOf(terms);
  if (max === null || terms.overagePolicy === 'DENY') return max;
  // Integer hundredths, because in floating point 1.15 times 100 is below 115.
  return Math.floor((max * Math.round((terms.overageFactor ?? 1) * 100)) / 100);
}
