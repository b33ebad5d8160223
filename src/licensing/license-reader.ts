import { Injectable } from '@nestjs/common';
import { coalesceReads } from '../shared/async/coalesce-reads.js';
import { Clock } from '../shared/time/clock.js';
import { jsonReader } from '../shared/persistence/entity-columns.js';
import type { JsonRow, RowKey } from '../shared/persistence/tenant-scoped.repository.js';
import { rowKeyString } from '../shared/tenant-id.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { License } from './license.entity.js';
import { LicenseRepository } from './license.repository.js';
import { SeatCounter } from './seat-counter.js';

type Column = Extract<keyof License, string>;

/** Reads a license that a statement selected by `LicenseReader.selectSql` as one JSON value. */
export const readLicense = jsonReader(License);

/** Reads licenses with the seats in use now, but without their sealed license key: in statements of its own and as a part of others. */
@Injectable()
export class LicenseReader {
  private readonly reads = coalesceReads<RowKey, License>(
    ({ tenantId, id }) => rowKeyString(tenantId, id),
    ({ tenantId, licenseId }) => ({ tenantId, id: licenseId }),
    async (keys) => this.toLicenses(await this.unitOfWork.queryStandalone<JsonRow>(this.findByKeys(keys))),
  );

  private readonly statement = this.licenses.selectByKeys(
    'licenses.find-with-seats',
    `${this.columns('item', '$3')} FROM licenses item`,
    'row_to_json(item) AS row',
  );

  constructor(
    private readonly licenses: LicenseRepository,
    private readonly seatCounter: SeatCounter,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Reads in the open unit of work; without one, shares a statement with other reads that arrive meanwhile. */
  async find(tenantId: string, licenseId: string): Promise<License | null> {
    const key = { tenantId, id: licenseId };
    if (!this.unitOfWork.isOpen) return this.reads.add(key);
    return this.unitOfWork.read(tenantId, async (transaction) => {
      const [license] = this.toLicenses(await transaction.query<JsonRow>(this.findByKeys([key])));
      return license && this.licenses.isVisible(transaction, license) ? license : null;
    });
  }

  /**
   * Returns a query for the license with this key and its row version, for a statement that reads more than licenses; `readLicense` reads its
   * row. The parameters are SQL expressions.
   */
  selectSql(tenantId: string, licenseId: string, now: string, omitted: readonly Column[]): string {
    return `SELECT ${this.columns('item', now, omitted)}, item.xmin::text AS "rowVersion" FROM licenses item
            WHERE item.tenant_id = ${tenantId} AND item.license_id = ${licenseId}`;
  }

  private columns(alias: string, now: string, omitted: readonly Column[] = []): string {
    const stored = this.licenses.columns(alias, [...omitted, 'licenseKeySealed', 'currentActivations']);
    return `${stored}, ${this.seatCounter.seatsInUseSql(alias, now)} AS "currentActivations"`;
  }

  private findByKeys(keys: readonly RowKey[]) {
    return this.statement(keys, this.clock.now());
  }

  private toLicenses(rows: readonly JsonRow[]): License[] {
    return rows.map(({ row }) => readLicense(row));
  }
}
