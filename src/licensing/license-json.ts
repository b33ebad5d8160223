import { JsonText } from '../shared/http/json-text.js';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { hydrate } from '../shared/persistence/hydrate.js';
import type { Term } from '../templates/index.js';
import { License } from './license.entity.js';
import type { Overrides } from './license-overrides.js';
import { LicenseResponse } from './license.response.js';
import { maxActivationsOf } from './max-activations.js';

type Member = keyof LicenseResponse;

/** Values of a listed row as text, and the license with the fields that computed members and cursors follow from. */
export interface ListedLicense {
  readonly values: readonly string[];
  readonly license: License;
}

/** Row that a statement selected as one text. */
export interface ListedRow {
  readonly row: string;
}

/** Columns of the response, and the one that says whether the license has started. The sealed license key is not among them. */
const COLUMNS = columnsOf(License).filter(({ name }) => name in LicenseResponse.shape || name === 'awaited_start');
const AT = Object.fromEntries(COLUMNS.map(({ property }, at) => [property, at])) as Readonly<
  Record<keyof License, number>
>;
const PRODUCT_NAME_AT = COLUMNS.length;

/** Character between the values of a row, which stands in none of them, because JSON escapes it. */
const SEPARATOR = '\u001f';
/** Text columns that the schema limits to a few words, so that only the others need escapes. */
const WORDS: readonly string[] = ['license_type', 'license_model', 'status', 'overage_policy', 'eviction_policy'];

/**
 * Returns the SQL expression that joins the values of the row `item` and its product's name into one text, because reading thousands of
 * values a page one by one costs Node more than anything else. A missing value is empty. The parameters are SQL expressions.
 */
export function listedRow(seatsInUse: string, productName: string): string {
  const values = COLUMNS.map(({ name, type }) => {
    if (name === 'current_activations') return seatsInUse;
    return type === 'text' && !WORDS.includes(name) ? `to_json(item.${name})` : `item.${name}`;
  });
  const all = [...values, `to_json(coalesce(${productName}, item.product_name))`];
  return `format('${all.map(() => '%s').join(SEPARATOR)}', ${all.join(', ')})`;
}

/** Writers of values that PostgreSQL does not write as JSON, by column type. */
const WRITERS: Readonly<Record<string, ((text: string) => string) | undefined>> = {
  uuid: quote,
  boolean: (text) => (isTrue(text) ? 'true' : 'false'),
  timestamptz: (text) => quote(toIso(text)),
};

/** Members that are not the stored value of their column. */
const COMPUTED: Readonly<Partial<Record<Member, (listed: ListedLicense, now: Date) => string>>> = {
  status: ({ license }, now) => quote(license.statusAt(now)),
  expiry_date: ({ values, license }, now) => timeOf(license.expiryAt(now), license.expiryDate, values[AT.expiryDate]),
  maintenance_expiry: ({ values, license }, now) =>
    timeOf(license.maintenanceExpiryAt(now), license.maintenanceExpiry, values[AT.maintenanceExpiry]),
  max_activations: ({ license }) => String(maxActivationsOf(license)),
  product_display_name: ({ values }) => values[PRODUCT_NAME_AT] ?? 'null',
  overrides: ({ license }, now) => JSON.stringify(license.overridesAt(now) ?? {}),
  starts_at: ({ license }) => timeOf(license.startOf, null),
  expires_if_started_by: ({ license }) => timeOf(license.waitingEndsAt, null),
  in_grace: ({ license }, now) => String(license.isInGrace(now)),
  grace_ends_at: ({ values, license }, now) =>
    timeOf(license.graceEndsAt(now), license.expiryDate, values[AT.expiryDate]),
  anchor_day: ({ license }, now) => String(license.anchorDayAt(now)),
};

const MEMBERS = (Object.keys(LicenseResponse.shape) as Member[]).map((name, at) => {
  const start = `${at === 0 ? '{' : ','}"${name}":`;
  return { start, write: COMPUTED[name] ?? storedValue(name) };
});

/** Reads a row of `listedRow`. */
export function readListed({ row }: ListedRow): ListedLicense {
  const values = row.split(SEPARATOR);
  const text = (property: keyof License) => values[AT[property]] ?? '';
  const number = (property: keyof License) => nullable(text(property), Number);
  const time = (property: keyof License) => nullable(text(property), (value) => new Date(toIso(value)));
  const fields = {
    licenseId: text('licenseId'),
    licenseType: text('licenseType'),
    licenseModel: text('licenseModel'),
    status: text('status'),
    issuedTo: JSON.parse(text('issuedTo')) as string,
    expiryDate: time('expiryDate'),
    issuedDate: time('issuedDate'),
    startsAt: time('startsAt'),
    awaitedStart: nullable(text('awaitedStart'), (value) => JSON.parse(value) as License['awaitedStart']),
    maintenanceExpiry: time('maintenanceExpiry'),
    anchorDay: number('anchorDay'),
    defaultDuration: number('defaultDuration'),
    defaultTerm: nullable(text('defaultTerm'), (value) => JSON.parse(value) as Term),
    gracePeriodDays: number('gracePeriodDays'),
    overrides: nullable(text('overrides'), (value) => JSON.parse(value) as Overrides),
    autoRenewalEnabled: isTrue(text('autoRenewalEnabled')),
    subscriptionId: nullable(text('subscriptionId'), (value) => JSON.parse(value) as string),
    trial: isTrue(text('trial')),
    maxActivations: number('maxActivations'),
    createdAt: time('createdAt'),
  };
  return { values, license: hydrate(License, fields) };
}

/**
 * Writes the license as of `now`, as `toLicenseResponse` does, without parsing values that are only written again. The parts are joined at
 * once: added one by one they would be a chain of thousands of strings a page.
 */
export function toLicenseJson(listed: ListedLicense, now: Date): JsonText<LicenseResponse> {
  const parts: string[] = [];
  for (const { start, write } of MEMBERS) parts.push(start, write(listed, now));
  parts.push('}');
  return new JsonText(parts.join(''));
}

function storedValue(name: Member) {
  const at = COLUMNS.findIndex((column) => column.name === name);
  const column = COLUMNS[at];
  if (!column) throw new Error(`The member ${name} of a license is neither computed nor a column.`);
  const write = WORDS.includes(name) ? quote : (WRITERS[column.type] ?? String);
  return ({ values }: ListedLicense) => nullable(values[at] ?? '', write) ?? 'null';
}

/** Writes a time whose stored value is known as text. */
function timeOf(time: Date | null, stored: Date | null, text = ''): string {
  if (time === null) return 'null';
  return quote(time === stored ? toIso(text) : time.toISOString());
}

/** Turns a timestamptz(3) in UTC, such as `2026-01-02 03:04:05.6+00`, into ISO 8601 with milliseconds. */
function toIso(text: string): string {
  const time = text.slice(11, -3);
  return `${text.slice(0, 10)}T${time.length === 12 ? time : withMilliseconds(time)}Z`;
}

/** PostgreSQL leaves out zeros at the end. */
function withMilliseconds(time: string): string {
  return (time.includes('.') ? time : `${time}.`).padEnd(12, '0');
}

/** Quotes a text that needs no escapes. */
function quote(text: string): string {
  return `"${text}"`;
}

function isTrue(text: string): boolean {
  return text === 't';
}

function nullable<Value>(text: string, read: (text: string) => Value): Value | null {
  return text === '' ? null : read(text);
}
