import { JsonText } from '../shared/http/json-text.js';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { hydrate } from '../shared/persistence/hydrate.js';
import type { TextRow } from '../shared/persistence/tenant-connection.js';
import { License } from './license.entity.js';
import { LicenseResponse } from './license.response.js';
import { maxActivationsOf } from './max-activations.js';

type Member = keyof LicenseResponse;

/** Row of a list as PostgreSQL writes it, and the license with the fields that computed members and cursors follow from. */
export interface ListedLicense {
  readonly row: TextRow;
  readonly license: License;
}

/** Columns of the response. The sealed license key is not among them. */
const COLUMNS = columnsOf(License).filter(({ name }) => name in LicenseResponse.shape);
const AT = Object.fromEntries(COLUMNS.map(({ property }, at) => [property, at])) as Readonly<
  Record<keyof License, number>
>;
const PRODUCT_NAME_AT = COLUMNS.length;

/** Returns the select list of the row `item`, which ends with the name of the product. The parameters are SQL expressions. */
export function listedColumns(seatsInUse: string, productName: string): string {
  const columns = COLUMNS.map(({ name }) => (name === 'current_activations' ? seatsInUse : `item.${name}`));
  return [...columns, productName].join(', ');
}

/** Writers of values as JSON, by column type. PostgreSQL writes numbers and jsonb as JSON does. */
const WRITERS: Readonly<Record<string, (text: string) => string>> = {
  uuid: quote,
  text: JSON.stringify,
  boolean: (text) => (isTrue(text) ? 'true' : 'false'),
  timestamptz: (text) => quote(toIso(text)),
  integer: String,
  smallint: String,
  'double precision': String,
  jsonb: String,
};

/** Members that are not the stored value of their column. */
const COMPUTED: Readonly<Partial<Record<Member, (listed: ListedLicense, now: Date) => string>>> = {
  status: ({ license }, now) => quote(license.statusAt(now)),
  expiry_date: ({ row, license }, now) => timeOf(license.expiryAt(now), license.expiryDate, row[AT.expiryDate]),
  maintenance_expiry: ({ row, license }, now) =>
    timeOf(license.maintenanceExpiryAt(now), license.maintenanceExpiry, row[AT.maintenanceExpiry]),
  max_activations: ({ license }) => String(maxActivationsOf(license)),
  current_activations: ({ license }) => String(license.currentActivations),
  product_display_name: ({ row }) => JSON.stringify(row[PRODUCT_NAME_AT] ?? row[AT.productName]),
  in_grace: ({ license }, now) => String(license.isInGrace(now)),
  grace_ends_at: ({ row, license }, now) => timeOf(license.graceEndsAt(now), license.expiryDate, row[AT.expiryDate]),
  anchor_day: ({ license }, now) => String(license.anchorDayAt(now)),
};

const MEMBERS = (Object.keys(LicenseResponse.shape) as Member[]).map((name, at) => {
  const start = `${at === 0 ? '{' : ','}"${name}":`;
  const column = COLUMNS.findIndex((each) => each.name === name);
  const write = COMPUTED[name] ?? storedValue(column, WRITERS[COLUMNS[column]?.type ?? '']);
  return { start, write };
});

/** Reads a row of `listedColumns`. */
export function readListed(row: TextRow): ListedLicense {
  const text = (property: keyof License) => row[AT[property]] ?? null;
  const number = (property: keyof License) => nullable(text(property), Number);
  const time = (property: keyof License) => nullable(text(property), (value) => new Date(toIso(value)));
  const fields = {
    tenantId: text('tenantId'),
    licenseId: text('licenseId'),
    licenseType: text('licenseType'),
    licenseModel: text('licenseModel'),
    status: text('status'),
    issuedTo: text('issuedTo'),
    expiryDate: time('expiryDate'),
    maintenanceExpiry: time('maintenanceExpiry'),
    anchorDay: number('anchorDay'),
    defaultDuration: number('defaultDuration'),
    gracePeriodDays: number('gracePeriodDays'),
    autoRenewalEnabled: isTrue(text('autoRenewalEnabled')),
    trial: isTrue(text('trial')),
    maxActivations: number('maxActivations'),
    currentActivations: number('currentActivations'),
    filesValidUntil: time('filesValidUntil'),
    createdAt: time('createdAt'),
  };
  return { row, license: hydrate(License, fields) };
}

/**
 * Writes the license as of `now`, as `toLicenseResponse` does, without parsing values that are only written again. The members are joined at
 * once: added one by one they would be a chain of thousands of strings a page.
 */
export function toLicenseJson(listed: ListedLicense, now: Date): JsonText<LicenseResponse> {
  const members = MEMBERS.map(({ start, write }) => start + write(listed, now));
  return new JsonText(`${members.join('')}}`);
}

function storedValue(at: number, write: ((text: string) => string) | undefined) {
  if (!write) throw new Error('A member of a license is neither computed nor a column of a known type.');
  return ({ row }: ListedLicense) => nullable(row[at] ?? null, write) ?? 'null';
}

/** Writes a time whose stored value is known as text. */
function timeOf(time: Date | null, stored: Date | null, text: string | null | undefined): string {
  if (time === null) return 'null';
  return quote(text && time.getTime() === stored?.getTime() ? toIso(text) : time.toISOString());
}

/** Turns a timestamptz in UTC, such as `2026-01-02 03:04:05.6+00`, into ISO 8601 with milliseconds. Microseconds are cut. */
function toIso(text: string): string {
  const fraction = text[19] === '.' ? text.slice(20, text.indexOf('+', 20)).slice(0, 3) : '';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(3, '0')}Z`;
}

/** Quotes a text that needs no escapes. */
function quote(text: string): string {
  return `"${text}"`;
}

function isTrue(text: string | null): boolean {
  return text === 't';
}

function nullable<Value>(text: string | null, read: (text: string) => Value): Value | null {
  return text === null ? null : read(text);
}
