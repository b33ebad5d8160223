/** Returns true for text that PostgreSQL and every JSON parser accept: without U+0000 and lone surrogates. */
export function isCleanText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Returns the fault of a value as stored JSON, or undefined. Stops below `maxDepth`, so that deep nesting costs nothing. */
export function jsonFault(value: unknown, maxDepth: number): string | undefined {
  if (typeof value === 'string') return isCleanText(value) ? undefined : 'must not contain U+0000 or lone surrogates';
  if (typeof value === 'number') return numberFault(value);
  if (value === null || typeof value !== 'object') return undefined;
  if (maxDepth === 0) return 'must not be nested too deeply';
  for (const [key, inner] of Object.entries(value)) {
    const fault = isCleanText(key) ? jsonFault(inner, maxDepth - 1) : 'must not contain U+0000 or lone surrogates';
    if (fault) return fault;
  }
  return undefined;
}

/** Rejects numbers that JavaScript cannot represent, because they would be returned as other numbers. */
function numberFault(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'must not contain numbers beyond 1.8e308';
  const rounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  return rounded ? 'must not contain integers beyond 2^53; send them as text' : undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON Merge Patch (RFC 7396): null removes a member, an object is merged, anything else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, Json>(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const current = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isJsonObject(value) ? mergePatch(isJsonObject(current) ? current : {}, value) : value);
  }
  return Object.fromEntries(merged);
}

/** Plain JSON value, which survives storing in the event log unchanged. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export type JsonObject = Record<string, Json>;

/** Joins texts that are JSON into a JSON array. */
export function joinJson(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}
