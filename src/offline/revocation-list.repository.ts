import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/events/transaction.js';
import type { RevocationList } from './revocation-list.js';

type Row = Omit<RevocationList, 'number'> & { readonly number: string };

const FIND = `
  SELECT number, content_sha256 AS "contentSha256", signed_text AS "signedText", issued_at AS "issuedAt", expires_at AS "expiresAt"
  FROM revocation_lists WHERE tenant_id = $1`;

/** One row a tenant, reached by the tenant of the transaction. */
@Injectable()
export class RevocationListRepository {
  async find(transaction: Transaction): Promise<RevocationList | undefined> {
    const [row] = await transaction.query<Row>({
      name: 'revocation-lists.find',
      text: FIND,
      values: [transaction.tenantId],
    });
    return row && toList(row);
  }

  /** The list, unless it is this one: the text of a long list is not read in vain. */
  async findOther(
    transaction: Transaction,
    { number, issued_at }: { readonly number: number; readonly issued_at: string },
  ): Promise<RevocationList | undefined> {
    const [row] = await transaction.query<Row>({
      name: 'revocation-lists.find-other',
      text: `${FIND} AND (number, issued_at) <> ($2, $3)`,
      values: [transaction.tenantId, number, issued_at],
    });
    return row && toList(row);
  }

  async exists(transaction: Transaction): Promise<boolean> {
    const rows = await transaction.query({
      name: 'revocation-lists.exists',
      text: 'SELECT 1 FROM revocation_lists WHERE tenant_id = $1',
      values: [transaction.tenantId],
    });
    return rows.length > 0;
  }

  put(transaction: Transaction, list: RevocationList): void {
    const { number, contentSha256, signedText, issuedAt, expiresAt } = list;
    transaction.write({
      name: 'revocation-lists.put',
      text: `INSERT INTO revocation_lists (tenant_id, number, content_sha256, signed_text, issued_at, expires_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $5)
             ON CONFLICT (tenant_id) DO UPDATE SET number = excluded.number, content_sha256 = excluded.content_sha256,
               signed_text = excluded.signed_text, issued_at = excluded.issued_at, expires_at = excluded.expires_at`,
      values: [transaction.tenantId, number, contentSha256, signedText, issuedAt, expiresAt],
    });
  }
}

function toList(row: Row): RevocationList {
  return { ...row, number: Number(row.number) };
}
