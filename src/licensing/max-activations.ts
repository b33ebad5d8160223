import type { License } from './license.entity.js';

type MaxActivationsPolicy = Pick<License, 'licenseType' | 'licenseModel' | 'maxActivations'>;

/** Returns the effective `max_activations`: null if the model counts no seats, whatever the template says. */
export function maxActivationsOf(license: MaxActivationsPolicy): number | null {
  return hasUnlimitedSeats(license) ? null : license.maxActivations;
}

/** Tells whether the first usage starts the license: no device takes a seat of it, so that no activation might ever come. */
export function startsWithUse(license: MaxActivationsPolicy & Pick<License, 'awaitedStart'>): boolean {
  return license.awaitedStart !== null && license.licenseType !== 'CONCURRENT' && maxActivationsOf(license) === null;
}

/** SITE_LICENSE and ENTERPRISE have no seat limit, except that leases and named users are always counted. */
function hasUnlimitedSeats({ licenseType, licenseModel }: MaxActivationsPolicy): boolean {
  const modelDecides = licenseType !== 'CONCURRENT' && licenseType !== 'NAMED_USER';
  return modelDecides && (licenseModel === 'SITE_LICENSE' || licenseModel === 'ENTERPRISE');
}
