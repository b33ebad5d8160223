import type { Activation } from '../activations/index.js';
import { seatLimit, whatCounts, type License } from '../licensing/index.js';
import type { FailureCode, Reason } from './codes.js';
import { inOrder } from './codes.js';
import { isFeatureExpired } from './entitlement.js';
import { deniedBy, type Surroundings } from './restrictions.js';

/** Five minutes: more than clocks that are set by the network differ. */
export const MAX_SKEW_MS = 5 * 60 * 1000;

/** What a program says of itself when it asks whether it may run. */
export interface Question {
  readonly fingerprint?: string | undefined;
  readonly product_id?: string | undefined;
  readonly released_at?: string | undefined;
  readonly features?: readonly string[] | undefined;
  readonly client_time?: string | undefined;
}

/** What there is to judge by. */
export interface Evidence {
  readonly license: License;
  readonly tenantSuspended: boolean;
  /** The latest activation of the device that asks. */
  readonly activation: Activation | undefined;
  readonly usage: ReadonlyMap<string, number>;
  readonly surroundings: Surroundings;
}

/** Every reason why the license may not be used as asked, in the documented order; none when it may. */
export function evaluate(question: Question, evidence: Evidence): Reason[] {
  const { license, tenantSuspended, surroundings } = evidence;
  return inOrder([
    ...when(tenantSuspended, 'TENANT_SUSPENDED', 'The vendor of this license is suspended.'),
    ...ofLicense(license, surroundings.now),
    ...ofProgram(question, license, surroundings.now),
    ...deniedBy(license.restrictions, surroundings),
    ...ofDevice(question, evidence),
    ...ofFeatures(question, evidence),
  ]);
}

function ofLicense(license: License, now: Date): Reason[] {
  const state = license.stateAt(now);
  return [
    ...when(state === 'REVOKED', 'REVOKED', 'The license was revoked.'),
    ...when(state === 'SUSPENDED', 'SUSPENDED', 'The license is suspended.'),
    ...when(state === 'INACTIVE' || state === 'PENDING', 'NOT_ACTIVE', 'The license is not active yet.'),
    // Beside the others too: what is suspended is reinstated in vain when its time is over.
    ...when(license.isOver(now), 'EXPIRED', `The license expired on ${license.expiryAt(now)?.toISOString() ?? ''}.`),
  ];
}

/** What the vendor's program has to do with the license: also asked before a device is given a seat. */
export function ofProgram({ product_id, released_at, client_time }: Question, license: License, now: Date): Reason[] {
  const { productId } = license;
  const maintenanceExpiry = license.maintenanceExpiryAt(now);
  const released = released_at === undefined ? undefined : new Date(released_at);
  const skew = client_time === undefined ? 0 : Math.abs(new Date(client_time).getTime() - now.getTime());
  return [
    ...when(
      product_id !== undefined && product_id !== productId,
      'PRODUCT_MISMATCH',
      'The license is of another product.',
    ),
    ...when(
      released !== undefined && maintenanceExpiry !== null && released > maintenanceExpiry,
      'VERSION_NOT_COVERED',
      `Versions released after ${maintenanceExpiry?.toISOString() ?? ''} are not covered.`,
    ),
    ...when(skew > MAX_SKEW_MS, 'CLOCK_SKEW', `The clock of the device is wrong by ${Math.round(skew / 1000)} s.`),
  ];
}

function ofDevice({ fingerprint }: Question, { license, activation, surroundings }: Evidence): Reason[] {
  const limit = seatLimit(license);
  // Where seats have no limit, and none is lent, a device needs none of its own.
  if (limit === null && license.licenseType !== 'CONCURRENT') return [];
  if (fingerprint === undefined) {
    return [{ code: 'FINGERPRINT_REQUIRED', detail: 'The license counts devices: say which this is.' }];
  }
  const status = activation?.statusAt(surroundings.now);
  if (status === 'ACTIVE') return [];
  const inUse = license.currentActivations;
  const lent = status === 'EXPIRED';
  return [
    ...when(lent, 'HEARTBEAT_EXPIRED', 'The seat of this device has ended, for want of a heartbeat.'),
    ...when(!lent && inUse > 0, 'FINGERPRINT_MISMATCH', 'The license is activated, but on other devices.'),
    ...when(!lent, 'NOT_ACTIVATED', 'The license is not activated on this device.'),
    ...when(
      limit !== null && whatCounts(license) !== 'users' && inUse >= limit && license.evictionPolicy === 'NONE',
      'ACTIVATION_LIMIT_REACHED',
      `Of ${limit ?? 0} seats ${inUse} are in use.`,
    ),
  ];
}

function ofFeatures({ features = [] }: Question, { license, usage, surroundings }: Evidence): Reason[] {
  return features.flatMap((id) => {
    const feature = license.features.find(({ feature_id }) => feature_id === id);
    if (!feature?.enabled) return when(true, 'FEATURE_MISSING', `The license has no feature ${id}.`);
    const used = usage.get(id) ?? 0;
    const { limit_value: limit } = feature;
    return [
      ...when(isFeatureExpired(feature, surroundings.now), 'FEATURE_EXPIRED', `The feature ${id} has expired.`),
      ...when(
        limit !== null && used >= limit,
        'USAGE_EXCEEDED',
        `Of ${limit ?? 0} of the feature ${id}, ${used} are used.`,
      ),
    ];
  });
}

function when(condition: boolean, code: FailureCode, detail: string): Reason[] {
  return condition ? [{ code, detail }] : [];
}
