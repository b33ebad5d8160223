import { describe, expect, it } from '@jest/globals';
import { FairSlots, RunSlot } from './fair-slots.js';

describe('slots of runs', () => {
  /** Order in which runs of tenants get a slot, as they give them back one after the other. */
  async function orderOf(slots: number, tenants: readonly string[]): Promise<string[]> {
    const fair = new FairSlots(slots);
    const granted: string[] = [];
    const waiting = tenants.map(async (tenantId) => {
      await fair.acquire(tenantId);
      granted.push(tenantId);
    });
    for (let given = 0; given < tenants.length - slots; given++) {
      await new Promise(setImmediate);
      fair.release();
    }
    await Promise.all(waiting);
    return granted;
  }

  it('go to tenants in turns: a small tenant is not behind the thousands of runs of a huge one', async () => {
    const huge = Array.from({ length: 10_000 }, () => 'huge');
    const order = await orderOf(16, [...huge, 'small', 'small']);
    const small = order.flatMap((tenant, at) => (tenant === 'small' ? [at] : []));
    expect(order).toHaveLength(10_002);
    // The first release serves the huge tenant, whose turn it was, and each second one the small tenant.
    expect(small).toEqual([17, 19]);
  });

  it('go in the order of their requests within one tenant, and in turns among three', async () => {
    expect(await orderOf(1, ['a', 'a', 'a', 'b', 'c', 'b'])).toEqual(['a', 'a', 'b', 'c', 'a', 'b']);
  });

  it('are taken and given back once by a run, however often it asks', async () => {
    const fair = new FairSlots(1);
    const [first, second] = [new RunSlot(fair, 'a'), new RunSlot(fair, 'b')];
    await first.acquire();
    await first.acquire();
    first.release();
    first.release();
    await second.acquire();
    let isGranted = false;
    const third = first.acquire().then(() => {
      isGranted = true;
    });
    await new Promise(setImmediate);
    expect(isGranted).toBe(false);
    second.release();
    await third;
  });
});
