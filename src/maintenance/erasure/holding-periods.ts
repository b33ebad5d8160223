/** One change of the holder of a license, from its `license.transferred` event. */
export interface Transfer {
  readonly licenseId: string;
  readonly eventId: string;
  readonly at: Date;
  readonly from: string;
  readonly to: string;
}

/** A time in which one customer held one license. Both ends are included; null is without an end. */
export interface HoldingPeriod {
  readonly licenseId: string;
  readonly since: Date | null;
  readonly until: Date | null;
  /** Ids of the transfers that began and ended it: these events tell of two customers. */
  readonly receivedBy: string | null;
  readonly givenAwayBy: string | null;
}

/** The periods in which a customer held a license, from its transfers in their order and its present holder. */
export function holdingPeriods(
  license: { readonly licenseId: string; readonly customerId: string },
  transfers: readonly Transfer[],
  customerId: string,
): HoldingPeriod[] {
  const { licenseId } = license;
  const holders = [transfers[0]?.from ?? license.customerId, ...transfers.map(({ to }) => to)];
  return holders.flatMap((holder, index) => {
    if (holder !== customerId) return [];
    const received = transfers[index - 1];
    const givenAway = transfers[index];
    return {
      licenseId,
      since: received?.at ?? null,
      until: givenAway?.at ?? null,
      receivedBy: received?.eventId ?? null,
      givenAwayBy: givenAway?.eventId ?? null,
    };
  });
}
