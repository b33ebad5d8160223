import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ValidationCounts, type FailedValidation } from '../../validation/index.js';
import { addCounts } from '../counting/count-events-statement.js';

const FLUSH_INTERVAL_MS = 10_000;
/** Rows of one tenant that wait to be written; those of more licenses are not counted. */
const MAX_ROWS = 100_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Failed validations of a product, or of all where the product is '', on a day with one code. */
interface CodeCount {
  readonly product_id: string;
  readonly day: string;
  readonly code: string;
  validations: number;
}

/** Validations of an expired license. */
interface ExpiredUse {
  readonly license_id: string;
  validations: number;
  first_seen_at: Date;
  last_seen_at: Date;
}

/** Counts of one tenant that are not written yet. */
interface TenantCounts {
  readonly codes: Map<string, CodeCount>;
  readonly expired: Map<string, ExpiredUse>;
}

/** Rows are inserted in the order of their keys, or two processes that write the same ones would deadlock. */
const ADD_CODES = {
  name: 'reports.add-validations',
  text: addCounts(
    'report_validations',
    ['product_id', 'day', 'code'],
    ['validations'],
    `SELECT $1, failed.* FROM jsonb_to_recordset($2) AS failed (product_id text, day date, code text, validations bigint)
      ORDER BY product_id, day, code`,
  ),
};
/** The license was renewed since, and has expired again: counting begins anew. */
const IS_OF_EARLIER_END = `kept.last_seen_at < (SELECT expiry_date FROM report_licenses license
  WHERE license.tenant_id = kept.tenant_id AND license.license_id = kept.license_id)`;
const ADD_EXPIRED = {
  name: 'reports.add-expired-use',
  text: `INSERT INTO report_expired_use AS kept (tenant_id, license_id, validations, first_seen_at, last_seen_at)
         SELECT $1, used.* FROM jsonb_to_recordset($2) AS used (
           license_id uuid, validations bigint, first_seen_at timestamptz, last_seen_at timestamptz)
         ORDER BY license_id
         ON CONFLICT (tenant_id, license_id) DO UPDATE SET
           validations = EXCLUDED.validations + CASE WHEN ${IS_OF_EARLIER_END} THEN 0 ELSE kept.validations END,
           first_seen_at = CASE WHEN ${IS_OF_EARLIER_END} THEN EXCLUDED.first_seen_at ELSE kept.first_seen_at END,
           last_seen_at = greatest(kept.last_seen_at, EXCLUDED.last_seen_at)`,
};

/** Counts failed validations in memory and writes the numbers periodically, so that programs do not wait. A process that is killed loses them. */
@Injectable()
export class StoredValidationCounts
  extends ValidationCounts
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly task = new PeriodicTask(StoredValidationCounts.name, 'Failed to write counts of validations');
  private tenants = new Map<string, TenantCounts>();

  constructor(private readonly unitOfWork: UnitOfWork) {
    super();
  }

  onApplicationBootstrap(): void {
    this.task.every(FLUSH_INTERVAL_MS, () => this.flush());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop(() => this.flush());
  }

  override add({ tenantId, license, code, at }: FailedValidation): void {
    const counts = this.countsOf(tenantId);
    const day = dayOf(at);
    addCode(counts, { product_id: '', day, code, validations: 1 });
    if (!license) return;
    addCode(counts, { product_id: license.productId, day, code, validations: 1 });
    if (code === 'EXPIRED')
      addExpired(counts, { license_id: license.licenseId, validations: 1, first_seen_at: at, last_seen_at: at });
  }

  /** Writes the numbers. Those whose write fails are added to later ones. */
  async flush(): Promise<void> {
    const { tenants } = this;
    this.tenants = new Map();
    for (const [tenantId, counts] of tenants) {
      await this.task.attempt(async () => {
        try {
          await this.unitOfWork.run(tenantId, (transaction) => this.write(transaction, counts));
        } catch (error) {
          const later = this.countsOf(tenantId);
          for (const count of counts.codes.values()) addCode(later, count);
          for (const use of counts.expired.values()) addExpired(later, use);
          throw error;
        }
      });
    }
  }

  private async write(transaction: Transaction, { codes, expired }: TenantCounts): Promise<void> {
    const { tenantId } = transaction;
    const rowsOf = (rows: Iterable<unknown>) => JSON.stringify([...rows]);
    await transaction.query({ ...ADD_CODES, values: [tenantId, rowsOf(codes.values())] });
    if (expired.size > 0) await transaction.query({ ...ADD_EXPIRED, values: [tenantId, rowsOf(expired.values())] });
  }

  private countsOf(tenantId: string): TenantCounts {
    let counts = this.tenants.get(tenantId);
    if (!counts) {
      counts = { codes: new Map(), expired: new Map() };
      this.tenants.set(tenantId, counts);
    }
    return counts;
  }
}

let lastDay = { number: 0, text: '1970-01-01' };

/** Returns the day in UTC. The text of a day is made once. */
function dayOf(at: Date): string {
  const number = Math.floor(at.getTime() / DAY_MS);
  if (number !== lastDay.number) lastDay = { number, text: at.toISOString().slice(0, 10) };
  return lastDay.text;
}

function addCode({ codes }: TenantCounts, count: CodeCount): void {
  const key = `${count.code} ${count.day} ${count.product_id}`;
  const known = codes.get(key);
  if (known) known.validations += count.validations;
  else if (codes.size < MAX_ROWS) codes.set(key, count);
}

function addExpired({ expired }: TenantCounts, use: ExpiredUse): void {
  const known = expired.get(use.license_id);
  if (!known) {
    if (expired.size < MAX_ROWS) expired.set(use.license_id, use);
    return;
  }
  known.validations += use.validations;
  if (use.first_seen_at < known.first_seen_at) known.first_seen_at = use.first_seen_at;
  if (use.last_seen_at > known.last_seen_at) known.last_seen_at = use.last_seen_at;
}
