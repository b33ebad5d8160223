export interface GroupLimits {
  /** Most items of a group. */
  readonly maxGroupSize: number;
  /** Whether a queue may have a second group in flight if that is full, so that the database has one while the other is prepared. */
  readonly overlapsFullGroups?: boolean;
}

/**
 * Queues of waiting items, from which groups are taken. All queues get equal shares of the next group, and a queue has one group in flight,
 * so that its items run in order of arrival (see `overlapsFullGroups`).
 */
export class FairQueues<Item> {
  /** Waiting items by queue; the queue that was served longest ago is first. */
  private readonly waiting = new Map<string, Item[]>();
  /** Number of groups in flight by queue. */
  private readonly busy = new Map<string, number>();

  constructor(
    private readonly limits: GroupLimits,
    /** Name of the queue of an item. */
    readonly nameOf: (item: Item) => string,
  ) {}

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  add(item: Item): void {
    const queue = this.waiting.get(this.nameOf(item));
    if (queue) queue.push(item);
    else this.waiting.set(this.nameOf(item), [item]);
  }

  /** Puts items back into their queues, before those that wait. */
  putBack(items: readonly Item[]): void {
    for (const item of items.toReversed()) {
      const name = this.nameOf(item);
      this.waiting.set(name, [item, ...(this.waiting.get(name) ?? [])]);
    }
  }

  /** Takes the oldest items of the queues that may run as the next group, which is in flight until `finish`; empty if there are none. */
  takeGroup(): Item[] {
    const { maxGroupSize } = this.limits;
    const queues = this.runnable().slice(0, maxGroupSize);
    const share = Math.floor(maxGroupSize / Math.max(1, queues.length));
    return queues.flatMap(([name, queue]) => {
      const items = queue.splice(0, share);
      // A queue with remaining items moves to the end of the map, so that queues take turns.
      this.waiting.delete(name);
      if (queue.length > 0) this.waiting.set(name, queue);
      this.busy.set(name, this.groupsOf(name) + 1);
      return items;
    });
  }

  /** Ends a group, so that its queues may have another. */
  finish(group: readonly Item[]): void {
    for (const name of new Set(group.map((item) => this.nameOf(item)))) {
      if (this.groupsOf(name) > 1) this.busy.set(name, this.groupsOf(name) - 1);
      else this.busy.delete(name);
    }
  }

  /** Returns the waiting queues that have no group in flight; if there are none, one that may have a second group. */
  private runnable(): [name: string, queue: Item[]][] {
    const queues = [...this.waiting];
    const idle = queues.filter(([name]) => this.groupsOf(name) === 0);
    if (idle.length > 0 || !this.limits.overlapsFullGroups) return idle;
    const isFull = (queue: readonly unknown[]) => queue.length >= this.limits.maxGroupSize;
    return queues.filter(([name, queue]) => this.groupsOf(name) === 1 && isFull(queue)).slice(0, 1);
  }

  private groupsOf(name: string): number {
    return this.busy.get(name) ?? 0;
  }
}
