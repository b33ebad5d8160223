import type { License } from './license.entity.js';

/** Terms that decide how seats are counted. */
export type CountedTerms = Pick<License, 'licenseType' | 'licenseModel'>;

/** Counts the seats of licenses. Licensing declares this for its actions and queries; the module that stores activations implements it. */
export abstract class SeatCounter {
  /**
   * Converts leases and counts the seats again after the terms changed, and records leases that had ended by the terms before. Must be called
   * under the lock of the license.
   */
  abstract recount(license: License, before: CountedTerms, now: Date): Promise<void>;

  /**
   * Returns an SQL expression for the seats in use at the time `now`, for statements that read the row `license` of `licenses`. Leases may
   * have ended since `current_activations` was stored.
   */
  abstract seatsInUseSql(license: string, now: string): string;

  /** Updates the seats in use of a license that was read, because leases may have ended since they were stored. */
  abstract countSeats(license: License, now: Date): Promise<License>;

  /** Returns an SQL query for the ids of the licenses on which a device is or was active. The parameters are SQL expressions. */
  abstract licensesOfDeviceSql(tenantId: string, fingerprint: string): string;
}
