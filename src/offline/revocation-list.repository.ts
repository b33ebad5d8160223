import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { coalesceReads } from '../shared/async/coalesce-reads.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import { LISTED_EVENT_TYPES, RENEWED_AFTER_MS, type RevocationList } from './revocation-list.js';

/** The public part of a revocation list. */
export type PublishedList = Pick<RevocationList, 'number' | 'signedText' | 'issuedAt' | 'expiresAt'>;

/** The stored values that a new list is compared with. */
export interface ListState {
  readonly latest: RevocationList | undefined;
  readonly activeKid: string | null;
  readonly lastSeq: string | null;
}

type Stored<Row> = Omit<Row, 'number'> & { readonly number: string };
type StateRow = Partial<Stored<RevocationList>> & Omit<ListState, 'latest'> & { readonly isThere: boolean };

/** Excludes lists of a revoked key, also before they are signed anew. LIMIT keeps each look-up within the isolation of its tenant. */
const FIND_PUBLISHED = `
  SELECT wanted.tenant_id AS "tenantId", list.*
  FROM (SELECT * FROM unnest($1::text[]) AS asked (tenant_id) WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS wanted
  CROSS JOIN LATERAL (
    SELECT number, signed_text AS "signedText", issued_at AS "issuedAt", expires_at AS "expiresAt"
    FROM revocation_lists JOIN signing_keys USING (tenant_id, kid)
    WHERE tenant_id = wanted.tenant_id AND state <> 'REVOKED' LIMIT 1) AS list`;

/**
 * Tenants after $1 with events of the types $5 since their list, another active key, or a list older than $4 or from after $3, unless all
 * keys have ended. Other events cost nothing, however many there are. Subqueries per tenant, because a join could read the rows of all
 * tenants under the isolation of one; so would EXISTS without its OFFSET, which PostgreSQL may run once for all tenants, into a hash table.
 */
const FIND_DUE = `
  SELECT tenant_id AS "tenantId", is_due AS "isDue" FROM (
    SELECT tenant_id,
      (kid IS NOT NULL OR NOT has_signed) AND coalesce(list->>'kid' <> kid OR (list->>'at')::timestamptz NOT BETWEEN $4 AND $3
        OR EXISTS (SELECT FROM license_event_logs WHERE tenant_id = state.tenant_id AND event_type = ANY($5::text[])
                   AND seq > coalesce((list->>'seq')::bigint, 0) OFFSET 0), true) AS is_due
    FROM (
      SELECT tenant_id,
        (SELECT kid FROM signing_keys WHERE tenant_id = tenant.tenant_id AND state = 'ACTIVE') AS kid,
        EXISTS (SELECT FROM signing_keys WHERE tenant_id = tenant.tenant_id AND state <> 'CREATED' OFFSET 0) AS has_signed,
        (SELECT jsonb_build_object('kid', kid, 'seq', as_of_seq, 'at', issued_at)
         FROM revocation_lists WHERE tenant_id = tenant.tenant_id) AS list
      FROM (
        SELECT tenant_id FROM (SELECT id AS tenant_id FROM tenants WHERE id > $1 ORDER BY id LIMIT $2) AS each
        WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS tenant
      OFFSET 0) AS state
    OFFSET 0) AS checked`;

