/** Times of active activations by which leases may have to be ended or corrected. Null: there is none. */
export interface LeaseTimes {
  readonly firstLeaseEnd: Date | null;
  /** Latest end of a lease that no license file explains. */
  readonly lastFreeLeaseEnd: Date | null;
  readonly lastSeenAt: Date | null;
}

/** Limits of what stored times can be; see DatabaseClock. */
export interface LeaseLimits {
  /** Time by which leases may be ended. */
  readonly endedBy: Date;
  /** End of a lease that begins then; null: the license has no leases. */
  readonly leaseEnd: Date | null;
  readonly toleranceMs: number;
}

/** Returns false if `expireLeases` would surely change none of the activations, so that a lock of a license needs no second round trip. */
export function mayNeedExpiry(
  { firstLeaseEnd, lastFreeLeaseEnd, lastSeenAt }: LeaseTimes,
  { endedBy, leaseEnd, toleranceMs }: LeaseLimits,
): boolean {
  const isBeyond = (time: Date | null, limit: Date | null) =>
    time !== null && time.getTime() > (limit?.getTime() ?? -Infinity) + toleranceMs;
  const hasEnded = firstLeaseEnd !== null && firstLeaseEnd <= endedBy;
  return hasEnded || isBeyond(lastFreeLeaseEnd, leaseEnd) || isBeyond(lastSeenAt, endedBy);
}
