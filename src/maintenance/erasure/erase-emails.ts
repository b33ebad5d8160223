import { recipientDigest } from '../../notifications/index.js';
import type { Secrets } from '../../shared/secrets/secrets.js';
import { EVENT_TABLES, type Erasure } from './erasure.js';

/** Returns digests of the addresses that the customer, or the partner with this id, has and had. They are known only until the customer and its events are erased. */
export async function addressDigests({ owner, tenantId, customerId }: Erasure, secrets: Secrets): Promise<Buffer[]> {
  const past = EVENT_TABLES.flatMap((table) =>
    ['before', 'after'].map(
      (part) => `SELECT personal -> '${part}' ->> 'email' AS email FROM ${table}
                 WHERE tenant_id = $1 AND resource_type IN ('customer', 'partner') AND resource_id = $2`,
    ),
  );
  const { rows } = await owner.query<{ email: string | null }>(
    `SELECT email FROM customers WHERE tenant_id = $1 AND customer_id = $2
     UNION SELECT email FROM partners WHERE tenant_id = $1 AND partner_id::text = $2
     UNION SELECT email FROM partner_invitations WHERE tenant_id = $1 AND partner_id::text = $2
     UNION ${past.join(' UNION ')}`,
    [tenantId, customerId],
  );
  return rows.flatMap(({ email }) => (email === null ? [] : [recipientDigest(secrets, email)]));
}

/**
 * Erases recipient, content and answers of the relay from messages about the customer or to these addresses; those that wait are cancelled.
 * Returns the number of messages.
 */
export async function eraseEmails(
  { owner, tenantId, customerId, now }: Erasure,
  digests: readonly Buffer[],
): Promise<number> {
  const { rows } = await owner.query<{ email_message_id: string }>(
    `UPDATE email_messages SET content_sealed = NULL, recipient_digest = NULL, lease_id = NULL,
            reason = CASE status WHEN 'QUEUED' THEN 'CONTENT_ERASED' ELSE reason END,
            status = CASE status WHEN 'QUEUED' THEN 'CANCELLED' ELSE status END,
            version = version + 1, updated_at = $4
     WHERE tenant_id = $1 AND (customer_id = $2 OR partner_id = $2 OR recipient_digest = ANY($3::bytea[])) AND content_sealed IS NOT NULL
     RETURNING email_message_id`,
    [tenantId, customerId, digests, now],
  );
  const ids = rows.map(({ email_message_id }) => email_message_id);
  for (const table of EVENT_TABLES)
    await owner.query(
      `UPDATE ${table} SET personal = NULL
       WHERE tenant_id = $1 AND resource_type = 'email_message' AND personal IS NOT NULL
         AND (resource_id = ANY($2) OR $3 IN (event_data ->> 'customer_id', event_data ->> 'partner_id'))`,
      [tenantId, ids, customerId],
    );
  await owner.query(
    `UPDATE email_attempts SET response_sealed = NULL
     WHERE tenant_id = $1 AND email_message_id = ANY($2::uuid[]) AND response_sealed IS NOT NULL`,
    [tenantId, ids],
  );
  return rows.length;
}
