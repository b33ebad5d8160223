/** Values of a line by the name of their column: text from CSV, any JSON from NDJSON. */
export type SourceRecord = Readonly<Record<string, unknown>>;

/** Column of a member, or columns of which the first that has a value counts. A dot reaches into objects. */
type Columns = string | readonly string[];

/** Columns of a member, or the rules by which its value is made. */
export type ColumnRule =
  | Columns
  | {
      readonly from: Columns;
      /** Values of the other system with ours. A value that is not listed stays as it is. */
      readonly values?: Readonly<Record<string, string | boolean | null>>;
      /** Columns that decide before all others, each with the value that it must have and ours. */
      readonly when?: readonly (readonly [column: string, is: string, value: string])[];
      /** Columns of a list's items, by member. */
      readonly items?: Readonly<Record<string, Columns>>;
    };

/** Columns of an export of another system, by member of ImportLine. `customer.email` is the member of a member; `metadata.x` keeps a column. */
export interface ColumnMapping {
  readonly columns: Readonly<Record<string, ColumnRule>>;
  /** Values of members that have no column, or none in this line. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** Mapping of lines with our names: in CSV, `customer.email` and `metadata.x` are columns. */
export function ownMapping(record: SourceRecord): ColumnMapping {
  return { columns: Object.fromEntries(Object.keys(record).map((name) => [name, name])) };
}

const TIMES = ['issued_date', 'expiry_date', 'activated_at', 'last_seen_at'];
const NUMBERS = ['max_activations'];
const FLAGS = ['trial'];
/** Members of which an empty column means null. */
const NULLABLE = ['expiry_date'];
const MIN_EPOCH_MS = 100_000_000_000;

/** Returns the line with the members of ImportLine. Values that cannot be converted stay, and the schema refuses them. */
export function mapColumns(record: SourceRecord, { columns, defaults = {} }: ColumnMapping): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const [member, rule] of Object.entries(columns)) {
    const { from, values, when = [], items } = rulesOf(rule);
    const decided = when.find(([column, is]) => String(valueAt(record, column)).toLowerCase() === is);
    const found = decided ? decided[2] : firstValue(record, from);
    const known = values && Object.hasOwn(values, String(found)) ? values[String(found)] : undefined;
    setMember(line, member, known === null ? null : convert(member, known ?? found, items));
  }
  for (const [member, value] of Object.entries(defaults))
    if (line[member] === undefined) setMember(line, member, value);
  return line;
}

function rulesOf(rule: ColumnRule): Exclude<ColumnRule, Columns> {
  return typeof rule === 'string' || isList(rule) ? { from: rule } : rule;
}

function isList(rule: object): rule is readonly string[] {
  return Array.isArray(rule);
}

function firstValue(record: SourceRecord, from: Columns): unknown {
  let empty: unknown;
  for (const name of typeof from === 'string' ? [from] : from) {
    const value = valueAt(record, name);
    if (value !== undefined && value !== null && value !== '') return value;
    if (value !== undefined) empty = null;
  }
  return empty;
}

function valueAt(record: SourceRecord, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  let value: unknown = record;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as SourceRecord)[part];
  }
  return value;
}

/** Defines a member, because assigning one with the name `__proto__` would change all objects. */
function setMember(line: Record<string, unknown>, member: string, value: unknown): void {
  if (value === undefined) return;
  const dot = member.indexOf('.');
  if (dot < 0) {
    define(line, member, value);
    return;
  }
  const [outer, inner] = [member.slice(0, dot), member.slice(dot + 1)];
  if (!Object.hasOwn(line, outer)) define(line, outer, {});
  const whole = line[outer];
  if (typeof whole === 'object' && whole !== null) define(whole, inner, value);
}

function define(target: object, member: string, value: unknown): void {
  Object.defineProperty(target, member, { value, enumerable: true, configurable: true, writable: true });
}

function convert(member: string, value: unknown, items?: Readonly<Record<string, Columns>>): unknown {
  if (value === null || value === '') return NULLABLE.includes(member) ? null : undefined;
  if (value === undefined) return undefined;
  if (TIMES.includes(member)) return toTime(value);
  if (NUMBERS.includes(member)) return typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
  if (FLAGS.includes(member)) return toFlag(value);
  if (member === 'devices') return toItems(value, 'fingerprint', items);
  if (member === 'features') return toItems(value, 'feature_id', items).map(withFeatureName);
  if (member === 'metadata') return toMetadata(typeof value === 'string' ? toJson(value) : value);
  if (member.startsWith('metadata.') || typeof value === 'string') return value;
  // It was rounded already; as a number the schema refuses it.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

/** Converts dates, times without a time zone (taken as UTC), and seconds or milliseconds since 1970 of 10 or 13 digits, to ISO 8601. */
function toTime(value: unknown): unknown {
  const text = String(value).trim();
  if (/^(\d{10}|\d{13})(\.\d+)?$/.test(text)) {
    const number = Number(text);
    return new Date(number < MIN_EPOCH_MS ? number * 1_000 : number).toISOString();
  }
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))? ?(Z|UTC|[+-]\d\d:?\d\d)?$/.exec(text);
  if (!parts) return value;
  const [, date = '', time = '00:00:00', zone = 'Z'] = parts;
  const offset = zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  return `${date}T${time.length === 5 ? `${time}:00` : time}${offset}`;
}

function toFlag(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim().toLowerCase();
  if (['true', '1', 'yes'].includes(text)) return true;
  return ['false', '0', 'no'].includes(text) ? false : value;
}

/** Returns the items of a list: JSON, or text with `;` between the ids. */
function toItems(value: unknown, id: string, columns?: Readonly<Record<string, Columns>>): Record<string, unknown>[] {
  const parsed = typeof value === 'string' && /^\s*\[/.test(value) ? toJson(value) : value;
  const list: unknown[] = Array.isArray(parsed)
    ? parsed
    : String(parsed)
        .split(';')
        .map((each) => each.trim())
        .filter((each) => each !== '');
  return list.map((item) => {
    if (typeof item !== 'object' || item === null) return { [id]: item };
    return columns ? mapColumns(item as SourceRecord, { columns }) : (item as Record<string, unknown>);
  });
}

function withFeatureName(feature: Record<string, unknown>): Record<string, unknown> {
  return { feature_name: feature.feature_id, ...feature };
}

/** Returns metadata as an object, also from a list of keys with values. */
function toMetadata(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const entries = value.map((entry: unknown) => [valueAt({ entry }, 'entry.key'), valueAt({ entry }, 'entry.value')]);
  return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : value;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
