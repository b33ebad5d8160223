import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { IS_FILTER_VALUE } from './metadata-values.js';

/** Keys of a tenant: those that are declared, and those whose values are still to be filled in or removed. */
export interface FilterKeys {
  readonly declared: readonly string[];
  readonly pending: readonly string[];
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Licenses of one step of filling in, and values of one step of removing. */
const CHUNK_SIZE = 1_000;

const SELECT_VALUES = (keys: string, licenses: string) => `
  SELECT tenant_id, license_id, key, metadata ->> key, created_at
  FROM ${licenses} AS license CROSS JOIN unnest(${keys}) AS key WHERE ${IS_FILTER_VALUE}`;
const INSERT = 'INSERT INTO license_metadata_values (tenant_id, license_id, key, value, created_at)';
/** Returns the SQL condition that a tenant has declared a key and that all its values are filled in. The parameters are SQL expressions. */
export function isReadySql(tenantId: string, key: string): string {
  return `(SELECT ${key} = ANY (metadata_filters) AND ${key} <> ALL (metadata_filters_pending) FROM tenants WHERE id = ${tenantId})`;
}

/** The tenant, if nobody changed its keys since they were read. */
const UNCHANGED = `id = $1 AND metadata_filters = $2 AND metadata_filters_pending = $3`;

/**
 * Values of licenses by the metadata keys that their tenants declare. Whoever writes the metadata of a license writes its values in the same
 * transaction, under the lock of the license, with the keys that are declared at that moment: so a row always says what the license says.
 */
@Injectable()
export class MetadataValuesRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Writes the values of licenses anew whose metadata was written before in the same transaction. */
  refresh(transaction: Transaction, licenseIds: readonly string[]): void {
    const values = [transaction.tenantId, licenseIds];
    transaction.write({
      name: 'metadata-values.delete',
      text: 'DELETE FROM license_metadata_values WHERE tenant_id = $1 AND license_id = ANY($2::uuid[])',
      values,
    });
    const licenses = '(SELECT * FROM licenses WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]))';
    transaction.write({
      name: 'metadata-values.insert',
      text: `${INSERT} ${SELECT_VALUES('(SELECT metadata_filters FROM tenants WHERE id = $1)::text[]', licenses)}`,
      values,
    });
  }

  async tenantsWithPending(): Promise<string[]> {
    const rows = await this.unitOfWork.queryStandalone<{ id: string }>({
      text: `SELECT id FROM tenants WHERE metadata_filters_pending <> '{}' ORDER BY id`,
      values: [],
    });
    return rows.map(({ id }) => id);
  }

  async findKeys(tenantId: string): Promise<FilterKeys> {
    const [keys] = await this.unitOfWork.queryStandalone<FilterKeys>({
      text: 'SELECT metadata_filters AS declared, metadata_filters_pending AS pending FROM tenants WHERE id = $1',
      values: [tenantId],
    });
    return keys ?? { declared: [], pending: [] };
  }

  /** Returns the virtual ids of transactions of servers in progress, each of which holds a lock on its own before its first snapshot. */
  async transactionsInProgress(): Promise<string[]> {
    const rows = await this.unitOfWork.queryStandalone<{ id: string }>({
      text: `SELECT virtualxid || ' ' || pid AS id FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'virtualxid' AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`,
      values: [],
    });
    return rows.map(({ id }) => id);
  }

  /**
   * Fills in values of the licenses after an id, under their locks: a license whose metadata is being changed is read as it is after that.
   * Returns the last id; undefined if there are no more, or if somebody changed the keys of the tenant.
   */
  async fillChunk(tenantId: string, keys: FilterKeys, after = FIRST_ID): Promise<string | undefined> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      if (!(await lockUnchanged(transaction, keys))) return undefined;
      const [last] = await transaction.query<{ id: string }>({
        name: 'metadata-values.chunk',
        text: `SELECT license_id AS id FROM licenses WHERE tenant_id = $1 AND license_id > $2
               ORDER BY license_id OFFSET ${CHUNK_SIZE - 1} LIMIT 1`,
        values: [tenantId, after],
      });
      const licenses = `(
        SELECT * FROM licenses WHERE tenant_id = $1 AND license_id > $2 AND license_id <= $3 AND jsonb_exists_any(metadata, $4)
        ORDER BY license_id FOR NO KEY UPDATE)`;
      const filled = keys.pending.filter((key) => keys.declared.includes(key));
      await transaction.query({
        name: 'metadata-values.fill',
        text: `${INSERT} ${SELECT_VALUES('$4::text[]', licenses)} ON CONFLICT DO NOTHING`,
        values: [tenantId, after, last?.id ?? LAST_ID, filled],
      });
      return last?.id;
    });
  }

  /** Removes values of keys that are not declared. Returns false if there are no more, or if somebody changed the keys of the tenant. */
  async removeChunk(tenantId: string, keys: FilterKeys): Promise<boolean> {
    const removed = keys.pending.filter((key) => !keys.declared.includes(key));
    if (removed.length === 0) return false;
    return this.unitOfWork.run(tenantId, async (transaction) => {
      if (!(await lockUnchanged(transaction, keys))) return false;
      const rows = await transaction.query({
        name: 'metadata-values.remove',
        text: `DELETE FROM license_metadata_values WHERE tenant_id = $1 AND (license_id, key) IN (
                 SELECT license_id, key FROM license_metadata_values WHERE tenant_id = $1 AND key = ANY($2) LIMIT ${CHUNK_SIZE})
               RETURNING 1`,
        values: [tenantId, removed],
      });
      return rows.length > 0;
    });
  }

  /** Tells that nothing is left to do for these keys. Does nothing if somebody changed the keys of the tenant. */
  complete(tenantId: string, { declared, pending }: FilterKeys): Promise<unknown> {
    return this.unitOfWork.run(tenantId, (transaction) =>
      transaction.query({
        text: `UPDATE tenants SET metadata_filters_pending = '{}' WHERE ${UNCHANGED}`,
        values: [tenantId, declared, pending],
      }),
    );
  }
}

/** Locks the tenant, so that its keys stay until the transaction ends. Returns false if they are not these any more. */
async function lockUnchanged(transaction: Transaction, { declared, pending }: FilterKeys): Promise<boolean> {
  const rows = await transaction.query({
    text: `SELECT FROM tenants WHERE ${UNCHANGED} FOR NO KEY UPDATE`,
    values: [transaction.tenantId, declared, pending],
  });
  return rows.length > 0;
}
