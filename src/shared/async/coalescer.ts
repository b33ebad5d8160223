import { setImmediate as nextTurn } from 'node:timers/promises';
import { FairQueues, type GroupLimits, type Queued } from './fair-queues.js';
import { isolate, type Isolation } from './isolate.js';

/** Outcome of one item of a group. `RETRY`: the item had no effect and runs again, before those that wait in its queue. */
export type Outcome<Result> = { readonly result: Result } | { readonly error: unknown } | 'RETRY';

export interface CoalescerOptions<Item, Result> extends GroupLimits {
  /** Runs a group. Returns an outcome for each item, in their order; throws if no item had an effect, or if it is not known. */
  readonly run: (items: readonly Item[]) => Promise<readonly Outcome<Result>[]>;
  /** Most groups in flight at once. */
  readonly maxInFlight: number;
  /**
   * How long a group that is not full waits for each one in flight, in ms from the start of that, before it starts beside it. Small groups
   * beside one another cost more than a larger one after the other, but one that waits for a lock must not delay all others.
   */
  readonly besideAfterMs?: number;
  /** Name of the queue of an item, such as its tenant. Without it all items are in one queue. */
  readonly queueOf?: (item: Item) => string;
  /** Owner of the queue of an item, if several queues have one: all owners get equal shares of a group. */
  readonly ownerOf?: (item: Item) => string;
  readonly isolationAfter?: (error: unknown) => Isolation;
  /** Shortest time between the starts of two groups, in ms, so that load fills groups. Not for the first after a pause. */
  readonly intervalMs?: number;
}

/** Item that waits for its outcome. */
interface Pending<Item, Result> extends Queued {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Runs items that arrive while others are in flight as one group; none waits for a group to fill. FairQueues has their order. */
export class Coalescer<Item, Result> {
  private readonly queues: FairQueues<Pending<Item, Result>>;
  /** Start times of the groups in flight, the latest last. */
  private readonly starts: number[] = [];
  private isScheduled = false;
  private startedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private readonly idle: (() => void)[] = [];
  private readonly isIdle = () => this.starts.length === 0 && this.queues.isEmpty;

  constructor(private readonly options: CoalescerOptions<Item, Result>) {
    this.queues = new FairQueues(options);
  }

  /** Adds an item and returns its result. */
  add(item: Item): Promise<Result> {
    const { queueOf = () => '', ownerOf = queueOf } = this.options;
    return new Promise((resolve, reject) => {
      this.queues.add({ item, queue: queueOf(item), owner: ownerOf(item), resolve, reject });
      this.dispatchSoon();
    });
  }

  /** Resolves once no item waits or is in flight, as a shutdown must wait for. */
  async whenIdle(): Promise<void> {
    if (!this.isIdle()) await new Promise<void>((resolve) => this.idle.push(resolve));
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
    while (this.starts.length < this.options.maxInFlight && !this.mustPause()) {
      const group = this.queues.takeGroup();
      if (group.length === 0) return;
      this.startedAt = performance.now();
      this.starts.push(this.startedAt);
      void this.runGroup(group, this.startedAt);
    }
  }

  /** Tells whether the next group must wait, because of the times at which others started; then it is sent in time. */
  private mustPause(): boolean {
    const { intervalMs = 0, besideAfterMs = 0 } = this.options;
    const latest = this.queues.hasFullGroup ? undefined : this.starts.at(-1);
    const waitUntil = Math.max(this.startedAt + intervalMs, (latest ?? -Infinity) + besideAfterMs);
    const waitMs = waitUntil - performance.now();
    if (waitMs <= 0 || this.queues.isEmpty) return false;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.dispatch();
    }, waitMs);
    return true;
  }

  private async runGroup(group: readonly Pending<Item, Result>[], startedAt: number): Promise<void> {
    const settle = await this.run(group);
    this.queues.finish(group);
    this.starts.splice(this.starts.indexOf(startedAt), 1);
    this.dispatch();
    if (this.isIdle()) this.becomeIdle();
    // The next group is sent before any item is settled, so that the database works meanwhile.
    if (this.starts.length > 0) await nextTurn();
    settle();
  }

  /** Ends the timer, and resolves what `whenIdle` returned. */
  private becomeIdle(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Runs items, puts those that run again back into their queues, and returns the function that settles the others. Never throws. */
  private async run(group: readonly Pending<Item, Result>[]): Promise<() => void> {
    try {
      const outcomes = await this.options.run(group.map(({ item }) => item));
      this.queues.putBack(group.filter((_, at) => outcomes[at] === 'RETRY'));
      return () => {
        group.forEach(({ resolve, reject }, at) => {
          const outcome = outcomes[at];
          if (outcome === 'RETRY') return;
          if (outcome === undefined) reject(new Error('A group returned no outcome for an item.'));
          else if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.result);
        });
      };
    } catch (error) {
      const isolation = group.length === 1 ? 'NOT' : (this.options.isolationAfter?.(error) ?? 'NOT');
      await isolate(group, isolation, async (part) => (await this.run(part))());
      return () => {
        if (isolation === 'NOT') for (const { reject } of group) reject(error);
      };
    }
  }
}
