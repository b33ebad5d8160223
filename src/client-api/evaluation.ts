import {
  describeRelease,
  describeSeatsInUse,
  nextActionOf,
  type Activation,
  type SeatRelease,
} from '../activations/index.js';
import { maxActivationsOf, seatLimit, seatMetric, type License } from '../licensing/index.js';
import type { FailureCode, ValidationReason } from './validation-codes.js';
import { byPrecedence } from './validation-codes.js';
import { isFeatureExpired, periodEnd } from './entitlement.js';
import { violations, type EvaluationContext } from './restrictions.js';

/** Five minutes: more than clocks that are set by the network differ. */
export const MAX_SKEW_MS = 5 * 60 * 1000;

/** What a program says of itself when it asks whether it may run. */
export interface EvaluationRequest {
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
  /** How the device gets a seat, where it has none and all are taken. Undefined also where that is not known any more. */
  readonly release?: SeatRelease | undefined;
  readonly usage: ReadonlyMap<string, number>;
  readonly surroundings: EvaluationContext;
}

/** Every reason why the license may not be used as asked, in the documented order; none when it may. */
export function evaluate(question: EvaluationRequest, evidence: Evidence): ValidationReason[] {
  const { license, tenantSuspended, surroundings } = evidence;
  return byPrecedence([
    ...failIf(tenantSuspended, 'TENANT_SUSPENDED', 'The vendor of this license is suspended.'),
    ...licenseFailures(license, surroundings.now),
    ...programFailures(question, license, surroundings.now),
    ...violations(license.restrictions, surroundings),
    ...deviceFailures(question, evidence),
    ...featureFailures(question, evidence),
  ]);
}

function licenseFailures(license: License, now: Date): ValidationReason[] {
  const state = license.stateAt(now);
  return [
    ...failIf(state === 'REVOKED', 'REVOKED', 'The license was revoked.'),
    ...failIf(state === 'SUSPENDED', 'SUSPENDED', 'The license is suspended.'),
    ...failIf(state === 'INACTIVE' || state === 'PENDING', 'NOT_ACTIVE', 'The license is not active yet.'),
    // Beside the others too: what is suspended is reinstated in vain when its time is over.
    ...failIf(
      license.isPastGrace(now),
      'EXPIRED',
      `The license expired on ${license.expiryAt(now)?.toISOString() ?? ''}.`,
    ),
  ];
}

/** What the vendor's program has to do with the license: also asked before a device is given a seat. */
export function programFailures(
  { product_id, released_at, client_time }: EvaluationRequest,
  license: License,
  now: Date,
): ValidationReason[] {
  const { productId } = license;
  const maintenanceExpiry = license.maintenanceExpiryAt(now);
  const released = released_at === undefined ? undefined : new Date(released_at);
  const skew = client_time === undefined ? 0 : Math.abs(new Date(client_time).getTime() - now.getTime());
  return [
    ...failIf(
      product_id !== undefined && product_id !== productId,
      'PRODUCT_MISMATCH',
      'The license belongs to another product.',
    ),
    ...failIf(
      released !== undefined && maintenanceExpiry !== null && released > maintenanceExpiry,
      'VERSION_NOT_COVERED',
      `Versions released after ${maintenanceExpiry?.toISOString() ?? ''} are not covered.`,
    ),
    ...failIf(skew > MAX_SKEW_MS, 'CLOCK_SKEW', `The device clock differs by ${Math.round(skew / 1000)} s.`),
  ];
}

/**
 * Seats that must be freed before the device can be activated; 0 where it has one or can have one now. Seats of users are not
 * counted: the user is named when a device is activated. Nor are those that an activation takes from the oldest device.
 */
export function missingSeats(
  { fingerprint }: EvaluationRequest,
  { license, activation, surroundings }: Evidence,
): number {
  const limit = seatLimit(license);
  const counts = seatMetric(license);
  if (fingerprint === undefined || limit === null || counts === 'users' || license.evictionPolicy !== 'NONE') return 0;
  if (activation?.statusAt(surroundings.now) === 'ACTIVE') return 0;
  const wants = counts === 'units' ? (activation?.units ?? 1) : 1;
  return Math.max(0, license.currentActivations + wants - limit);
}

function deviceFailures(question: EvaluationRequest, evidence: Evidence): ValidationReason[] {
  const { license, activation, surroundings } = evidence;
  const status = activation?.statusAt(surroundings.now);
  const needsSeat = seatLimit(license) !== null || license.licenseType === 'CONCURRENT';
  // Without a limit a device needs no seat of its own, but one that was deactivated stays so until it is activated again.
  if (status === 'ACTIVE' || (!needsSeat && status !== 'DEACTIVATED')) return [];
  if (question.fingerprint === undefined) {
    return [{ code: 'FINGERPRINT_REQUIRED', detail: '`fingerprint` is required for this license.' }];
  }
  const elsewhere = activation === undefined && license.currentActivations > 0;
  return [
    ...ofShortage(question, evidence),
    status === 'EXPIRED'
      ? { code: 'HEARTBEAT_EXPIRED', detail: 'The seat expired because no heartbeat arrived in time.' }
      : { code: 'NOT_ACTIVATED', detail: notActivated(activation) },
    ...failIf(elsewhere, 'FINGERPRINT_MISMATCH', 'The license is activated, but on other devices.'),
  ];
}

function notActivated(activation: Activation | undefined): string {
  if (!activation?.endedAt) return 'The license is not activated on this device.';
  return `The device was deactivated on ${activation.endedAt.toISOString()}.`;
}

function ofShortage(question: EvaluationRequest, evidence: Evidence): ValidationReason[] {
  if (missingSeats(question, evidence) === 0) return [];
  const { license, release } = evidence;
  const limit = seatLimit(license) ?? 0;
  const max = maxActivationsOf(license) ?? limit;
  const seats = describeSeatsInUse({ inUse: license.currentActivations, max, limit });
  const reason = { code: 'ACTIVATION_LIMIT_REACHED' as const, detail: `Seat limit reached: ${seats}` };
  if (!release) return [reason];
  const detail = `${reason.detail} ${describeRelease(release)}`;
  return [{ ...reason, detail, ...release, nextAction: nextActionOf(release) }];
}

function featureFailures(
  { features = [] }: EvaluationRequest,
  { license, usage, surroundings }: Evidence,
): ValidationReason[] {
  return features.flatMap((id) => {
    const feature = license.features.find(({ feature_id }) => feature_id === id);
    if (!feature?.enabled) return failIf(true, 'FEATURE_MISSING', `The license has no feature ${id}.`);
    const used = usage.get(id) ?? 0;
    const { limit_value: limit } = feature;
    const exceeded = limit !== null && used >= limit;
    const resetsAt = periodEnd(feature, surroundings.now);
    const detail = `Usage limit of ${id} reached: ${used} of ${limit ?? 0} used.`;
    const reset = resetsAt && { nextAction: 'retry' as const, retryAt: resetsAt };
    return [
      ...failIf(isFeatureExpired(feature, surroundings.now), 'FEATURE_EXPIRED', `The feature ${id} has expired.`),
      ...(exceeded ? [{ code: 'USAGE_EXCEEDED' as const, detail, ...reset }] : []),
    ];
  });
}

function failIf(condition: boolean, code: FailureCode, detail: string): ValidationReason[] {
  return condition ? [{ code, detail }] : [];
}
