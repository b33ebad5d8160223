import { Injectable } from '@nestjs/common';
import type { License } from '../licensing/index.js';
import type { Outcome } from '../shared/async/coalescer.js';
import { coalesceWrites } from '../shared/persistence/coalesce-writes.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import type { Statement } from '../shared/persistence/tenant-connection.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { Feature } from '../templates/index.js';
import { periodStart, usageLimit } from './entitlement.js';

/** Change of the usage of a feature in the current period. */
export interface UsageChange {
  readonly license: License;
  readonly feature: Feature;
  /** Positive to consume, negative to release. */
  readonly amount: number;
  readonly now: Date;
}

/** Row of `license_usages` that was changed. */
interface ChangedRow {
  readonly tenant_id: string;
  readonly license_id: string;
  readonly feature_id: string;
  readonly period_start: Date;
  readonly used: number;
}

type UsageKey = Omit<ChangedRow, 'used'>;

const KEY = ['license_id', 'feature_id', 'period_start', 'tenant_id'] as const;
const keyIn = (row: string) => `(${KEY.map((name) => `${row}.${name}`).join(', ')})`;

/**
 * Changes the usage of different rows ($1), each only if it then is neither negative nor beyond its limit. ON CONFLICT finds each row by its
 * key, as the tenant of the row (decision 0022), and decides by what is committed, so that concurrent changes cannot exceed the limit. A
 * release inserts no row: without one, nothing is used.
 */
const CHANGE = {
  name: 'usages.change',
  text: `WITH asked AS MATERIALIZED (
           SELECT * FROM jsonb_to_recordset($1) AS asked (tenant_id text, license_id uuid, feature_id text, period_start timestamptz,
                                                          amount bigint, most bigint, changed_at timestamptz))
         INSERT INTO license_usages AS usage (tenant_id, license_id, feature_id, period_start, used, created_at, updated_at)
         SELECT tenant_id, license_id, feature_id, period_start, greatest(amount, 0), changed_at, changed_at
         FROM (SELECT * FROM asked WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS item
         WHERE amount > 0 OR EXISTS (SELECT FROM license_usages stored WHERE ${keyIn('stored')} = ${keyIn('item')} OFFSET 0)
         ON CONFLICT (tenant_id, license_id, feature_id, period_start)
           DO UPDATE SET used = usage.used + (SELECT amount FROM asked WHERE ${keyIn('asked')} = ${keyIn('excluded')}),
                         updated_at = greatest(usage.updated_at, excluded.updated_at)
           WHERE (SELECT usage.used + amount BETWEEN 0 AND most FROM asked WHERE ${keyIn('asked')} = ${keyIn('excluded')})
         RETURNING tenant_id, license_id, feature_id, period_start, used::float8 AS used`,
};

/** Consumes and releases usage. Requests that arrive while others are in flight are one statement. */
@Injectable()
export class UsageChanges {
  private readonly groups = coalesceWrites<UsageChange, number | undefined>({
    queueOf: nameOf,
    ownerOf: ({ license }) => license.tenantId,
    run: (group) => this.storeGroup(group),
  });

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * Returns the new usage; undefined, without a change, if it would exceed the limit or be negative. Without a transaction, outside any unit of work, it is
   * committed; in one it must be the last statement of the work.
   */
  async store(change: UsageChange, transaction?: Transaction): Promise<number | undefined> {
    // A row that does not exist yet is not compared with the limit.
    if (change.amount > usageLimit(change.feature)) return undefined;
    if (!transaction) return this.groups.add(change);
    const [row] = await transaction.queryLast<ChangedRow>(changeStatement([change]));
    return row?.used;
  }

  /** Sends the first change of each row, because a statement changes a row once; the others run again. */
  private async storeGroup(group: readonly UsageChange[]): Promise<Outcome<number | undefined>[]> {
    const firsts = new Map(group.toReversed().map((each) => [nameOf(each), each]));
    // Transactions that lock rows in different orders would deadlock.
    const sent = [...firsts.values()].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
    const rows = await this.unitOfWork.executeStandalone<ChangedRow>(changeStatement(sent));
    const used = new Map(rows.map((row) => [nameOfKey(row), row.used]));
    return group.map((each) => (firsts.get(nameOf(each)) === each ? { result: used.get(nameOf(each)) } : 'RETRY'));
  }
}

function changeStatement(changes: readonly UsageChange[]): Statement {
  const rows = changes.map((each) => ({
    ...keyOf(each),
    amount: each.amount,
    // A release is allowed, too, where the limit was lowered below what is used.
    most: each.amount > 0 ? usageLimit(each.feature) : Number.MAX_SAFE_INTEGER,
    changed_at: each.now,
  }));
  return { ...CHANGE, values: [JSON.stringify(rows)] };
}

function keyOf({ license, feature, now }: UsageChange): UsageKey {
  return {
    tenant_id: license.tenantId,
    license_id: license.licenseId,
    feature_id: feature.feature_id,
    period_start: periodStart(feature, now),
  };
}

function nameOf(change: UsageChange): string {
  return nameOfKey(keyOf(change));
}

function nameOfKey({ tenant_id, license_id, feature_id, period_start }: UsageKey): string {
  return `${tenant_id} ${license_id} ${period_start.getTime()} ${feature_id}`;
}
