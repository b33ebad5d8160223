import { toCsv } from '../../parts/csv.js';
import { cellOf, type SourceFile, type SourceRow } from './source-file.js';

/** Members of a line that a column can be. */
export const MEMBERS = [
  'license_key',
  'external_id',
  'license_template_id',
  'product_id',
  'customer.customer_id',
  'customer.email',
  'customer.first_name',
  'customer.last_name',
  'customer.company_name',
  'issued_to',
  'issued_date',
  'expiry_date',
  'status',
  'trial',
  'max_activations',
  'features',
  'devices',
] as const;

/** Systems whose exports the server knows. */
export const SYSTEMS = ['keygen', 'cryptlex', 'licensespring', 'lemon-squeezy'] as const;
export type System = (typeof SYSTEMS)[number];

export interface ImportMapping {
  /** Undefined: the columns are ours, or are named by `members`. */
  readonly system: System | undefined;
  /** Member of each column of a CSV file; none leaves the column out. */
  readonly members: Readonly<Record<string, string>>;
  /** Template of lines that name neither template nor product. */
  readonly templateId: string;
}

const SYNONYMS: Readonly<Record<string, (typeof MEMBERS)[number]>> = {
  key: 'license_key',
  serial: 'license_key',
  id: 'external_id',
  template: 'license_template_id',
  product: 'product_id',
  customer: 'customer.customer_id',
  email: 'customer.email',
  mail: 'customer.email',
  firstname: 'customer.first_name',
  lastname: 'customer.last_name',
  company: 'customer.company_name',
  name: 'issued_to',
  created: 'issued_date',
  issued: 'issued_date',
  expires: 'expiry_date',
  expiry: 'expiry_date',
  validuntil: 'expiry_date',
  state: 'status',
  seats: 'max_activations',
};

const bare = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');

/** Guesses the members of columns by their names. No member is guessed twice. */
export function guessMembers(columns: readonly string[]): Record<string, string> {
  const members: Record<string, string> = {};
  for (const column of columns) {
    const own = column.startsWith('metadata.') ? column : MEMBERS.find((member) => bare(member) === bare(column));
    const member = own ?? SYNONYMS[bare(column)];
    if (member !== undefined && !Object.values(members).includes(member)) members[column] = member;
  }
  return members;
}

/** Lines of one request. */
export interface ImportPart {
  readonly body: string;
  readonly contentType: 'text/csv' | 'application/x-ndjson';
  /** The row of each line of the body. */
  readonly rows: ReadonlyMap<number, SourceRow>;
}

const ROWS_PER_PART = 250;

/** Returns the requests for the rows that can be read. */
export async function* partsOf(file: SourceFile, mapping: ImportMapping): AsyncGenerator<ImportPart> {
  const rows = file.rows.filter(({ value }) => value !== undefined);
  const isWithoutId = (row: SourceRow) =>
    mapping.system === undefined && !idsOf(file, mapping).some((name) => hasValue(row.value?.[name]));
  const keys = await contentKeys(rows.filter(isWithoutId));
  for (let at = 0; at < rows.length; at += ROWS_PER_PART) {
    const part = rows.slice(at, at + ROWS_PER_PART);
    yield file.kind === 'csv' ? csvPart(file, part, mapping, keys) : jsonPart(part, mapping, keys);
  }
}

/** Names of the members by which the server knows a line again. */
function idsOf(file: SourceFile, { members }: ImportMapping): string[] {
  const ids = ['license_key', 'external_id', 'idempotency_key'];
  return file.kind === 'csv' ? file.columns.filter((column) => ids.includes(members[column] ?? '')) : ids;
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** A key of each row that is made of its content in any order and of its place among equal rows: that of `npm run import`, so that neither imports what the other did. */
async function contentKeys(rows: readonly SourceRow[]): Promise<ReadonlyMap<SourceRow, string>> {
  const counts = new Map<string, number>();
  const keys = new Map<SourceRow, string>();
  for (const row of rows) {
    const content = contentOf(row.value);
    const count = (counts.get(content) ?? 0) + 1;
    counts.set(content, count);
    keys.set(row, `${await digestOf(content)}-${count}`);
  }
  return keys;
}

/** Returns JSON with the members in the order of their names. */
function contentOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(contentOf).join(',')}]`;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${contentOf(member)}`).join(',')}}`;
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function csvPart(
  file: SourceFile,
  rows: readonly SourceRow[],
  { system, members, templateId }: ImportMapping,
  keys: ReadonlyMap<SourceRow, string>,
): ImportPart {
  const columns = system === undefined ? file.columns.filter((column) => members[column] !== undefined) : file.columns;
  const header = system === undefined ? columns.map((column) => members[column] ?? '') : [...columns];
  const named = (row: SourceRow, member: string) => row.value?.[columns[header.indexOf(member)] ?? ''];
  const isDefaulted = system === undefined && templateId !== '';
  const hasTemplate = header.includes('license_template_id');
  const table = rows.map((row) => {
    const needsTemplate =
      isDefaulted && !hasValue(named(row, 'license_template_id')) && !hasValue(named(row, 'product_id'));
    const values = columns.map((column, index) =>
      needsTemplate && header[index] === 'license_template_id' ? templateId : cellOf(row.value?.[column]),
    );
    return [
      ...values,
      ...(isDefaulted && !hasTemplate ? [needsTemplate ? templateId : ''] : []),
      ...(keys.size > 0 ? [keys.get(row) ?? ''] : []),
    ];
  });
  const head = [
    ...header,
    ...(isDefaulted && !hasTemplate ? ['license_template_id'] : []),
    ...(keys.size > 0 ? ['idempotency_key'] : []),
  ];
  const numbers = new Map<number, SourceRow>();
  let body = toCsv([head]);
  let line = 2;
  for (const [index, row] of rows.entries()) {
    const text = toCsv([table[index] ?? []]);
    numbers.set(line, row);
    line += text.split('\n').length - 1;
    body += text;
  }
  return { body, contentType: 'text/csv', rows: numbers };
}

const TIMES = ['issued_date', 'expiry_date'];
const TEXTS = ['license_key', 'external_id', 'issued_to', 'idempotency_key', 'license_template_id', 'product_id'];

/** Returns the values of a line as the API has them: people type days, and digits that are a text. */
function corrected(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([member, typed]) => {
      if (TIMES.includes(member) && typeof typed === 'string') return [member, toTime(typed)];
      const isText = TEXTS.includes(member) && (typeof typed === 'number' || typeof typed === 'boolean');
      return [member, isText ? String(typed) : typed];
    }),
  );
}

/** Returns a day, or a time without a time zone, as one in UTC; other text as it is. */
function toTime(text: string): string {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?$/.exec(text.trim()) ?? [];
  if (day === undefined) return text;
  return `${day}T${time === undefined ? '00:00:00' : time.length === 5 ? `${time}:00` : time}Z`;
}

function jsonPart(
  rows: readonly SourceRow[],
  { system, templateId }: ImportMapping,
  keys: ReadonlyMap<SourceRow, string>,
): ImportPart {
  const lines = rows.map((row) => {
    if (system !== undefined) return row.text.trim();
    const line: Record<string, unknown> = row.isRestored ? corrected(row.value ?? {}) : { ...row.value };
    const key = keys.get(row);
    if (key !== undefined) line.idempotency_key = key;
    if (templateId !== '' && !hasValue(line.product_id)) line.license_template_id ??= templateId;
    return JSON.stringify(line);
  });
  return {
    body: lines.join('\n'),
    contentType: 'application/x-ndjson',
    rows: new Map(rows.map((row, index) => [index + 1, row])),
  };
}
