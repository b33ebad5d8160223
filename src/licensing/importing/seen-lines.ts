import type { PlannedCustomer } from '../../customers/index.js';

/**
 * Values that lines before have taken in the same request. Keys are refused to later lines in a dry run as otherwise, in whatever transaction the
 * lines are. Customers and licenses of pools are of a dry run alone, which stores none.
 */
export class SeenLines {
  readonly customers: PlannedCustomer[] = [];
  private readonly keys = new Set<string>();
  private readonly pools = new Map<string, number>();

  /** `before`: the lines of earlier transactions. */
  constructor(private readonly before?: SeenLines) {}

  has(key: string): boolean {
    return this.keys.has(key) || this.before?.has(key) === true;
  }

  add(keys: readonly string[]): void {
    for (const key of keys) this.keys.add(key);
  }

  /** Returns the customers that are not stored, of all lines before. */
  get planned(): readonly PlannedCustomer[] {
    return [...(this.before?.planned ?? []), ...this.customers];
  }

  /** Returns how many licenses of each pool the lines of earlier transactions took, if they are not stored. */
  get takenFromPools(): ReadonlyMap<string, number> {
    return this.before?.pools ?? new Map();
  }

  takeFromPool(poolId: string): void {
    this.pools.set(poolId, (this.pools.get(poolId) ?? 0) + 1);
  }

  /** Adds the lines of a transaction that was committed. An attempt that is repeated is not added, so that nothing counts twice. */
  addAll(committed: SeenLines): void {
    this.add([...committed.keys]);
    this.customers.push(...committed.customers);
    for (const [poolId, count] of committed.pools) this.pools.set(poolId, (this.pools.get(poolId) ?? 0) + count);
  }
}
