import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { PageRequest } from '../shared/persistence/page-request.js';
import { TenantScopedRepository, type Condition } from '../shared/persistence/tenant-scoped.repository.js';
import { listedRow, type ListedRow } from './license-json.js';
import { License } from './license.entity.js';
import { MetadataValuesRepository } from './metadata-filters/metadata-values.repository.js';

/** Licenses of a tenant that are due at a time, earliest first; see `TenantTimer.due`. The parameters are SQL expressions. */
export const DUE_LICENSES = (tenantId: string, now: string) =>
  `licenses item WHERE item.tenant_id = ${tenantId} AND item.status = 'ACTIVE' AND item.next_due_at <= ${now} ORDER BY item.next_due_at`;
/** Those whose `next_due_at` lies after a future expiry: a clock that was ahead had marked them. */
export const LICENSES_MARKED_EARLY = (tenantId: string, now: string) =>
  `licenses item WHERE item.tenant_id = ${tenantId} AND item.status = 'ACTIVE'
     AND (item.next_due_at IS NULL OR item.next_due_at > item.expiry_date) AND item.expiry_date > ${now} ORDER BY item.expiry_date`;

@Injectable()
export class LicenseRepository extends TenantScopedRepository<License> {
  /** Metadata of the licenses that were locked, so that an update knows whether an action changed it. */
  private readonly lockedMetadata = new WeakMap<License, License['metadata']>();
  private listedRow: string | undefined;

  constructor(
    unitOfWork: UnitOfWork,
    private readonly metadataValues: MetadataValuesRepository,
  ) {
    super(License, 'licenseId', unitOfWork);
  }

  override async findForUpdate(tenantId: string, licenseId: string): Promise<License | null> {
    const license = await super.findForUpdate(tenantId, licenseId);
    if (license) this.lockedMetadata.set(license, license.metadata);
    return license;
  }

  /** Adds the product name, which is no column of `licenses`. */
  override columns(alias: string, omitted?: readonly Extract<keyof License, string>[]): string {
    return `${super.columns(alias, omitted)}, (${selectProductName(alias)}) AS "productDisplayName"`;
  }

  override async update(license: License): Promise<void> {
    const columns: Partial<License> = Object.assign({}, license);
    delete columns.productDisplayName;
    await super.update(columns as License);
    if (this.lockedMetadata.get(license) !== license.metadata) await this.refreshMetadataValues([license]);
  }

  /** Inserts like `TenantScopedRepository`, with the values of metadata that the tenant filters by. */
  override async insertMany(transaction: Transaction, licenses: readonly License[]): Promise<ReadonlySet<string>> {
    const inserted = await super.insertMany(transaction, licenses);
    const described = licenses.filter(
      ({ licenseId, metadata }) => inserted.has(licenseId) && Object.keys(metadata).length > 0,
    );
    if (described.length > 0) await this.refreshMetadataValues(described);
    return inserted;
  }

  private refreshMetadataValues(licenses: readonly License[]): Promise<void> {
    const [{ tenantId } = { tenantId: '' }] = licenses;
    const ids = licenses.map(({ licenseId }) => licenseId);
    return this.unitOfWork.run(tenantId, (transaction) => {
      this.metadataValues.refresh(transaction, ids);
      return Promise.resolve();
    });
  }

  /** Lists the rows that are in one of the disjoint parts like `list`, each as one text; see `readListed`. */
  listAsText(
    tenantId: string,
    { now, seatsInUse }: SeatsInUse,
    parts: readonly (readonly Condition[])[],
    page: PageRequest,
  ): Promise<ListedRow[]> {
    this.listedRow ??= `${listedRow(seatsInUse('item', '$2::timestamptz'), 'product.name')} AS row`;
    // Behind the limit, PostgreSQL reads a product once for all licenses of the page.
    const join = `LEFT JOIN LATERAL (${selectProductName('item')} OFFSET 0) product ON true`;
    return this.queryPage(tenantId, this.listStatement([tenantId, now], this.listedRow, parts, page, join));
  }

