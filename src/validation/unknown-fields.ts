import { seatMetric, type ActivationAsOf } from '../activations/index.js';
import type { LicenseAsOf } from '../licensing/index.js';

/** Fields of a past result that cannot be reconstructed. */
export interface UnknownFields {
  /** JSON pointers into the response. */
  readonly fields: readonly string[];
  readonly detail: string;
  /** Whether the fields could add a reason or remove one. */
  readonly affectsVerdict: boolean;
}

/** License fields that appear in the response but do not affect the verdict. */
const NOT_EVALUATED = [
  'file_ttl_max_seconds',
  'overrides',
  'deactivations_per_period',
  'self_service_replacement',
  'issued_to',
  'product_name',
  'metadata',
  'pricing',
  'template_id',
  'template_version',
  'anchor_day',
  'subscription_id',
  'held_by_subscription',
  'customer_id',
];
const DEVICE_REPORTED = ['activation_type', 'name', 'hostname', 'platform', 'version', 'ip_address', 'metadata'];
const PERSONAL_FIELDS = ['user_id', 'name', 'hostname', 'ip_address', 'metadata'];
const TIME_FIELDS = ['last_seen_at', 'lease_expires_at', 'lent_until'];

/** Reports terms that contradict each other. */
export function inconsistentTerms(names: readonly string[]): UnknownFields[] {
  return unknownIf(
    names.length > 0,
    ['/license'],
    `The event log and the license disagree on ${names.join(', ')}, reconstructed as far as the log allows.`,
    names.some((name) => !NOT_EVALUATED.includes(name)),
  );
}

/** Reports the personal data of an erased customer, the holder then or since. */
export function erasedCustomer(
  { license }: LicenseAsOf,
  device: ActivationAsOf | undefined,
  users: boolean,
  fingerprint: string | undefined,
): UnknownFields[] {
  // Fingerprints are erased too: a device that is not found may have had a seat.
  const isLost = !device && fingerprint !== undefined;
  const personal = device ? PERSONAL_FIELDS.map((name) => `/activation/${name}`) : isLost ? ['/activation'] : [];
  const counts = users && seatMetric(license) === 'users' ? ['/license/current_activations'] : [];
  const lost = isLost ? ' Whether the device had a seat is unknown.' : '';
  const detail = `The license holder's personal data has been erased.${lost}`;
  return [{ fields: ['/license/issued_to', ...personal, ...counts], detail, affectsVerdict: isLost }];
}

/** Reports device data and times that later requests have overwritten. */
export function overwrittenDevice(device: ActivationAsOf | undefined, converted: boolean): UnknownFields[] {
  const since = device?.overwritten === true;
  const fields = since ? [...DEVICE_REPORTED, ...TIME_FIELDS] : device && converted ? ['lease_expires_at'] : [];
  return unknownIf(
    fields.length > 0,
    fields.map((name) => `/activation/${name}`),
    since
      ? 'A later request of the device has overwritten its data and times.'
      : 'The license was later given the terms of another template, which changed the end of the lease.',
    false,
  );
}

/** Reports usage that changed later in the same period; `index` is that of the feature in the response. */
export function changedUsage(featureId: string, index: number, requested: boolean): UnknownFields {
  const possible = requested ? ' USAGE_EXCEEDED may have been among the reasons.' : '';
  return {
    fields: [`/entitlements/${index}/used`, `/entitlements/${index}/remaining`],
    detail: `The usage of ${featureId} at that time is unknown, because it changed later in the same period.${possible}`,
    affectsVerdict: requested,
  };
}

function unknownIf(
  condition: boolean,
  fields: readonly string[],
  detail: string,
  affectsVerdict: boolean,
): UnknownFields[] {
  return condition ? [{ fields, detail, affectsVerdict }] : [];
}
