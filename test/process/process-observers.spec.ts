import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { EventLoopDelay } from '../../src/metrics/event-loop-delay.js';
import { GarbageCollections } from '../../src/metrics/garbage-collections.js';
import { eventually } from '../support/eventually.js';

const BLOCK_MS = 200;

function block(): void {
  for (const end = performance.now() + BLOCK_MS; performance.now() < end;);
}

describe('the delay of the event loop', () => {
  it('is that by which work held it up, and little while nothing does', async () => {
    const delay = new EventLoopDelay();
    expect(delay.read()).toBeUndefined();
    delay.start();
    await eventually(() => expect(delay.read()?.p50).toBeLessThan(BLOCK_MS / 2 / 1000));
    // Until it shows: the first sample after a look is not taken.
    const late = await eventually(() => {
      block();
      const read = delay.read();
      expect(read?.max).toBeGreaterThan((BLOCK_MS * 0.9) / 1000);
      return read;
    });
    expect(delay.read()).toBe(late);
    delay.stop();
  });

  it('is measured until that is stopped', () => {
    const delay = new EventLoopDelay();
    delay.start();
    expect(delay.stop()).toBe(true);
    expect(delay.stop()).toBe(false);
  });
});

describe('garbage collections', () => {
  it('are counted by kind until that is stopped', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const [registry, others] = [new Registry(), new Registry()];
    const [stopped, going] = [new GarbageCollections(registry), new GarbageCollections(others)];
    const counted = async (of: Registry) => Number(/_count\{kind="major"\} (\d+)/.exec(await of.metrics())?.[1] ?? 0);
    stopped.start();
    going.start();
    collect();
    await eventually(async () => {
      expect(await counted(registry)).toBeGreaterThan(0);
    });
    stopped.stop();
    const [before, othersBefore] = [await counted(registry), await counted(others)];
    collect();
    await eventually(async () => {
      expect(await counted(others)).toBeGreaterThan(othersBefore);
    });
    expect(await counted(registry)).toBe(before);
    going.stop();
  });
});
