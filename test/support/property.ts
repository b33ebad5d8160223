import { expect } from '@jest/globals';
import fc, { type IAsyncProperty } from 'fast-check';

/** Extensions of a run whose cases have not reached everything; each draws as many cases again. */
const MAX_ROUNDS = 8;

/** Drawn once for the whole run, by jest.config.js. */
const SEED = Number(process.env.TEST_SEED);

fc.configureGlobal({ seed: SEED });

export default fc;
export type { Arbitrary } from 'fast-check';

/**
 * Checks the property with `numRuns` cases, and with as many again while the cases have not reached all that they should:
 * with a drawn seed, chance may leave out a rare one.
 */
export async function assertUntilReached<T>(
  property: IAsyncProperty<T>,
  { numRuns, timeLimitMs }: { readonly numRuns: number; readonly timeLimitMs: number },
  unreached: () => readonly unknown[],
): Promise<void> {
  for (let round = 0; round === 0 || (round < MAX_ROUNDS && unreached().length > 0); round++)
    await fc.assert(property, { numRuns, interruptAfterTimeLimit: timeLimitMs, seed: (SEED + round) | 0 });
  expect(unreached()).toEqual([]);
}
