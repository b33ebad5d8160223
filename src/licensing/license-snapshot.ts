import type { JsonObject } from '../shared/json.js';
import { columnsOf, toJson, type EntityColumn } from '../shared/persistence/entity-columns.js';
import type { LicenseStatus, StoredStatus } from './license-status.js';

interface StatusRow {
  status: StoredStatus;
}

/** Returns the columns that a snapshot contains: those that actions can change, without `omitted`. */
export function snapshotColumns<Row extends StatusRow>(
  entity: abstract new () => Row,
  omitted: readonly (keyof Row)[],
): readonly EntityColumn<Row>[] {
  return columnsOf(entity).filter(({ isUpdatable, property }) => isUpdatable && !omitted.includes(property));
}

/** Returns these columns by wire name, with the current status in place of the stored one, for events. */
export function snapshotOf<Row extends StatusRow>(
  license: Row,
  columns: readonly EntityColumn<Row>[],
  status: LicenseStatus,
): JsonObject {
  return { ...toJson(license, columns), status };
}

/** Restores fields of a snapshot taken before a change. EXPIRED and PENDING become ACTIVE, because they are never stored. */
export function revert<Row extends StatusRow>(
  license: Row,
  columns: readonly EntityColumn<Row>[],
  before: JsonObject,
): void {
  for (const { name, property, type } of columns) {
    const value = before[name];
    if (value === undefined) continue;
    const isTime = type === 'timestamptz' && typeof value === 'string';
    Object.assign(license, { [property]: isTime ? new Date(value) : value });
  }
  if (before.status === 'EXPIRED' || before.status === 'PENDING') license.status = 'ACTIVE';
}
