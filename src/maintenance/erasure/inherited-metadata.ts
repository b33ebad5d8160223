import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../shared/json.js';

/**
 * Returns the members of `metadata` that were set after an earlier time, also in nested objects; none if the earlier metadata is unknown.
 */
export function withoutInherited(metadata: JsonObject, earlier: JsonObject | undefined): JsonObject {
  if (!earlier) return {};
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([name, value]) => {
      const before = earlier[name];
      if (isDeepStrictEqual(value, before)) return [];
      if (!isJsonObject(value) || !isJsonObject(before)) return [[name, value]];
      const rest = withoutInherited(value, before);
      return Object.keys(rest).length > 0 ? [[name, rest]] : [];
    }),
  );
}

/** Returns the members of `metadata` that are the same in `present`. */
export function stillPresent(metadata: JsonObject, present: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => isDeepStrictEqual(value, present[name])),
  );
}
