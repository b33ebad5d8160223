import type { NextAction } from '../shared/http/next-action.js';

/** The shortest way to the seats that a device lacks. */
export interface SeatRelease {
  /** Devices to deactivate; 0 where waiting is enough. Undefined: the device needs more seats than the license has. */
  readonly deactivateCount?: number | undefined;
  /** License files hold so many seats that the device gets none before this time. */
  readonly heldUntil?: Date | undefined;
}

/** Why a device gets no seat. */
export interface SeatShortage extends SeatRelease {
  readonly inUse: number;
  /** The license's own limit. */
  readonly max: number;
  /** Seats that may be in use, overage included. */
  readonly limit: number;
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

/** No device that is deactivated makes room for one that needs more seats than there are. */
export function nextActionOf({ deactivateCount }: SeatRelease): NextAction | undefined {
  return deactivateCount === undefined ? 'contact_vendor' : undefined;
}
