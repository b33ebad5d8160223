import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../json.js';

/** What a change did, in wire names: only the fields that differ. */
export interface Change {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/** Undefined when nothing differs: then there is no new version and no event. */
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
