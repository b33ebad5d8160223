import type { NextFacts } from '../shared/http/next-action.js';
import type { DeactivationLimit } from '../templates/index.js';

/** Shortest way to the seats that a device lacks. */
export interface SeatRelease {
  /** Devices to deactivate; 0: waiting is enough. Undefined: the device needs more seats than the license has. */
  readonly deactivateCount?: number | undefined;
  /** Time before which license files hold the seats that the device needs. */
  readonly heldUntil?: Date | undefined;
  /** Time until which the program may deactivate no device, which it would have to; null: it never may. Undefined: it may. */
  readonly deactivationsUntil?: Date | null | undefined;
}

/** Reason why a device gets no seat. */
export interface SeatShortage extends SeatRelease {
  readonly inUse: number;
  /** Limit of the license, without overage. */
  readonly max: number;
  /** Seats that may be in use, overage included. */
  readonly limit: number;
}

export function describeSeatsInUse({ inUse, max, limit }: Pick<SeatShortage, 'inUse' | 'max' | 'limit'>): string {
  const overage = limit > max ? `, with overage up to ${limit}` : '';
  return `${inUse} of ${max} in use${overage}.`;
}

/** Describes the way to a seat, which is no deactivation where programs may make no more of them. */
export function describeRelease(release: SeatRelease, limit: DeactivationLimit | null): string {
  const { deactivateCount: count, heldUntil, deactivationsUntil } = release;
  if (limit && deactivationsUntil !== undefined) return describeDeactivations(limit, deactivationsUntil ?? undefined);
  if (count === undefined) return 'The device needs more seats than the license has: raise max_activations.';
  const devices = count === 1 ? 'a device' : `${count} devices`;
  if (heldUntil === undefined) return `Deactivate ${devices} first.`;
  const then = count === 0 ? 'Try again then' : `Deactivate ${devices} then`;
  return `License files hold seats until ${heldUntil.toISOString()}. ${then}, or raise max_activations.`;
}

export function describeDeactivations({ limit, period }: DeactivationLimit, resetsAt: Date | undefined): string {
  if (!resetsAt) return 'Programs may not deactivate devices of this license. Ask the vendor.';
  const devices = limit === 1 ? '1 device' : `${limit} devices`;
  const until = resetsAt.toISOString();
  return `Programs may deactivate ${devices} per ${period.toLowerCase()}. Try again at ${until}, or ask the vendor.`;
}

/** Returns what the next step depends on: no deactivation helps a device that needs more seats than the license has, and none may be allowed. */
export function nextFactsOf({ deactivateCount, heldUntil, deactivationsUntil }: SeatRelease): NextFacts {
  if (deactivationsUntil === null) return { nextAction: 'contact_vendor' };
  if (deactivationsUntil !== undefined) {
    const retryAt = heldUntil && heldUntil > deactivationsUntil ? heldUntil : deactivationsUntil;
    return { nextAction: 'retry', retryAt };
  }
  return { deactivateCount, heldUntil, ...(deactivateCount === undefined && { nextAction: 'contact_vendor' }) };
}
