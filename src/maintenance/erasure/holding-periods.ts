/** One change of the holder of a license, from its `license.transferred` event. */
export interface Transfer {
  readonly licenseId: string;
  readonly eventId: string;
  readonly at: Date;
  readonly from: string;
  readonly to: string;
}

/** A period in which one customer held one license. Both ends are inclusive; null is unbounded. */
export interface HoldingPeriod {
  readonly licenseId: string;
  readonly since: Date | null;
  readonly until: Date | null;
  /** Events of the transfers that began and ended the period: they concern two customers. */
  readonly receivedBy: string | null;
  readonly givenAwayBy: string | null;
}

/** Returns the periods in which the customer held the license, from its ordered transfers and its current holder. */
export function holdingPeriods(
  license: { readonly licenseId: string; readonly customerId: string },
  transfers: readonly Transfer[],
  customerId: string,
): HoldingPeriod[] {
  const { licenseId } = license;
  const holders = [transfers[0]?.from ?? license.customerId, ...transfers.map(({ to }) => to)];
  return holders.flatMap((holder, index) => {
    if (holder !== customerId) return [];
    const incoming = transfers[index - 1];
    const outgoing = transfers[index];
    return {
      licenseId,
      since: incoming?.at ?? null,
      until: outgoing?.at ?? null,
      receivedBy: incoming?.eventId ?? null,
      givenAwayBy: outgoing?.eventId ?? null,
    };
  });
}
