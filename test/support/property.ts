import { expect } from '@jest/globals';
import fc, { type IAsyncProperty } from 'fast-check';

/** Extensions of a run whose cases have not reached everything; each draws a quarter as many cases again. */
const MAX_EXTENSIONS = 28;

/** Drawn once for the whole run, by jest.config.js. */
const SEED = Number(process.env.TEST_SEED);

fc.configureGlobal({ seed: SEED });

export default fc;
export type { Arbitrary } from 'fast-check';

interface Cases<T> {
  /** Cases, those of `examples` among them. */
  readonly numRuns: number;
  readonly timeLimitMs: number;
  /** Cases that come first, and so are reached with every seed. */
  readonly examples?: readonly T[];
}

/**
 * Checks the property with `numRuns` cases, and with a quarter as many again while the cases have not reached all that they
 * should: with a drawn seed, chance may leave out a rare one.
 */
export async function assertUntilReached<T>(
  property: IAsyncProperty<T>,
  { numRuns, timeLimitMs, examples = [] }: Cases<T>,
  unreached: () => readonly unknown[],
): Promise<void> {
  const plugins = [fc.interruptAfterTimeLimit(timeLimitMs)];
  await fc.assert(property, { numRuns, plugins, seed: SEED, examples: [...examples] });
  for (let extension = 1; extension <= MAX_EXTENSIONS && unreached().length > 0; extension++)
    await fc.assert(property, { numRuns: Math.ceil(numRuns / 4), plugins, seed: (SEED + extension) | 0 });
  expect(unreached()).toEqual([]);
}
