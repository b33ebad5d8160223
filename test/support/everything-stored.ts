import { emailAttemptSealContext, emailMessageSealContext } from '../../src/notifications/index.js';
import { idempotencySealContext } from '../../src/shared/persistence/idempotency.js';
import type { Secrets } from '../../src/shared/secrets/secrets.js';
import type { TestDatabase } from './database.js';

/** Every row of every table as text, with stored results, e-mail and answers to it in clear. */
export async function everythingStored(database: TestDatabase, secrets: Secrets): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await database.query<{ row: string }>(`SELECT to_jsonb(item)::text AS row FROM ${name} AS item`);
    found.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  const sealed = await database.query<{ tenant_id: string; id: string; value: Buffer }>(
    `SELECT tenant_id, encode(key_digest, 'hex') AS id, result_sealed AS value FROM idempotency_keys
     WHERE result_sealed IS NOT NULL`,
  );
  for (const { tenant_id, id, value } of sealed)
    found.push(`result ${secrets.unseal(value, idempotencySealContext(tenant_id, id))}`);
  const emails = await database.query<{ tenant_id: string; id: string; value: Buffer }>(
    `SELECT tenant_id, email_message_id::text AS id, content_sealed AS value FROM email_messages WHERE content_sealed IS NOT NULL`,
  );
  for (const { tenant_id, id, value } of emails)
    found.push(`e-mail ${secrets.unseal(value, emailMessageSealContext(tenant_id, id))}`);
  const answers = await database.query<{ tenant_id: string; id: string; value: Buffer }>(
    `SELECT tenant_id, attempt_id::text AS id, response_sealed AS value FROM email_attempts WHERE response_sealed IS NOT NULL`,
  );
  for (const { tenant_id, id, value } of answers)
    found.push(`answer ${secrets.unseal(value, emailAttemptSealContext(tenant_id, id))}`);
  return found.join('\n');
}

/** Which of these strings stand in a text, whatever their case, each with the place where it stands first. */
export function traces(text: string, strings: readonly string[]): string[] {
  const lower = text.toLowerCase();
  return strings.flatMap((string) => {
    const at = lower.indexOf(string.toLowerCase());
    return at < 0 ? [] : [`${string}: ${text.slice(Math.max(0, at - 150), at + 60)}`];
  });
}
