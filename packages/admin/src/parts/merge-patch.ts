type Members = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the JSON Merge Patch that makes one object of another; undefined if they are the same. */
export function mergePatch(before: Members, after: Members): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) patch[name] = null;
  for (const [name, value] of Object.entries(after)) {
    const former = Object.hasOwn(before, name) ? before[name] : undefined;
    const change = isObject(former) && isObject(value) ? mergePatch(former, value) : value;
    if (change !== undefined && JSON.stringify(former) !== JSON.stringify(value)) patch[name] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Returns the object that a text is in JSON; undefined if it is none. Empty text is an object without members. */
export function objectOf(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns an object as a text that people edit; empty for one without members. */
export function textOfObject(value: Members): string {
  return Object.keys(value).length === 0 ? '' : JSON.stringify(value, null, 2);
}
