export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Returns the canonical JSON (RFC 8785). Members are sorted by UTF-16 code units, the order of JavaScript strings. */
export function canonicalize(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalize(inner)}`).join(',')}}`;
}
