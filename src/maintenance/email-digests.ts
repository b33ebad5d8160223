import type pg from 'pg';
import { emailMessageSealContext, recipientDigest } from '../notifications/index.js';
import type { Secrets } from '../shared/secrets/secrets.js';

const CHUNK_SIZE = 1_000;

/** Digests the recipients of a tenant's messages with another lookup key, so that an erasure still finds them. `from` unseals them. */
export async function digestRecipients(owner: pg.ClientBase, tenantId: string, from: Secrets, to: Secrets) {
  for (let last: string | null = null; ;) {
    const { rows }: pg.QueryResult<{ id: string; sealed: Buffer }> = await owner.query(
      `SELECT email_message_id AS id, content_sealed AS sealed FROM email_messages
       WHERE tenant_id = $1 AND content_sealed IS NOT NULL AND ($2::uuid IS NULL OR email_message_id > $2)
       ORDER BY email_message_id LIMIT ${CHUNK_SIZE}`,
      [tenantId, last],
    );
    const digests = rows.map(({ id, sealed }) => {
      const content = JSON.parse(from.unseal(sealed, emailMessageSealContext(tenantId, id))) as { to: string };
      return { id, digest: recipientDigest(to, content.to).toString('hex') };
    });
    await owner.query(
      `UPDATE email_messages SET recipient_digest = decode(digest, 'hex')
       FROM jsonb_to_recordset($2::jsonb) AS item (id uuid, digest text) WHERE tenant_id = $1 AND email_message_id = id`,
      [tenantId, JSON.stringify(digests)],
    );
    last = rows.at(-1)?.id ?? null;
    if (rows.length < CHUNK_SIZE) return;
  }
}
