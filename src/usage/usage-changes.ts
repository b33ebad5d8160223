import { Injectable } from '@nestjs/common';
import type { License } from '../licensing/index.js';
import type { Outcome } from '../shared/async/coalescer.js';
import { coalesceWrites } from '../shared/persistence/coalesce-writes.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import type { Statement } from '../shared/persistence/tenant-connection.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { Feature } from '../templates/index.js';
import { periodStart } from './entitlement.js';

/** An amount of a feature to consume, at most up to its limit in the current period. */
export interface Consumption {
  readonly license: License;
  readonly feature: Feature;
  readonly amount: number;
  readonly limit: number;
  readonly now: Date;
}

/** Row of `license_usages` that was changed. */
interface ConsumedRow {
  readonly tenant_id: string;
  readonly license_id: string;
  readonly feature_id: string;
  readonly period_start: Date;
  readonly used: number;
}

type UsageKey = Omit<ConsumedRow, 'used'>;

/**
 * Consumes amounts ($1) of different rows, each only if its limit allows it. ON CONFLICT finds each row by its key, as the tenant of the row
 * (decision 0022), and decides by what is committed, so that concurrent changes cannot exceed the limit.
 */
const CONSUME = {
  name: 'usages.consume',
  text: `WITH asked AS MATERIALIZED (
           SELECT * FROM jsonb_to_recordset($1) AS asked (tenant_id text, license_id uuid, feature_id text, period_start timestamptz,
                                                          amount bigint, most bigint, changed_at timestamptz))
         INSERT INTO license_usages AS usage (tenant_id, license_id, feature_id, period_start, used, created_at, updated_at)
         SELECT tenant_id, license_id, feature_id, period_start, amount, changed_at, changed_at
         FROM (SELECT * FROM asked OFFSET 0) AS item WHERE ${SET_TENANT_OF_ROW}
         ON CONFLICT (tenant_id, license_id, feature_id, period_start)
           DO UPDATE SET used = usage.used + excluded.used, updated_at = greatest(usage.updated_at, excluded.updated_at)
           WHERE usage.used + excluded.used <= (
             SELECT most FROM asked WHERE (asked.license_id, asked.feature_id, asked.period_start, asked.tenant_id)
               = (excluded.license_id, excluded.feature_id, excluded.period_start, excluded.tenant_id))
         RETURNING tenant_id, license_id, feature_id, period_start, used::float8 AS used`,
};

/** Consumes usage. Requests that arrive while others are in flight are one statement. */
@Injectable()
export class UsageConsumer {
  private readonly groups = coalesceWrites<Consumption, number | undefined>({
    queueOf: nameOf,
    run: (group) => this.consumeGroup(group),
  });

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * Returns the new usage; undefined, without a change, if it would exceed the limit. Without a transaction, outside any unit of work, it is
   * committed; in one it must be the last statement of the work.
   */
  async consume(consumption: Consumption, transaction?: Transaction): Promise<number | undefined> {
    if (consumption.amount > consumption.limit) return undefined;
    if (!transaction) return this.groups.add(consumption);
    const [row] = await transaction.queryLast<ConsumedRow>(consumeStatement([consumption]));
    return row?.used;
  }

  /** Sends the first consumption of each row, because a statement changes a row once; the others run again. */
  private async consumeGroup(group: readonly Consumption[]): Promise<Outcome<number | undefined>[]> {
    const firsts = new Map(group.toReversed().map((each) => [nameOf(each), each]));
    // Transactions that lock rows in different orders would deadlock.
    const sent = [...firsts.values()].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
    const rows = await this.unitOfWork.executeStandalone<ConsumedRow>(consumeStatement(sent));
    const used = new Map(rows.map((row) => [nameOfKey(row), row.used]));
    return group.map((each) => (firsts.get(nameOf(each)) === each ? { result: used.get(nameOf(each)) } : 'RETRY'));
  }
}

function consumeStatement(consumptions: readonly Consumption[]): Statement {
  const rows = consumptions.map((each) => ({
    ...keyOf(each),
    amount: each.amount,
    most: each.limit,
    changed_at: each.now,
  }));
  return { ...CONSUME, values: [JSON.stringify(rows)] };
}

function keyOf({ license, feature, now }: Consumption): UsageKey {
  return {
    tenant_id: license.tenantId,
    license_id: license.licenseId,
    feature_id: feature.feature_id,
    period_start: periodStart(feature, now),
  };
}

function nameOf(consumption: Consumption): string {
  return nameOfKey(keyOf(consumption));
}

function nameOfKey({ tenant_id, license_id, feature_id, period_start }: UsageKey): string {
  return `${tenant_id} ${license_id} ${period_start.getTime()} ${feature_id}`;
}
