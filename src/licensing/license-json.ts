import { JsonText } from '../shared/http/json-text.js';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { hydrate } from '../shared/hydrate.js';
import type { Term } from '../templates/index.js';
import { License } from './license.entity.js';
import type { Overrides } from './license-overrides.js';
import { LicenseResponse } from './license.response.js';
import { maxActivationsOf } from './max-activations.js';
import type { SortedFields } from './queries/license-sort-orders.js';

type Member = keyof LicenseResponse;

/** Values of a listed row as text, and the license with the fields that computed members follow from. */
export interface ListedLicense {
  readonly values: readonly string[];
  readonly license: License;
}

/** Row that a statement selected as one text. */
export interface ListedRow {
  readonly row: string;
}

/** Text columns that the schema limits to a few words, or to ids, so that only the others need escapes. */
const WORDS = ['license_type', 'license_model', 'status', 'overage_policy', 'eviction_policy'];
const UNESCAPED: readonly string[] = [...WORDS, 'tenant_id', 'customer_id', 'template_id', 'product_id'];
/** Type of the value that is selected for a column. */
const selectedType = ({ name, type }: { readonly name: string; readonly type: string }) =>
  type === 'text' && !UNESCAPED.includes(name) ? 'json' : type;

/**
 * Columns of the response, and the one that says whether the license has started. The sealed license key is not among them. They are in the
 * order of their types, because `format` looks a type up where it is not that of the argument before.
 */
const COLUMNS = columnsOf(License)
  .filter(({ name }) => name in LicenseResponse.shape || name === 'awaited_start')
  .sort((one, other) => selectedType(one).localeCompare(selectedType(other)));
const AT = Object.fromEntries(COLUMNS.map(({ property }, at) => [property, at])) as Readonly<
  Record<keyof License, number>
>;
const PRODUCT_NAME_AT = COLUMNS.length;

/** Character between the values of a row, which stands in none of them, because JSON escapes it. */
const SEPARATOR = '\u001f';
/**
 * Returns the SQL expression that joins the values of the row `item` and its product's name into one text, because reading thousands of
 * values a page one by one costs Node more than anything else. A missing value is empty. The parameters are SQL expressions.
 */
export function listedRow(seatsInUse: string, productName: string): string {
  const values = COLUMNS.map((column) => {
    if (column.name === 'current_activations') return seatsInUse;
    return selectedType(column) === 'json' ? `to_json(item.${column.name})` : `item.${column.name}`;
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
  starts_at: ({ values, license }) => timeOf(license.startOf, license.issuedDate, values[AT.issuedDate]),
  expires_if_started_by: ({ license }) => timeOf(license.waitingEndsAt, null),
  in_grace: ({ license }, now) => String(license.isInGrace(now)),
  grace_ends_at: ({ values, license }, now) =>
    timeOf(license.graceEndsAt(now), license.expiryDate, values[AT.expiryDate]),
  anchor_day: ({ license }, now) => String(license.anchorDayAt(now)),
};

/** Members in their order: each is computed, or the stored value of a column, as PostgreSQL wrote it or by a writer. */
const MEMBERS = (Object.keys(LicenseResponse.shape) as Member[]).map((name, place) => {
  const start = `${place === 0 ? '{' : ','}"${name}":`;
  const compute = COMPUTED[name];
  const at = COLUMNS.findIndex((column) => column.name === name);
  const column = COLUMNS[at];
  if (!compute && !column) throw new Error(`The member ${name} of a license is neither computed nor a column.`);
  const write = UNESCAPED.includes(name) ? quote : WRITERS[column?.type ?? ''];
  return { start, at, write, compute };
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
  };
  return { values, license: hydrate(License, fields) };
}

/** Returns the fields by which lists are sorted. The time of creation is read here alone, since a page has one position. */
export function sortedFieldsOf({ values, license }: ListedLicense): SortedFields {
  const { licenseId, expiryDate, issuedTo } = license;
  return { licenseId, expiryDate, issuedTo, createdAt: new Date(toIso(values[AT.createdAt] ?? '')) };
}

/** Writes the license as of `now`, as `toLicenseResponse` does, without parsing values that are only written again. */
export function toLicenseJson(listed: ListedLicense, now: Date): JsonText<LicenseResponse> {
  const { values } = listed;
  let text = '';
  for (const { start, at, write, compute } of MEMBERS) {
    if (compute) {
      text += start + compute(listed, now);
      continue;
    }
    const value = values[at] ?? '';
    text += start + (value === '' ? 'null' : write ? write(value) : value);
  }
  return new JsonText(`${text}}`);
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
