import { describe, expect, it } from '@jest/globals';
import { mapInOrder } from './in-order.js';

async function* count(to: number, seen: number[] = []) {
  for (let item = 0; item < to; item++) {
    seen.push(item);
    yield await Promise.resolve(item);
  }
}

describe('work in order', () => {
  it('gives results in the order of the items, whichever ends first', async () => {
    const results: number[] = [];
    for await (const result of mapInOrder(count(100), 7, async (item) => {
      for (let turn = 0; turn < (item * 37) % 11; turn++) await Promise.resolve();
      return item;
    })) {
      results.push(result);
    }
    expect(results).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  it('never works on more than the window, and on as much as it can', async () => {
    let [working, most] = [0, 0];
    let given = 0;
    for await (const result of mapInOrder(count(50), 5, async (item) => {
      most = Math.max(most, ++working);
      await new Promise(setImmediate);
      working--;
      return item;
    })) {
      expect(result).toBe(given++);
    }
    expect({ most, given }).toEqual({ most: 5, given: 50 });
  });

  it('gives a result before the next item arrives', async () => {
    let arrive: () => void = () => undefined;
    async function* items() {
      yield 1;
      await new Promise<void>((arrived) => (arrive = arrived));
      yield 2;
    }
    const results = mapInOrder(items(), 10, (item) => Promise.resolve(item));
    expect(await results.next()).toEqual({ done: false, value: 1 });
    arrive();
    expect(await results.next()).toEqual({ done: false, value: 2 });
    expect(await results.next()).toMatchObject({ done: true });
  });

  it('fails where the items do, after what came before', async () => {
    async function* items() {
      yield await Promise.resolve(1);
      throw new Error('cut');
    }
    const results = mapInOrder(items(), 10, (item) => Promise.resolve(item));
    expect((await results.next()).value).toBe(1);
    await expect(results.next()).rejects.toThrow('cut');
  });

  it.each([
    ['the consumer stops', () => Promise.resolve(1)],
    ['work fails', () => Promise.reject(new Error('failed'))],
  ])('returns the source when %s, without another item of it', async (_, work) => {
    const source = {
      asked: 0,
      returned: 0,
      [Symbol.asyncIterator]: () => source,
      next: () => (++source.asked > 1 ? new Promise<never>(() => undefined) : Promise.resolve({ value: 1 })),
      return: () => Promise.resolve({ done: true as const, value: ++source.returned }),
    };
    const results = mapInOrder(source, 1, work);
    await results.next().catch(() => undefined);
    await results.return(undefined);
    expect(source.returned).toBe(1);
  });

  it('begins nothing more when nobody wants more', async () => {
    const seen: number[] = [];
    for await (const result of mapInOrder(count(100, seen), 3, (item) => Promise.resolve(item)))
      if (result === 4) break;
    expect(seen.length).toBeLessThanOrEqual(8);
  });
});
