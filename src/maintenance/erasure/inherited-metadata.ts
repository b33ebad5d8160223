import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../shared/json.js';

/** The members of `metadata` that were set since an earlier time, also within objects; none where that time's metadata is not known. */
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

/** The members of `metadata` that `present` has with the same value. */
export function stillPresent(metadata: JsonObject, present: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => isDeepStrictEqual(value, present[name])),
  );
}
