import {
  describeRelease,
  describeSeatsInUse,
  nextFactsOf,
  seatLimit,
  seatMetric,
  type Activation,
  type SeatRelease,
} from '../activations/index.js';
import { maxActivationsOf, type License } from '../licensing/index.js';
import { isFeatureExpired, periodEnd } from '../usage/index.js';
import type { FailureCode, ValidationReason } from './validation-codes.js';
import { byPrecedence } from './validation-codes.js';
import { violations, type DeclaredEnvironment, type EvaluationContext } from './restrictions.js';

/** Five minutes exceed the difference between clocks that are synchronized over the network. */
export const MAX_SKEW_MS = 5 * 60 * 1000;

/** Facts that a program declares for a validation. */
export interface EvaluationRequest {
  readonly fingerprint?: string | undefined;
  readonly product_id?: string | undefined;
  readonly released_at?: string | undefined;
  readonly features?: readonly string[] | undefined;
  readonly client_time?: string | undefined;
}

/** Facts that a validation evaluates. */
export interface Evidence {
  readonly license: License;
  /** End of the license key that was presented, if another one replaced it. */
  readonly keyValidUntil?: Date | null;
  readonly tenantSuspended: boolean;
  /** Latest activation of the requesting device. */
  readonly activation: Activation | undefined;
  /** Whether the vendor has blocked the requesting device. */
  readonly isBlocked: boolean;
  /** Way to free a seat for the device if it has none and all are taken; undefined if a seat is free, and for the past. */
  readonly release?: SeatRelease | undefined;
  readonly usage: ReadonlyMap<string, number>;
  readonly context: EvaluationContext;
}

/** Combines the facts that a program declares about its environment with the origin of its request. */
export function toEvaluationContext(
  { domain, mac, hardware_id: hardwareId }: DeclaredEnvironment,
  { ip, country }: Pick<EvaluationContext, 'ip' | 'country'>,
  now: Date,
): EvaluationContext {
  return { now, ip, country, domain, mac, hardwareId };
}

/** Returns every reason why the license may not be used, in the documented order; an empty list if the license is valid. */
export function evaluate(request: EvaluationRequest, evidence: Evidence): ValidationReason[] {
  const { license, tenantSuspended, context } = evidence;
  return byPrecedence([
    ...failIf(tenantSuspended, 'TENANT_SUSPENDED', 'The vendor of this license is suspended.'),
    ...licenseFailures(license, context.now),
    ...programFailures(request, license, context.now),
    ...(license.restrictions.length > 0 ? violations(license.restrictions, context) : []),
    ...deviceFailures(request, evidence),
    ...featureFailures(request, evidence),
  ]);
}

function licenseFailures(license: License, now: Date): ValidationReason[] {
  const state = license.stateAt(now);
  return [
    ...failIf(state === 'REVOKED', 'REVOKED', 'The license was revoked.'),
    ...failIf(state === 'SUSPENDED', 'SUSPENDED', 'The license is suspended.'),
    ...failIf(state === 'INACTIVE', 'NOT_ACTIVE', 'The license is not active yet.'),
    ...(state === 'PENDING' ? [notStarted(license)] : []),
    // EXPIRED is reported in addition to other reasons: reinstating a suspended license that is past its grace has no effect.
    ...failIf(
      license.isPastGrace(now),
      'EXPIRED',
      `The license expired on ${license.expiryAt(now)?.toISOString() ?? ''}.`,
    ),
  ];
}

function notStarted({ startOf }: License): ValidationReason {
  const code = 'NOT_STARTED';
  if (!startOf) return { code, detail: 'The license starts with its first activation.', nextAction: 'activate' };
  return { code, detail: `The license starts on ${startOf.toISOString()}.`, retryAt: startOf };
}

/** Returns the failures that concern the program and the license; activation and check-out check them as well. */
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
 * Returns the number of seats to free before the device can be activated. Named-user seats are not counted, because the activation names
 * the user, nor are seats that the activation evicts. A blocked device cannot be activated.
 */
export function missingSeats({ fingerprint }: EvaluationRequest, evidence: Evidence): number {
  const { license, activation, isBlocked, context } = evidence;
  const limit = seatLimit(license);
  const counts = seatMetric(license);
  if (fingerprint === undefined || limit === null || counts === 'users' || license.evictionPolicy !== 'NONE') return 0;
  if (isBlocked || activation?.statusAt(context.now) === 'ACTIVE') return 0;
  const required = counts === 'units' ? (activation?.units ?? 1) : 1;
  return Math.max(0, license.currentActivations + required - limit);
}

function deviceFailures(request: EvaluationRequest, evidence: Evidence): ValidationReason[] {
  const { license, activation, isBlocked, context } = evidence;
  // A blocked device has no seat and gets none, so that its other reasons would only mislead.
  if (isBlocked) return [{ code: 'DEVICE_BLOCKED', detail: 'The vendor has blocked this device for the license.' }];
  const status = activation?.statusAt(context.now);
  const needsSeat = seatLimit(license) !== null || license.licenseType === 'CONCURRENT';
  // Without a limit a device needs no seat of its own, but a deactivated device stays so until it is activated again.
  if (status === 'ACTIVE' || (!needsSeat && status !== 'DEACTIVATED')) return [];
  if (request.fingerprint === undefined) {
    return [{ code: 'FINGERPRINT_REQUIRED', detail: '`fingerprint` is required for this license.' }];
  }
  const elsewhere = activation === undefined && license.currentActivations > 0;
  return [
    ...seatFailures(request, evidence),
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

function seatFailures(request: EvaluationRequest, evidence: Evidence): ValidationReason[] {
  if (missingSeats(request, evidence) === 0) return [];
  const { license, release } = evidence;
  const limit = seatLimit(license) ?? 0;
  const max = maxActivationsOf(license) ?? limit;
  const seats = describeSeatsInUse({ inUse: license.currentActivations, max, limit });
  const reason = { code: 'ACTIVATION_LIMIT_REACHED' as const, detail: `Seat limit reached: ${seats}` };
  if (!release) return [reason];
  const detail = `${reason.detail} ${describeRelease(release, license.deactivationsPerPeriod)}`;
  return [{ ...reason, detail, ...nextFactsOf(release) }];
}

function featureFailures(
  { features = [] }: EvaluationRequest,
  { license, usage, context }: Evidence,
): ValidationReason[] {
  return features.flatMap((id) => {
    const feature = license.features.find(({ feature_id }) => feature_id === id);
    if (!feature?.enabled) return failIf(true, 'FEATURE_MISSING', `The license has no feature ${id}.`);
    const used = usage.get(id) ?? 0;
    const { limit_value: limit } = feature;
    const exceeded = limit !== null && used >= limit;
    const resetsAt = periodEnd(feature, context.now);
    const detail = `Usage limit of ${id} reached: ${used} of ${limit ?? 0} used.`;
    const reset = resetsAt && { nextAction: 'retry' as const, retryAt: resetsAt };
    return [
      ...failIf(isFeatureExpired(feature, context.now), 'FEATURE_EXPIRED', `The feature ${id} has expired.`),
      ...(exceeded ? [{ code: 'USAGE_EXCEEDED' as const, detail, ...reset }] : []),
    ];
  });
}

function failIf(condition: boolean, code: FailureCode, detail: string): ValidationReason[] {
  return condition ? [{ code, detail }] : [];
}
