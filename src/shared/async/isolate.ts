import { groupBy } from '../group-by.js';
import type { Queued } from './fair-queues.js';

/**
 * How the items of a failed group run again. `NOT`: each gets the error. `HALVES`: a bad item costs a few statements, not one for each
 * item. `SINGLY`: for an error that each part with the bad item would wait for as long, such as a lock timeout.
 */
export type Isolation = 'NOT' | 'HALVES' | 'SINGLY';

/** Queues of a failed group that run singly at the same time; each takes one connection of the pool. */
const MAX_SINGLE_QUEUES = 4;

/** Runs the items of a failed group again in parts by `run`, so that a bad item fails no other. */
export async function isolate<Item extends Queued>(
  group: readonly Item[],
  isolation: Isolation,
  run: (part: readonly Item[]) => Promise<void>,
): Promise<void> {
  if (isolation === 'HALVES') {
    const middle = Math.ceil(group.length / 2);
    for (const half of [group.slice(0, middle), group.slice(middle)]) await run(half);
  } else if (isolation === 'SINGLY') {
    const queues = groupBy(group, ({ queue }) => queue).values();
    const work = async () => {
      for (const queue of queues) for (const item of queue) await run([item]);
    };
    await Promise.all(Array.from({ length: MAX_SINGLE_QUEUES }, work));
  }
}