  /** Lists licenses in one of the disjoint parts like `list`, with their versions and the fields that they are sorted by. */
  listVersions(
    tenantId: string,
    parts: readonly (readonly Condition[])[],
    page: PageRequest,
  ): Promise<ListedVersion[]> {
    const columns = `item.license_id AS "licenseId", item.version, item.created_at AS "createdAt",
      item.expiry_date AS "expiryDate", item.issued_to AS "issuedTo"`;
    return this.queryPage<ListedVersion>(tenantId, this.listStatement([tenantId], columns, parts, page));
  }

  /** Returns the ids of licenses that are revoked or suspended and changed at or after `since`. */
  async listRevoked(tenantId: string, since: Date): Promise<string[]> {
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<{ license_id: string }>({
        name: 'licenses.list-revoked',
        text: `SELECT license_id FROM licenses
               WHERE tenant_id = $1 AND status IN ('REVOKED', 'SUSPENDED') AND updated_at >= $2 AND files_until IS NOT NULL`,
        values: [tenantId, since],
      }),
    );
    return rows.map(({ license_id }) => license_id);
  }

  /**
   * Locks at most `limit` due licenses, also those that were marked early, earliest first, and skips those that another transaction has
   * locked.
   */
  async lockDue(transaction: Transaction, now: Date, limit: number): Promise<License[]> {
    const lock = (name: string, licenses: (tenantId: string, now: string) => string, most: number) =>
      transaction.query({
        name,
        text: `SELECT ${this.columns('item')} FROM ${licenses('$1', '$2')} LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
        values: [transaction.tenantId, now, most],
      });
    const due = await lock('licenses.lock-due', DUE_LICENSES, limit);
    const left = limit - due.length;
    const early = left > 0 ? await lock('licenses.lock-marked-early', LICENSES_MARKED_EARLY, left) : [];
    return [...due, ...early].map((row) => this.toEntity(row));
  }

  /** Writes the changes that due milestones made to licenses read by `lockDue` in the same transaction. */
  updateTimes(transaction: Transaction, licenses: readonly License[]): void {
    transaction.write({
      name: 'licenses.update-times',
      text: `UPDATE licenses SET expiry_date = item.expiry_date, maintenance_expiry = item.maintenance_expiry,
               anchor_day = item.anchor_day, next_due_at = item.next_due_at, version = item.version, updated_at = item.updated_at
             FROM jsonb_to_recordset($2::jsonb) AS item (license_id uuid, expiry_date timestamptz,
               maintenance_expiry timestamptz, anchor_day smallint, next_due_at timestamptz, version integer, updated_at timestamptz)
             WHERE licenses.tenant_id = $1 AND licenses.license_id = item.license_id`,
      values: [transaction.tenantId, JSON.stringify(licenses.map(toTimes))],
    });
  }
}

/** A license with its version and the fields that licenses are sorted by. */
type ListedVersion = Pick<License, 'licenseId' | 'version' | 'createdAt' | 'expiryDate' | 'issuedTo'>;

/** SQL expression for the seats in use at a time; see SeatCounter.seatsInUseSql. */
export interface SeatsInUse {
  readonly now: Date;
  readonly seatsInUse: (license: string, now: string) => string;
}

function selectProductName(license: string): string {
  return `SELECT product.name FROM billing_products product
      WHERE product.tenant_id = ${license}.tenant_id AND product.product_id = ${license}.product_id`;
}

/** Returns the columns that milestones change. */
function toTimes(license: License): Record<string, unknown> {
  return {
    license_id: license.licenseId,
    expiry_date: license.expiryDate,
    maintenance_expiry: license.maintenanceExpiry,
    anchor_day: license.anchorDay,
    next_due_at: license.nextDueAt,
    version: license.version,
    updated_at: license.updatedAt,
  };
}
