import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../json.js';

/** Fields that a change modified, in wire names. */
export interface Change {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/** Returns undefined if nothing differs: then there is no new version and no event. */
export function changeBetween(before: JsonObject, after: JsonObject): Change | undefined {
  const changed = Object.keys(after).filter((key) => !isDeepStrictEqual(before[key], after[key]));
  if (changed.length === 0) return undefined;
  return { before: pick(before, changed), after: pick(after, changed) };
}

export function pick(values: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter((key) => key in values).map((key) => [key, values[key] ?? null]));
}

export function omit(values: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
}
