import type { NextAction } from '../shared/http/next-action.js';

/** Shortest way to the seats that a device lacks. */
export interface SeatRelease {
  /** Devices to deactivate; 0: waiting is enough. Undefined: the device needs more seats than the license has. */
  readonly deactivateCount?: number | undefined;
  /** Time before which license files hold the seats that the device needs. */
  readonly heldUntil?: Date | undefined;
}

/** Reason why a device gets no seat. */
export interface SeatShortage extends SeatRelease {
  readonly inUse: number;
  /** Limit of the license, without overage. */
  readonly max: number;
  /** Seats that may be in use, overage included. */
  readonly limit: number;
  /** Partner of the license, which sees the refusal. */
  readonly partnerId?: string | null;
  /** Time until which the program may deactivate no device, which it would have to; null: it never may. Undefined: it may. */
  readonly deactivationsUntil?: Date | null | undefined;
}

export function describeSeatsInUse({ inUse, max, limit }: Pick<SeatShortage, 'inUse' | 'max' | 'limit'>): string {
  const overage = limit > max ? `, with overage up to ${limit}` : '';
  return `${inUse} of ${max} in use${overage}.`;
}

export function describeRelease({ deactivateCount: count, heldUntil }: SeatRelease): string {
  if (count === undefined) return 'The device needs more seats than the license has: raise max_activations.';
  const devices = count === 1 ? 'a device' : `${count} devices`;
  if (heldUntil === undefined) return `Deactivate ${devices} first.`;
  const then = count === 0 ? 'Try again then' : `Deactivate ${devices} then`;
  return `License files hold seats until ${heldUntil.toISOString()}. ${then}, or raise max_activations.`;
}

/** Returns the next action if no deactivation helps, because the device needs more seats than the license has, or if none is allowed. */
export function nextActionOf({
  deactivateCount,
  deactivationsUntil,
}: Pick<SeatShortage, 'deactivateCount' | 'deactivationsUntil'>): NextAction | undefined {
  if (deactivationsUntil !== undefined) return deactivationsUntil ? 'retry' : 'contact_vendor';
  return deactivateCount === undefined ? 'contact_vendor' : undefined;
}
