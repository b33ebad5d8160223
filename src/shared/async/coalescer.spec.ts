import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.js';
import { Coalescer, type CoalescerOptions, type Outcome } from './coalescer.js';
import { coalesceReads } from './coalesce-reads.js';

/** Item `tenant number`, such as "a 1". */
type Item = `${string} ${number}`;
interface Run {
  readonly items: readonly Item[];
  readonly finish: (outcomes?: readonly Outcome<string>[]) => void;
  readonly fail: (error: unknown) => void;
}

const queueOf = (item: Item) => item.split(' ')[0] ?? '';
const itemsOf = (queue: string, count: number) => Array.from({ length: count }, (_, at): Item => `${queue} ${at}`);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A coalescer whose groups end when the test says so. */
function controlled(options: Partial<CoalescerOptions<Item, string>> = {}) {
  const runs: Run[] = [];
  const coalescer = new Coalescer<Item, string>({
    maxGroupSize: 10,
    maxInFlight: 1,
    queueOf,
    run: (items) =>
      new Promise((resolve, reject) => {
        const finish = (outcomes: readonly Outcome<string>[] = items.map((item) => ({ result: `${item} done` }))) => {
          resolve(outcomes);
        };
        runs.push({ items, finish, fail: reject });
      }),
    ...options,
  });
  return { coalescer, runs };
}

/** A coalescer whose groups fail if they contain an item of `bad`. */
function failing(bad: readonly Item[], isolation: 'NOT' | 'HALVES' | 'SINGLY') {
  const runs: (readonly Item[])[] = [];
  const coalescer = new Coalescer<Item, string>({
    maxGroupSize: 100,
    maxInFlight: 1,
    queueOf,
    isolationAfter: () => isolation,
    run: (items) => {
      runs.push(items);
      if (items.some((item) => bad.includes(item))) return Promise.reject(new Error(`bad ${items.length}`));
      return Promise.resolve(items.map((item) => ({ result: item })));
    },
  });
  const all = async (items: readonly Item[]) =>
    (await Promise.allSettled(items.map((item) => coalescer.add(item)))).map(({ status }) => status);
  return { all, runs };
}

