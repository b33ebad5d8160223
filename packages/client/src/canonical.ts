export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** RFC 8785: one spelling for each JSON value. Members are ordered by UTF-16 code units, as JavaScript orders text. */
export function canonicalize(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalize(inner)}`).join(',')}}`;
}
