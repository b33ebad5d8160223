import { Injectable } from '@nestjs/common';
import { violates } from '../../database/sql-errors.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { Clock } from '../../shared/time/clock.js';
import { PoolExhaustedError } from '../partner.errors.js';
import type { PartnerStatus } from '../partner-status.js';
import { NO_TOTALS, type PoolEntryKind, type PoolTotals } from './pool-entry-kind.js';

/** Entry to append. */
export interface NewPoolEntry {
  readonly poolId: string;
  readonly kind: PoolEntryKind;
  readonly quantity: number;
  readonly licenseId?: string;
}

/** Totals of a pool, with the status of its partner. A ledger without entries has no totals. */
interface LedgerRow {
  readonly pool_id: string;
  readonly status: PartnerStatus;
  readonly totals: PoolTotals | null;
}

/** The last entry of each ledger has its totals, so that a balance costs one look-up however long the ledger is. */
const LAST_ENTRY = `
  LEFT JOIN LATERAL (
    SELECT number, allotted, issued, returned, expired FROM pool_entries entry
    WHERE entry.tenant_id = pool.tenant_id AND entry.pool_id = pool.pool_id ORDER BY number DESC LIMIT 1) AS last ON true`;

const READ = {
  name: 'pool-ledger.read',
  text: `SELECT pool.pool_id, partner.status, row_to_json(last) AS totals
         FROM license_pools pool JOIN partners partner USING (tenant_id, partner_id) ${LAST_ENTRY}
         WHERE pool.tenant_id = $1 AND pool.pool_id = ANY($2::uuid[])`,
};

/** Each entry has the totals after it: those of the last entry before the statement, and those of the new ones up to itself. */
const APPEND = {
  name: 'pool-ledger.append',
  text: `
    INSERT INTO pool_entries (tenant_id, pool_id, number, partner_id, kind, quantity, license_id,
      allotted, issued, returned, expired, created_at)
    SELECT $1, item.pool_id, coalesce(last.number, 0) + item.place, pool.partner_id, item.kind, item.quantity, item.license_id,
      coalesce(last.allotted, 0) + item.allotted, coalesce(last.issued, 0) + item.issued,
      coalesce(last.returned, 0) + item.returned, coalesce(last.expired, 0) + item.expired, $3
    FROM (
      SELECT *, row_number() OVER so_far AS place,
        ${(['ALLOTMENT', 'ISSUE', 'RETURN', 'EXPIRY'] as const)
          .map((kind, at) => {
            const total = ['allotted', 'issued', 'returned', 'expired'][at];
            return `coalesce(sum(quantity) FILTER (WHERE kind = '${kind}') OVER so_far, 0) AS ${total}`;
          })
          .join(', ')}
      FROM jsonb_to_recordset($2::jsonb) AS entry (pool_id uuid, kind text, quantity integer, license_id uuid, position integer)
      WINDOW so_far AS (PARTITION BY pool_id ORDER BY position)) AS item
    JOIN license_pools pool ON pool.tenant_id = $1 AND pool.pool_id = item.pool_id ${LAST_ENTRY}
    ORDER BY item.pool_id, item.place`,
};

/** `ISSUE` or `RETURN`: whether a license counts against its pool, whatever it was in a pool before. */
const LAST_OF_LICENSES = {
  name: 'pool-ledger.last-of-licenses',
  text: `SELECT wanted.license_id, entry.kind FROM unnest($2::uuid[], $3::uuid[]) AS wanted (license_id, pool_id)
         CROSS JOIN LATERAL (
           SELECT kind FROM pool_entries entry
           WHERE entry.tenant_id = $1 AND entry.license_id = wanted.license_id AND entry.pool_id = wanted.pool_id
           ORDER BY number DESC LIMIT 1) AS entry`,
};

/** Ledgers of pools. The application role can only append to them. Whoever appends has locked the pool; see LicensePoolRepository.lock. */
@Injectable()
export class PoolLedger {
  constructor(private readonly clock: Clock) {}

  /** Returns the totals of pools, and the status of their partners. A statement after the lock sees what was committed before it. */
  async read(
    transaction: Transaction,
    poolIds: readonly string[],
  ): Promise<ReadonlyMap<string, PoolTotals & { readonly status: PartnerStatus }>> {
    const rows = await transaction.query<LedgerRow>({ ...READ, values: [transaction.tenantId, poolIds] });
    return new Map(rows.map(({ pool_id, status, totals }) => [pool_id, { ...(totals ?? NO_TOTALS), status }]));
  }

  /** Appends entries. Fails the unit of work with PoolExhaustedError if a balance would be negative. */
  append(transaction: Transaction, entries: readonly NewPoolEntry[]): void {
    const rows = entries.map(({ poolId, kind, quantity, licenseId = null }, position) => ({
      position,
      pool_id: poolId,
      kind,
      quantity,
      license_id: licenseId,
    }));
    const values = [transaction.tenantId, JSON.stringify(rows), this.clock.now()];
    transaction.write({ ...APPEND, values }, (error) =>
      violates(error, 'pool_entries_balance') ? new PoolExhaustedError(entries[0]?.poolId ?? '', 0, error) : error,
    );
  }

  /** Returns whether these licenses count against their pools; those without an entry are not in the result. */
  async holding(
    transaction: Transaction,
    licenses: readonly { readonly licenseId: string; readonly poolId: string | null }[],
  ): Promise<ReadonlyMap<string, boolean>> {
    const ids = licenses.map(({ licenseId }) => licenseId);
    const poolIds = licenses.map(({ poolId }) => poolId);
    const rows = await transaction.query<{ license_id: string; kind: PoolEntryKind }>({
      ...LAST_OF_LICENSES,
      values: [transaction.tenantId, ids, poolIds],
    });
    return new Map(rows.map(({ license_id, kind }) => [license_id, kind === 'ISSUE']));
  }
}
