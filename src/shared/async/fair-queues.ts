export interface GroupLimits {
  /** Most items of a group. */
  readonly maxGroupSize: number;
  /** Whether a queue may have a second group in flight if that is full, so that the database has one while the other is prepared. */
  readonly overlapsFullGroups?: boolean;
  /** Whether a group has items of one queue alone. */
  readonly hasOneQueue?: boolean;
}

/** Item with its names. */
export interface Queued {
  /** Name of its queue, whose items run in order. */
  readonly queue: string;
  /** Owner of the queue, such as its tenant, whose queues share what is its own. */
  readonly owner: string;
}

type Queue<Item> = [name: string, items: Item[]];

/**
 * Queues of waiting items, from which groups are taken. All owners get equal shares of the next group, and so do the queues of an owner. A
 * queue has one group in flight, so that its items run in order of arrival (see `overlapsFullGroups`).
 */
export class FairQueues<Item extends Queued> {
  /** Waiting items by owner and queue; the owner and its queue that were served longest ago are first. */
  private readonly waiting = new Map<string, Map<string, Item[]>>();
  private size = 0;
  /** Number of groups in flight by queue. */
  private readonly busy = new Map<string, number>();

  constructor(private readonly limits: GroupLimits) {}

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Whether as many items wait as a group may have. */
  get hasFullGroup(): boolean {
    return this.size >= this.limits.maxGroupSize;
  }

  add(item: Item): void {
    this.queueOf(item).push(item);
    this.size++;
  }

  /** Puts items back into their queues, before those that wait. */
  putBack(items: readonly Item[]): void {
    for (const item of items.toReversed()) this.queueOf(item).unshift(item);
    this.size += items.length;
  }

  /** Takes the oldest items of the queues that may run as the next group, which is in flight until `finish`; empty if there are none. */
  takeGroup(): Item[] {
    const { maxGroupSize, hasOneQueue } = this.limits;
    const owners = this.runnable().slice(0, hasOneQueue ? 1 : maxGroupSize);
    const share = Math.floor(maxGroupSize / Math.max(1, owners.length));
    return owners.flatMap(([owner, queues]) => this.takeShare(owner, queues.slice(0, hasOneQueue ? 1 : share), share));
  }

  /** Ends a group, so that its queues may have another. */
  finish(group: readonly Item[]): void {
    for (const name of new Set(group.map(({ queue }) => queue))) {
      if (this.groupsOf(name) > 1) this.busy.set(name, this.groupsOf(name) - 1);
      else this.busy.delete(name);
    }
  }

  private takeShare(owner: string, queues: readonly Queue<Item>[], size: number): Item[] {
    const waiting = this.queuesOf(owner);
    const taken = queues.flatMap(([name, queue]) => {
      const items = queue.splice(0, Math.floor(size / queues.length));
      // A queue with remaining items moves to the end of the map, so that queues take turns.
      waiting.delete(name);
      if (queue.length > 0) waiting.set(name, queue);
      this.busy.set(name, this.groupsOf(name) + 1);
      return items;
    });
    this.waiting.delete(owner);
    if (waiting.size > 0) this.waiting.set(owner, waiting);
    this.size -= taken.length;
    return taken;
  }

  /** Returns the waiting queues that have no group in flight, by owner; if there are none, one that may have a second group. */
  private runnable(): [owner: string, queues: Queue<Item>[]][] {
    const idle = this.select(([name]) => this.groupsOf(name) === 0);
    if (idle.length > 0 || !this.limits.overlapsFullGroups) return idle;
    const isFull = ([name, queue]: Queue<Item>) =>
      this.groupsOf(name) === 1 && queue.length >= this.limits.maxGroupSize;
    return this.select(isFull)
      .slice(0, 1)
      .map(([owner, queues]) => [owner, queues.slice(0, 1)]);
  }

  private select(isWanted: (queue: Queue<Item>) => boolean): [owner: string, queues: Queue<Item>[]][] {
    const owners = [...this.waiting].map(([owner, queues]): [string, Queue<Item>[]] => [
      owner,
      [...queues].filter(isWanted),
    ]);
    return owners.filter(([, queues]) => queues.length > 0);
  }

  private queueOf({ owner, queue: name }: Item): Item[] {
    const queues = this.queuesOf(owner);
    const queue = queues.get(name) ?? [];
    queues.set(name, queue);
    return queue;
  }

  private queuesOf(owner: string): Map<string, Item[]> {
    const queues = this.waiting.get(owner) ?? new Map<string, Item[]>();
    this.waiting.set(owner, queues);
    return queues;
  }

  private groupsOf(name: string): number {
    return this.busy.get(name) ?? 0;
  }
}
