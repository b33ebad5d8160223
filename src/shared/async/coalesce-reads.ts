import { setTimeout as pause } from 'node:timers/promises';
import { Coalescer } from './coalescer.js';

/** Most reads of a statement. */
const MAX_GROUP_SIZE = 100;
/** Time before each statement of paced reads. */
const PACE_MS = 50;

/**
 * Coalesces reads by key: `add` returns the row, or null if it does not exist. A statement is sent after all its reads have arrived, so
 * each read sees everything committed before it. `nameOf` returns the same string for equal keys, which share a row.
 */
export function coalesceReads<Key, Row>(
  nameOf: (key: Key) => string,
  keyOf: (row: Row) => Key,
  select: (keys: readonly Key[]) => Promise<readonly Row[]>,
): Coalescer<Key, Row | null> {
  return new Coalescer<Key, Row | null>({
    maxGroupSize: MAX_GROUP_SIZE,
    maxInFlight: 1,
    run: async (keys) => {
      const wanted = new Map(keys.map((key) => [nameOf(key), key]));
      const found = new Map((await select([...wanted.values()])).map((row) => [nameOf(keyOf(row)), row]));
      return keys.map((key) => ({ result: found.get(nameOf(key)) ?? null }));
    },
  });
}

/** Paces a statement of coalesced reads: 20 a second at most, however many are guessed. */
export function paced<Key, Row>(
  select: (keys: readonly Key[]) => Promise<readonly Row[]>,
): (keys: readonly Key[]) => Promise<readonly Row[]> {
  return async (keys) => {
    await pause(PACE_MS, undefined, { ref: false });
    return select(keys);
  };
}