describe('the coalescer', () => {
  it('runs an item at once, and together those that arrive while a group is in flight', async () => {
    const { coalescer, runs } = controlled();
    const first = coalescer.add('a 0');
    await Promise.resolve();
    expect(runs.map(({ items }) => items)).toEqual([['a 0']]);
    const results = [
      first,
      ...itemsOf('a', 4)
        .slice(1)
        .map((item) => coalescer.add(item)),
    ];
    runs[0]?.finish();
    await expect(results[0]).resolves.toBe('a 0 done');
    expect(runs[1]?.items).toEqual(['a 1', 'a 2', 'a 3']);
    runs[1]?.finish();
    await expect(Promise.all(results)).resolves.toEqual(['a 0 done', 'a 1 done', 'a 2 done', 'a 3 done']);
  });

  it('keeps the order of a queue: it has one group in flight, while other queues go on', async () => {
    const { coalescer, runs } = controlled({ maxInFlight: 2 });
    for (const item of ['a 0', 'b 0', 'a 1', 'b 1'] as const) {
      void coalescer.add(item);
      await Promise.resolve();
    }
    expect(runs.map(({ items }) => items)).toEqual([['a 0'], ['b 0']]);
    runs[1]?.finish();
    await nextTurn();
    expect(runs.slice(2).map(({ items }) => items)).toEqual([['b 1']]);
    runs[0]?.finish();
    await nextTurn();
    expect(runs.slice(3).map(({ items }) => items)).toEqual([['a 1']]);
  });

  it('sends a second group of a queue only if it is full, may overlap and delays no other queue, and never a third', async () => {
    const { coalescer, runs } = controlled({ maxInFlight: 5, overlapsFullGroups: true });
    for (const item of itemsOf('a', 19)) void coalescer.add(item);
    await Promise.resolve();
    expect(runs.map(({ items }) => items)).toEqual([itemsOf('a', 10)]);
    for (const item of ['b 0', ...itemsOf('c', 12)] as const) void coalescer.add(item);
    for (let at = 19; at < 40; at++) void coalescer.add(`a ${at}`);
    await Promise.resolve();
    expect(runs.slice(1).map(({ items }) => items)).toEqual([['b 0', ...itemsOf('c', 5)], itemsOf('a', 20).slice(10)]);
  });

  it('has no more groups in flight than it may', async () => {
    const { coalescer, runs } = controlled({ maxInFlight: 2 });
    for (const name of ['a', 'b', 'c', 'd']) {
      void coalescer.add(`${name} 0`);
      await Promise.resolve();
    }
    expect(runs).toHaveLength(2);
  });

  it('bounds a group, and gives a small queue its share beside a huge one', async () => {
    const { coalescer, runs } = controlled();
    for (const item of [...itemsOf('huge', 1_000), 'small 0'] as const) void coalescer.add(item);
    await Promise.resolve();
    expect(runs[0]?.items).toEqual([...itemsOf('huge', 5), 'small 0']);
  });

  it('gives an owner of one queue the share of one who has many, and owners and their queues take turns', async () => {
    const { coalescer, runs } = controlled({ ownerOf: (item) => item.replace(/\d.*/, '') });
    for (let at = 0; at < 1_000; at++) void coalescer.add(`huge${at} 0`);
    for (const item of ['huge0 1', 'small0 0', 'small0 1', 'other0 0'] as const) void coalescer.add(item);
    await Promise.resolve();
    expect(runs[0]?.items).toEqual(['huge0 0', 'huge1 0', 'huge2 0', 'small0 0', 'small0 1', 'other0 0']);
    for (let at = 0; at < 12; at++) void coalescer.add(`many${at} 0`);
    runs[0]?.finish();
    await nextTurn();
    expect(runs[1]?.items.slice(0, 6)).toEqual(['huge3 0', 'huge4 0', 'huge5 0', 'huge6 0', 'huge7 0', 'many0 0']);
  });

  it('takes a group from one queue alone where that is asked, and the others go on beside it', async () => {
    const { coalescer, runs } = controlled({ hasOneQueue: true, maxInFlight: 2 });
    for (const item of ['a 0', 'b 0', 'c 0', 'a 1', 'b 1'] as const) void coalescer.add(item);
    await Promise.resolve();
    expect(runs.map(({ items }) => items)).toEqual([
      ['a 0', 'a 1'],
      ['b 0', 'b 1'],
    ]);
    void coalescer.add('a 2');
    runs[0]?.finish();
    await nextTurn();
    expect(runs[2]?.items).toEqual(['c 0']);
  });

  it('serves every owner in turn when there are more than a group holds, one who floods no sooner', async () => {
    const { coalescer, runs } = controlled({ ownerOf: (item) => item.replace(/-.*/, '') });
    for (let at = 0; at < 100; at++) for (let flood = 0; flood < 12; flood++) void coalescer.add(`f${flood}-${at} 0`);
    void coalescer.add('small- 0');
    for (let at = 0; at < 2; at++) {
      await nextTurn();
      runs[at]?.finish();
    }
    expect(runs.slice(0, 2).flatMap(({ items }) => items)).toContain('small- 0');
  });

  it('serves every queue in turn when there are more than a group holds', async () => {
    const { coalescer, runs } = controlled();
    for (const round of [0, 1]) for (let at = 0; at < 15; at++) void coalescer.add(`q${at} ${round}`);
    for (let at = 0; at < 4; at++) {
      await nextTurn();
      runs[at]?.finish();
    }
    const served = runs.slice(0, 3).flatMap(({ items }) => items);
    expect(new Set(served.slice(0, 15).map(queueOf)).size).toBe(15);
  });

  it('lets no failure of one item harm another, at the price of a few runs', async () => {
    const items = itemsOf('a', 65);
    const { all, runs } = failing(['a 40'], 'HALVES');
    expect(await all(items)).toEqual(items.map((item) => (item === 'a 40' ? 'rejected' : 'fulfilled')));
    expect(runs.length).toBeLessThan(16);
    // Nothing ran twice but what had failed, and in order.
    const effective = runs.filter((group) => !group.includes('a 40')).flat();
    expect(effective).toEqual(items.filter((item) => item !== 'a 40'));
  });

  it('runs items singly, each queue in its order, after an error that each part would wait for', async () => {
    const items: Item[] = ['a 0', 'b 0', 'a 1', 'b 1', 'a 2'];
    const { all, runs } = failing(['a 1'], 'SINGLY');
    expect(await all(items)).toEqual(items.map((item) => (item === 'a 1' ? 'rejected' : 'fulfilled')));
    const singles = runs.slice(1);
    expect(singles.every(({ length }) => length === 1)).toBe(true);
    expect(singles.flat().filter((item) => queueOf(item) === 'a')).toEqual(['a 0', 'a 1', 'a 2']);
    expect(singles).toHaveLength(5);
  });

  it('gives each item the error of a group whose effect is not known, and runs none again', async () => {
    const { all, runs } = failing(['a 1'], 'NOT');
    expect(await all(['a 0', 'a 1'])).toEqual(['rejected', 'rejected']);
    expect(runs).toHaveLength(1);
  });

  it('runs an item again that had no effect, before those that wait in its queue', async () => {
    const { coalescer, runs } = controlled({ maxGroupSize: 2 });
    const results = (['a 0', 'a 1', 'a 2'] as const).map((item) => coalescer.add(item));
    await Promise.resolve();
    runs[0]?.finish(['RETRY', { error: new Error('refused') }]);
    await expect(results[1]).rejects.toThrow('refused');
    expect(runs[1]?.items).toEqual(['a 0', 'a 2']);
    runs[1]?.finish();
    await expect(results[0]).resolves.toBe('a 0 done');
  });

  it('sends the next group before it settles the items of the one before', async () => {
    const { coalescer, runs } = controlled();
    const seen: number[] = [];
    void coalescer.add('a 0').then(() => seen.push(runs.length));
    await Promise.resolve();
    void coalescer.add('a 1');
    runs[0]?.finish();
    await nextTurn();
    await nextTurn();
    expect(seen).toEqual([2]);
  });

  it('waits for the interval between two groups, but not before the first', async () => {
    const { coalescer, runs } = controlled({ intervalMs: 20 });
    const startedAt = performance.now();
    void coalescer.add('a 0');
    await Promise.resolve();
    expect(runs).toHaveLength(1);
    runs[0]?.finish();
    for (const name of ['a', 'b']) void coalescer.add(`${name} 1`);
    await eventually(() => {
      expect(runs[1]?.items).toEqual(['a 1', 'b 1']);
    });
    expect(performance.now() - startedAt).toBeGreaterThan(19);
  });

  it('starts a group beside another at once if it is full, and a smaller one only if the other takes long', async () => {
    const patient = controlled({ maxInFlight: 3, besideAfterMs: 60_000 });
    for (const item of ['a 0', ...itemsOf('b', 9)] as const) {
      void patient.coalescer.add(item);
      await Promise.resolve();
    }
    expect(patient.runs.map(({ items }) => items)).toEqual([['a 0']]);
    void patient.coalescer.add('b 9');
    await Promise.resolve();
    expect(patient.runs.slice(1).map(({ items }) => items)).toEqual([itemsOf('b', 10)]);
    for (const { finish } of patient.runs) finish();
    const { coalescer, runs } = controlled({ maxInFlight: 3, besideAfterMs: 20 });
    const startedAt = performance.now();
    for (const item of ['a 0', 'b 0'] as const) {
      void coalescer.add(item);
      await Promise.resolve();
    }
    await eventually(() => {
      expect(runs.map(({ items }) => items)).toEqual([['a 0'], ['b 0']]);
    });
    expect(performance.now() - startedAt).toBeGreaterThan(19);
    // The one that takes long delays no later group.
    for (const at of [1, 2, 3]) {
      runs[at]?.finish();
      await nextTurn();
      void coalescer.add(`b ${at}`);
      await Promise.resolve();
      expect(runs[at + 1]?.items).toEqual([`b ${at}`]);
    }
    for (const { finish } of runs) finish();
  });

  it('sends what waits in one group when the one in flight ends, however short that took', async () => {
    const { coalescer, runs } = controlled({ maxInFlight: 3, besideAfterMs: 60_000 });
    for (const name of ['a', 'b', 'c', 'd']) {
      void coalescer.add(`${name} 0`);
      await Promise.resolve();
    }
    expect(runs.map(({ items }) => items)).toEqual([['a 0']]);
    runs[0]?.finish();
    await nextTurn();
    expect(runs.slice(1).map(({ items }) => items)).toEqual([['b 0', 'c 0', 'd 0']]);
    runs[1]?.finish();
  });

  it('is idle when nothing waits or is in flight, so that a shutdown loses nothing', async () => {
    const { coalescer, runs } = controlled();
    await coalescer.whenIdle();
    void coalescer.add('a 0');
    await Promise.resolve();
    void coalescer.add('a 1');
    let isIdle = false;
    const idle = coalescer.whenIdle().then(() => (isIdle = true));
    runs[0]?.finish();
    await nextTurn();
    expect(isIdle).toBe(false);
    runs[1]?.finish();
    await idle;
  });
});

describe('coalesced reads', () => {
  it('share a row where their keys are equal, and miss what does not exist', async () => {
    const asked: (readonly number[])[] = [];
    const reads = coalesceReads<number, { readonly id: number }>(
      String,
      ({ id }) => id,
      (keys) => {
        asked.push(keys);
        return Promise.resolve(keys.filter((key) => key !== 3).map((id) => ({ id })));
      },
    );
    const rows = await Promise.all([1, 2, 2, 3].map((key) => reads.add(key)));
    expect(rows).toEqual([{ id: 1 }, { id: 2 }, { id: 2 }, null]);
    expect(asked).toEqual([[1, 2, 3]]);
  });

  it('fail together, because each would fail alone', async () => {
    const reads = coalesceReads<number, number>(String, Number, () => Promise.reject(new Error('no database')));
    const results = await Promise.allSettled([1, 2, 3].map((key) => reads.add(key)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
