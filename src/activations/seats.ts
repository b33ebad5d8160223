import { maxActivationsOf } from '../licensing/index.js';
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