/** One row per tenant. The statements also read the key and event tables, so that each look-up is one statement. */
@Injectable()
export class RevocationListRepository {
  private readonly published = coalesceReads<string, PublishedList & { readonly tenantId: string }>(
    (tenantId) => tenantId,
    ({ tenantId }) => tenantId,
    async (tenantIds) =>
      (await this.unitOfWork.queryStandalone<PublishedRow>(findPublished(tenantIds))).map(withNumber),
  );

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Returns the latest valid list or null. Coalesces concurrent reads, because the route is public. */
  async findPublished(tenantId: string): Promise<PublishedList | null> {
    if (!this.unitOfWork.isOpen) return this.published.add(tenantId);
    const [row] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<PublishedRow>(findPublished([tenantId])),
    );
    return row ? withNumber(row) : null;
  }

  async exists(transaction: Transaction): Promise<boolean> {
    const rows = await transaction.query({
      name: 'revocation-lists.exists',
      text: 'SELECT 1 FROM revocation_lists WHERE tenant_id = $1',
      values: [transaction.tenantId],
    });
    return rows.length > 0;
  }

  /** Returns for at most `limit` tenants after this one, in order of ids, whether their list is due. */
  findDue(afterTenantId: string, limit: number, now: Date): Promise<{ tenantId: string; isDue: boolean }[]> {
    const renewBefore = new Date(now.getTime() - RENEWED_AFTER_MS);
    return this.unitOfWork.queryStandalone({
      name: 'revocation-lists.find-due',
      text: FIND_DUE,
      values: [afterTenantId, limit, now, renewBefore, LISTED_EVENT_TYPES],
    });
  }

  /** Must be sent before the licenses are read: changes after it have a higher number in the log. */
  async readState(transaction: Transaction): Promise<ListState> {
    const [row] = await transaction.query<StateRow>({
      name: 'revocation-lists.read-state',
      text: `SELECT list.tenant_id IS NOT NULL AS "isThere", number, content_sha256 AS "contentSha256",
                    signed_text AS "signedText", issued_at AS "issuedAt", expires_at AS "expiresAt", list.kid,
                    as_of_seq AS "asOfSeq", key.kid AS "activeKid", last_seq AS "lastSeq"
             FROM (SELECT $1::text AS tenant_id) AS tenant
             LEFT JOIN revocation_lists list USING (tenant_id)
             LEFT JOIN signing_keys key ON key.tenant_id = tenant.tenant_id AND state = 'ACTIVE'
             LEFT JOIN license_event_counters counter ON counter.tenant_id = tenant.tenant_id`,
      values: [transaction.tenantId],
    });
    if (!row) throw new Error('A row that is made of nothing is missing.');
    const { isThere, activeKid, lastSeq, ...list } = row;
    return { latest: isThere ? withNumber(list as Stored<RevocationList>) : undefined, activeKid, lastSeq };
  }

  put(transaction: Transaction, list: RevocationList): void {
    const { number, contentSha256, signedText, issuedAt, expiresAt, kid, asOfSeq } = list;
    transaction.write({
      name: 'revocation-lists.put',
      text: `INSERT INTO revocation_lists (tenant_id, number, content_sha256, signed_text, issued_at, expires_at, created_at, kid, as_of_seq)
             VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $8)
             ON CONFLICT (tenant_id) DO UPDATE SET number = excluded.number, content_sha256 = excluded.content_sha256,
               signed_text = excluded.signed_text, issued_at = excluded.issued_at, expires_at = excluded.expires_at,
               kid = excluded.kid, as_of_seq = excluded.as_of_seq`,
      values: [transaction.tenantId, number, contentSha256, signedText, issuedAt, expiresAt, kid, asOfSeq],
    });
  }

  /** Records that the list is correct as of this number of the log. */
  confirm(transaction: Transaction, asOfSeq: string | null): void {
    transaction.write({
      name: 'revocation-lists.confirm',
      text: `UPDATE revocation_lists SET as_of_seq = $2 WHERE tenant_id = $1 AND as_of_seq IS DISTINCT FROM $2`,
      values: [transaction.tenantId, asOfSeq],
    });
  }
}

type PublishedRow = Stored<PublishedList & { readonly tenantId: string }>;

function findPublished(tenantIds: readonly string[]) {
  return { name: 'revocation-lists.find-published', text: FIND_PUBLISHED, values: [tenantIds] };
}

function withNumber<Row extends { readonly number: string }>(
  row: Row,
): Omit<Row, 'number'> & { readonly number: number } {
  return { ...row, number: Number(row.number) };
}
