import { setImmediate as nextTurn } from 'node:timers/promises';
import { groupBy } from '../group-by.js';

/** Outcome of one item of a group. `RETRY`: the item had no effect and runs again, before those that wait in its queue. */
export type Outcome<Result> = { readonly result: Result } | { readonly error: unknown } | 'RETRY';

/**
 * How the items of a failed group run again. `NOT`: each gets the error. `HALVES`: a bad item costs a few statements, not one for each
 * item. `SINGLY`: for an error that each part with the bad item would wait for as long, such as a lock timeout.
 */
export type Isolation = 'NOT' | 'HALVES' | 'SINGLY';

export interface CoalescerOptions<Item, Result> {
  /** Runs a group. Returns an outcome for each item, in their order; throws if no item had an effect, or if it is not known. */
  readonly run: (items: readonly Item[]) => Promise<readonly Outcome<Result>[]>;
  /** Most items of a group. */
  readonly maxGroupSize: number;
  /** Most groups in flight at once. */
  readonly maxInFlight: number;
  /** Name of the queue of an item, such as its tenant. Without it all items are in one queue. */
  readonly queueOf?: (item: Item) => string;
  /** Whether a queue may have a second group in flight if that is full, so that the database has one while the other is prepared. */
  readonly overlapsFullGroups?: boolean;
  readonly isolationAfter?: (error: unknown) => Isolation;
  /** Shortest time between the starts of two groups, in ms, so that load fills groups. Not for the first after a pause. */
  readonly intervalMs?: number;
}

/** Item that waits for its outcome. */
interface Pending<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Queues of a failed group that run singly at the same time; each takes one connection of the pool. */
const MAX_SINGLE_QUEUES = 4;

/**
 * Runs items that arrive while others are in flight together, as one group; no item waits for a group to fill. A queue has one group in
 * flight, so its items run in order of arrival (see `overlapsFullGroups`), and all waiting queues get equal shares of the next group.
 */
export class Coalescer<Item, Result> {
  /** Waiting items by queue; the queue that was served longest ago is first. */
  private readonly waiting = new Map<string, Pending<Item, Result>[]>();
  /** Number of groups in flight by queue. */
  private readonly busy = new Map<string, number>();
  private groupsInFlight = 0;
  private isScheduled = false;
  private startedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private readonly idle: (() => void)[] = [];

  constructor(private readonly options: CoalescerOptions<Item, Result>) {}

  /** Adds an item and returns its result. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const pending = { item, resolve, reject };
      const queue = this.waiting.get(this.queueOf(item));
      if (queue) queue.push(pending);
      else this.waiting.set(this.queueOf(item), [pending]);
      this.dispatchSoon();
    });
  }

  /** Resolves once no item waits or is in flight, as a shutdown must wait for. */
  async whenIdle(): Promise<void> {
    if (!this.isIdle) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private get isIdle(): boolean {
    return this.groupsInFlight === 0 && this.waiting.size === 0;
  }

  private queueOf(item: Item): string {
    return this.options.queueOf?.(item) ?? '';
  }

  /** Dispatches after the current step of the caller, so that items added together are one group. */
  private dispatchSoon(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    queueMicrotask(() => {
      this.isScheduled = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.groupsInFlight < this.options.maxInFlight && !this.mustPause()) {
      const group = this.nextGroup();
      if (group.length === 0) return;
      this.groupsInFlight++;
      this.startedAt = performance.now();
      void this.runGroup(group);
    }
  }

  /** Tells whether the interval since the last group is not over; then the next is sent when it is. */
  private mustPause(): boolean {
    const { intervalMs } = this.options;
    if (intervalMs === undefined || this.waiting.size === 0) return false;
    const waitMs = this.startedAt + intervalMs - performance.now();
    if (waitMs <= 0) return false;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.dispatch();
    }, waitMs);
    return true;
  }

  /** Returns the oldest items of the queues that may run; empty if there are none. */
  private nextGroup(): Pending<Item, Result>[] {
    const { maxGroupSize } = this.options;
    const queues = this.runnableQueues().slice(0, maxGroupSize);
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

  /** Returns the waiting queues that have no group in flight; if there are none, one that may have a second group. */
  private runnableQueues(): [name: string, queue: Pending<Item, Result>[]][] {
    const queues = [...this.waiting];
    const idle = queues.filter(([name]) => this.groupsOf(name) === 0);
    if (idle.length > 0 || !this.options.overlapsFullGroups) return idle;
    const isFull = (queue: readonly unknown[]) => queue.length >= this.options.maxGroupSize;
    return queues.filter(([name, queue]) => this.groupsOf(name) === 1 && isFull(queue)).slice(0, 1);
  }

  private groupsOf(name: string): number {
    return this.busy.get(name) ?? 0;
  }

  /** Settles every item of the group; never throws. */
  private async runGroup(group: readonly Pending<Item, Result>[]): Promise<void> {
    let settle: () => void;
    try {
      settle = this.settler(group, await this.options.run(group.map(({ item }) => item)));
    } catch (error) {
      await this.isolate(group, error);
      settle = () => undefined;
    }
    this.finish(group);
    // The next group is sent before any item is settled, so that the database works meanwhile.
    if (this.groupsInFlight > 0) await nextTurn();
    settle();
  }

  private finish(group: readonly Pending<Item, Result>[]): void {
    for (const name of new Set(group.map(({ item }) => this.queueOf(item)))) {
      if (this.groupsOf(name) > 1) this.busy.set(name, this.groupsOf(name) - 1);
      else this.busy.delete(name);
    }
    this.groupsInFlight--;
    this.dispatch();
    if (this.isIdle) for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Runs the items of a failed group again in parts, so that a bad item fails no other. */
  private async isolate(group: readonly Pending<Item, Result>[], error: unknown): Promise<void> {
    const isolation = group.length === 1 ? 'NOT' : (this.options.isolationAfter?.(error) ?? 'NOT');
    if (isolation === 'NOT') {
      for (const { reject } of group) reject(error);
    } else if (isolation === 'HALVES') {
      const middle = Math.ceil(group.length / 2);
      await this.runPart(group.slice(0, middle));
      await this.runPart(group.slice(middle));
    } else {
      const queues = groupBy(group, ({ item }) => this.queueOf(item)).values();
      const work = async () => {
        for (const queue of queues) for (const pending of queue) await this.runPart([pending]);
      };
      await Promise.all(Array.from({ length: MAX_SINGLE_QUEUES }, work));
    }
  }

  private async runPart(part: readonly Pending<Item, Result>[]): Promise<void> {
    try {
      this.settler(part, await this.options.run(part.map(({ item }) => item)))();
    } catch (error) {
      await this.isolate(part, error);
    }
  }

  /** Puts items that run again back into their queues, and returns the function that settles the others. */
  private settler(group: readonly Pending<Item, Result>[], outcomes: readonly Outcome<Result>[]): () => void {
    group
      .filter((_, at) => outcomes[at] === 'RETRY')
      .reverse()
      .forEach((pending) => {
        const name = this.queueOf(pending.item);
        this.waiting.set(name, [pending, ...(this.waiting.get(name) ?? [])]);
      });
    return () => {
      group.forEach(({ resolve, reject }, at) => {
        const outcome = outcomes[at];
        if (outcome === 'RETRY') return;
        if (outcome === undefined) reject(new Error('A group returned no outcome for an item.'));
        else if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.result);
      });
    };
  }
}
