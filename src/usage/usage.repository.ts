import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import type { License } from '../licensing/index.js';
import { coalesceReads } from '../shared/async/coalesce-reads.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import type { Statement } from '../shared/persistence/tenant-connection.js';
import type { RowKey } from '../shared/persistence/tenant-scoped.repository.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { rowKeyString } from '../shared/tenant-id.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { toCurrentUsage, type PeriodUsage } from './current-usage.js';
import { periodStart } from './entitlement.js';
import type { StoredUsage } from './stored-usage.js';
import type { UsableFeature } from './usable-feature.js';

const READ = {
  name: 'usages.read',
  text: `SELECT feature_id, period_start, used::float8 AS used FROM license_usages
         WHERE tenant_id = $1 AND license_id = $2 AND period_start = ANY($3::timestamptz[])`,
};
/** `used` is null if a row changed after the time, because earlier values are not stored. */
const READ_AS_OF = {
  name: 'usages.read-as-of',
  text: `SELECT feature_id, period_start, CASE WHEN created_at > $4 THEN 0 WHEN updated_at <= $4 THEN used END::float8 AS used
         FROM license_usages
         WHERE tenant_id = $1 AND license_id = $2 AND period_start = ANY($3::timestamptz[])`,
};

const READ_ALL = {
  name: 'usages.read-all',
  text: `SELECT tenant_id AS "tenantId", id, (
           SELECT json_agg(item) FROM (
             SELECT feature_id, period_start, used::float8 AS used, updated_at FROM license_usages usage
             WHERE usage.tenant_id = wanted.tenant_id AND usage.license_id = wanted.id
             ORDER BY feature_id, period_start DESC LIMIT 1000) item) AS usage
         FROM (SELECT * FROM unnest($1::text[], $2::uuid[]) AS asked (tenant_id, id) WHERE ${SET_TENANT_OF_ROW} OFFSET 0) wanted`,
};
const BEGIN_PERIOD = {
  name: 'usages.begin-period',
  text: `INSERT INTO license_usages (tenant_id, license_id, feature_id, period_start, used, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 0, $5, $5) ON CONFLICT DO NOTHING`,
};
const LOCK = {
  name: 'usages.lock',
  text: `SELECT feature_id, period_start, used::float8 AS used, updated_at FROM license_usages
         WHERE tenant_id = $1 AND license_id = $2 AND feature_id = $3 AND period_start = $4 FOR NO KEY UPDATE`,
};
const CORRECT = {
  name: 'usages.correct',
  text: `UPDATE license_usages SET used = $5, updated_at = greatest(updated_at, $6)
         WHERE tenant_id = $1 AND license_id = $2 AND feature_id = $3 AND period_start = $4`,
};

/** Feature of a license in one period. */
export interface UsageKey {
  readonly licenseId: string;
  readonly featureId: string;
  readonly periodStart: Date;
}

/** Usage of a license in all periods. Times are text in JSON. */
interface UsageOfLicense extends RowKey {
  readonly usage: readonly JsonOf<StoredUsage>[] | null;
}
type JsonOf<Row> = { readonly [Name in keyof Row]: Row[Name] extends Date ? string : Row[Name] };

/** Reads usage per feature, and corrects it; UsageChanges writes that of programs. */
@Injectable()
export class UsageRepository {
  private readonly reads = coalesceReads<RowKey, UsageOfLicense>(
    ({ tenantId, id }) => rowKeyString(tenantId, id),
    (row) => row,
    (keys) => this.unitOfWork.queryStandalone<UsageOfLicense & QueryResultRow>(readAll(keys)),
  );

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Returns the usage in the current period by feature. */
  read(tenantId: string, license: License, now: Date): Promise<ReadonlyMap<string, number>> {
    return this.readBy<number>(tenantId, license, now, (values) => ({ ...READ, values }));
  }

  /** Returns the usage of one feature in the current period. */
  async readOne({ license, feature, now }: UsableFeature): Promise<number> {
    return (await this.read(license.tenantId, license, now)).get(feature.feature_id) ?? 0;
  }

  /** Returns the usage at a past time for the license as it was; null if that is unknown. */
  readAsOf(tenantId: string, license: License, instant: Date): Promise<ReadonlyMap<string, number | null>> {
    const statement = (values: unknown[]) => ({ ...READ_AS_OF, values: [...values, instant] });
    return this.readBy<number | null>(tenantId, license, instant, statement);
  }

  /**
   * Returns the usage in all periods, by feature and the latest first. Reads in the open unit of work; without one, shares a statement with
   * other reads that arrive meanwhile.
   */
  async readAll(tenantId: string, licenseId: string): Promise<StoredUsage[]> {
    const key = { tenantId, id: licenseId };
    const readOne = async (transaction: Transaction) =>
      (await transaction.query<UsageOfLicense & QueryResultRow>(readAll([key])))[0];
    const found = await (this.unitOfWork.isOpen ? this.unitOfWork.read(tenantId, readOne) : this.reads.add(key));
    return (found?.usage ?? []).map((row) => ({
      ...row,
      period_start: new Date(row.period_start),
      updated_at: new Date(row.updated_at),
    }));
  }

  /** Locks the usage in a period; undefined if there is none. With a time it is begun then, with a usage of 0. */
  async lock(transaction: Transaction, key: UsageKey, begun?: Date): Promise<StoredUsage | undefined> {
    const values = [transaction.tenantId, key.licenseId, key.featureId, key.periodStart];
    if (begun) transaction.write({ ...BEGIN_PERIOD, values: [...values, begun] });
    const [row] = await transaction.query<StoredUsage>({ ...LOCK, values });
    return row;
  }

  /** Sets the usage that `lock` returned. */
  correct(
    transaction: Transaction,
    { licenseId, featureId, periodStart: start }: UsageKey,
    used: number,
    now: Date,
  ): void {
    const values = [transaction.tenantId, licenseId, featureId, start, used, now];
    transaction.write({ ...CORRECT, values });
  }

  private async readBy<Used>(
    tenantId: string,
    license: License,
    at: Date,
    statement: (values: unknown[]) => Statement,
  ): Promise<ReadonlyMap<string, Used>> {
    const periods = license.features.map((feature) => periodStart(feature, at));
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<PeriodUsage<Used>>(statement([tenantId, license.licenseId, periods])),
    );
    return toCurrentUsage(license, rows, at);
  }
}

function readAll(keys: readonly RowKey[]): Statement {
  return { ...READ_ALL, values: [keys.map(({ tenantId }) => tenantId), keys.map(({ id }) => id)] };
}
