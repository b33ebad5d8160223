import { emailAttemptSealContext, emailMessageSealContext } from '../../src/notifications/index.js';
import { ENGINE_COLUMNS } from '../../src/maintenance/workflow-values.js';
import { idempotencySealContext } from '../../src/shared/persistence/idempotency.js';
import type { Secrets } from '../../src/shared/secrets/secrets.js';
import { WORKFLOW_SEAL_CONTEXT } from '../../src/workflows/index.js';
import type { TestDatabase } from './database.js';

/** Every row of every table as text, with stored results, e-mail, answers to it and values of the engine of workflows in clear. */
export async function everythingStored(database: TestDatabase, secrets: Secrets): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'workflows')`,
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
  for (const { column, value } of await engineValues(database, secrets)) found.push(`${column} ${value}`);
  return found.join('\n');
}

/** The sealed values of the engine of workflows in clear, each with its table and column. */
export async function engineValues(database: TestDatabase, secrets: Secrets) {
  const found: { readonly column: string; readonly value: string }[] = [];
  for (const { table, column } of ENGINE_COLUMNS) {
    const rows = await database.query<{ value: string }>(
      `SELECT ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL`,
    );
    const sealed = rows.filter(({ value }) => !/^(\d+|true|false|null|"__DBOS)/.test(value));
    for (const { value } of sealed)
      found.push({
        column: `${table}.${column}`,
        value: secrets.unseal(Buffer.from(value, 'base64'), WORKFLOW_SEAL_CONTEXT),
      });
  }
  return found;
}

/** Which of these strings stand in a text, whatever their case, each with the place where it stands first. */
export function traces(text: string, strings: readonly string[]): string[] {
  const lower = text.toLowerCase();
  return strings.flatMap((string) => {
    const at = lower.indexOf(string.toLowerCase());
    return at < 0 ? [] : [`${string}: ${text.slice(Math.max(0, at - 150), at + 60)}`];
  });
}
