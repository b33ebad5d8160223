import { Injectable } from '@nestjs/common';
import { violates } from '../database/sql-errors.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { RetryTransaction, type Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { yieldToEventLoop } from '../shared/async/yield-to-event-loop.js';
import { asText, type TextRow } from '../shared/persistence/tenant-connection.js';
import type { PageRequest } from '../shared/persistence/page-request.js';
import { TenantScopedRepository, type Condition } from '../shared/persistence/tenant-scoped.repository.js';
import { issueStatement, type IssuedRow, type IssueRow } from './issuing/issue-statement.js';
import { listedColumns } from './license-json.js';
import { License } from './license.entity.js';
import { TrialAlreadyUsedError } from './license.errors.js';

@Injectable()
export class LicenseRepository extends TenantScopedRepository<License> {
  constructor(unitOfWork: UnitOfWork) {
    super(License, 'licenseId', unitOfWork);
  }

  /** Adds the product name, which is no column of `licenses`. */
  override columns(alias: string, omitted?: readonly Extract<keyof License, string>[]): string {
    return `${super.columns(alias, omitted)}, ${productName(alias)} AS "productDisplayName"`;
  }

  override async update(license: License): Promise<void> {
    const columns: Partial<License> = Object.assign({}, license);
    delete columns.productDisplayName;
    await super.update(columns as License);
  }

  /** Lists like `list`, with the columns of a list as PostgreSQL writes them; see `readListed`. */
  async listAsText(
    tenantId: string,
    { now, seatsInUse }: SeatsInUse,
    conditions: readonly Condition[],
    page: PageRequest,
  ): Promise<TextRow[]> {
    const select = listedColumns(seatsInUse('item', '$2::timestamptz'), productName('item'));
    const statement = this.listStatement([tenantId, now], select, conditions, page);
    // A statement with filters has no name, so that it is planned for their values each time.
    const name = page.after ? 'licenses.list-after' : 'licenses.list';
    const named = conditions.length === 0 ? { ...statement, name } : statement;
    const rows = await this.unitOfWork.read(tenantId, (transaction) => transaction.query<TextRow>(asText(named)));
    await yieldToEventLoop();
    return rows;
  }

  /** Returns the ids of licenses that are revoked or suspended and changed at or after `since`. */
  async listRevoked(tenantId: string, since: Date): Promise<string[]> {
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<{ license_id: string }>({
        name: 'licenses.list-revoked',
        text: `SELECT license_id FROM licenses
               WHERE tenant_id = $1 AND status IN ('REVOKED', 'SUSPENDED') AND updated_at >= $2`,
        values: [tenantId, since],
      }),
    );
    return rows.map(({ license_id }) => license_id);
  }

  /**
   * Stores licenses, each with its event: those of several tenants in a transaction of their own, or those of one tenant in the open unit of
   * work. A license in neither set of the result has outdated terms or a claim that was not free. Throws TrialAlreadyUsedError if another
   * transaction stored the same trial meanwhile, RetryTransaction if a license key exists.
   */
  async issueAll(rows: readonly IssueRow[]): Promise<IssueAllResult> {
    for (const { license, event } of rows) assertOf(license, event.tenantId);
    const eventsOf = (issued: readonly IssuedRow[]) => {
      const ids = idsOf(issued, true);
      return rows.flatMap(({ license, event }) => (ids.has(license.licenseId) ? [event] : []));
    };
    const issued = await this.issueRows(rows, eventsOf).catch(throwNamed);
    return { stored: idsOf(issued, true), usedTrials: idsOf(issued, false) };
  }

  private issueRows(
    rows: readonly IssueRow[],
    eventsOf: (issued: readonly IssuedRow[]) => readonly IntegrationEvent[],
  ): Promise<readonly IssuedRow[]> {
    const [first] = rows;
    if (!first) return Promise.resolve([]);
    if (!this.unitOfWork.isOpen) return this.unitOfWork.executeStandalone<IssuedRow>(issueStatement(rows), eventsOf);
    // Events of a unit of work are stored with its commit, in the order in which they were recorded.
    return this.unitOfWork.run(first.license.tenantId, async (transaction) => {
      const issued = await transaction.query<IssuedRow>(issueStatement(rows, []));
      for (const event of eventsOf(issued)) transaction.record(event);
      return issued;
    });
  }

  /**
   * Locks at most `limit` due licenses, earliest first, and skips those that another transaction has locked. Licenses whose `next_due_at`
   * lies after a future expiry are due, too: a clock that was ahead had marked them.
   */
  async lockDue(transaction: Transaction, now: Date, limit: number): Promise<License[]> {
    const lockWhere = (name: string, condition: string, order: string, most: number) =>
      transaction.query({
        name,
        text: `SELECT ${this.columns('item')} FROM licenses item
               WHERE tenant_id = $1 AND status = 'ACTIVE' AND ${condition}
               ORDER BY ${order} LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
        values: [transaction.tenantId, now, most],
      });
    const due = await lockWhere('licenses.lock-due', 'next_due_at <= $2', 'next_due_at', limit);
    const left = limit - due.length;
    const markedEarly = '(next_due_at IS NULL OR next_due_at > expiry_date) AND expiry_date > $2';
    const early = left > 0 ? await lockWhere('licenses.lock-marked-early', markedEarly, 'expiry_date', left) : [];
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

/** SQL expression for the seats in use at a time; see SeatCounter.seatsInUseSql. */
export interface SeatsInUse {
  readonly now: Date;
  readonly seatsInUse: (license: string, now: string) => string;
}

function productName(license: string): string {
  return `(SELECT product.name FROM billing_products product
      WHERE product.tenant_id = ${license}.tenant_id AND product.product_id = ${license}.product_id)`;
}

/** Ids of the licenses that issueAll stored or refused. */
export interface IssueAllResult {
  readonly stored: ReadonlySet<string>;
  /** Licenses not stored, because the customer had a trial of the product before. */
  readonly usedTrials: ReadonlySet<string>;
}

function assertOf(license: License, tenantId: string | undefined): void {
  if (license.tenantId !== tenantId) throw new TypeError('A license of another tenant was issued.');
}

function idsOf(rows: readonly IssuedRow[], isStored: boolean): ReadonlySet<string> {
  return new Set(rows.flatMap(({ license_id, stored }) => (stored === isStored ? [license_id] : [])));
}

/** Translates constraint violations. A license key that already exists retries the transaction with new license keys. */
function throwNamed(error: unknown): never {
  if (violates(error, 'licenses_one_trial')) throw new TrialAlreadyUsedError(error);
  throw violates(error, 'license_keys_pkey') ? new RetryTransaction('The license key already exists.') : error;
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
