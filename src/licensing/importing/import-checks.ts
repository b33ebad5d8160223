import { InvalidFieldError } from '../../shared/errors.js';
import { normaliseForeignKey } from '../../shared/foreign-keys.js';
import type { ImportSettings } from '../../shared/persistence/tenant-lock.js';
import { MIN_KEY_LENGTH, SHORT_KEY_LENGTH, type ImportLine } from './import-line.requests.js';

/** Throws InvalidFieldError unless the license key, as the tenant compares it, has enough characters and is not of spaces alone. */
export function assertKeyAllowed(
  { license_key: licenseKey }: ImportLine,
  { allowShortKeys, foreignKeyNormalisation }: ImportSettings,
): void {
  if (licenseKey === undefined) return;
  const normalised = normaliseForeignKey(licenseKey, foreignKeyNormalisation);
  if (!/\S/u.test(normalised)) throw new InvalidFieldError('/license_key', 'must have a character that is not a space');
  const least = allowShortKeys ? MIN_KEY_LENGTH : SHORT_KEY_LENGTH;
  if (Array.from(normalised).length < least)
    throw new InvalidFieldError(
      '/license_key',
      `must have at least ${least} characters${allowShortKeys ? '' : ', or the setting allow_short_keys must be on'}`,
    );
}

/** Throws InvalidFieldError for times after `now`. */
export function assertPast({ issued_date, devices }: ImportLine, now: Date): void {
  if (issued_date !== undefined && new Date(issued_date) > now)
    throw new InvalidFieldError('/issued_date', 'must not be in the future');
  devices.forEach(({ activated_at, last_seen_at }, at) => {
    for (const [name, time] of Object.entries({ activated_at, last_seen_at }))
      if (time !== undefined && new Date(time) > now)
        throw new InvalidFieldError(`/devices/${at}/${name}`, 'must not be in the future');
  });
}

/** Throws InvalidFieldError unless the devices differ and are at most `limit`; null: any number. */
export function assertDevicesFit({ devices }: ImportLine, limit: number | null): void {
  if (new Set(devices.map(({ fingerprint }) => fingerprint)).size < devices.length)
    throw new InvalidFieldError('/devices', 'must have different fingerprints');
  if (limit !== null && devices.length > limit)
    throw new InvalidFieldError('/devices', `must be at most ${limit}: the license has no more seats`);
}
