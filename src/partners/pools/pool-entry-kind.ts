export const POOL_ENTRY_KINDS = ['ALLOTMENT', 'ISSUE', 'RETURN', 'EXPIRY'] as const;
export type PoolEntryKind = (typeof POOL_ENTRY_KINDS)[number];

/** Totals of a ledger, which each entry repeats as of itself. */
export interface PoolTotals {
  readonly allotted: number;
  readonly issued: number;
  readonly returned: number;
  readonly expired: number;
}

export const NO_TOTALS: PoolTotals = { allotted: 0, issued: 0, returned: 0, expired: 0 };

/** Licenses that the ledger leaves to issue. */
export function balanceOf({ allotted, issued, returned, expired }: PoolTotals): number {
  return allotted - issued + returned - expired;
}
