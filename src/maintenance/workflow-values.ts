import type pg from 'pg';
import type { Secrets } from '../shared/secrets/secrets.js';
import { openWorkflowInput, runDigests, WORKFLOW_SEAL_CONTEXT } from '../workflows/index.js';
import type { Progress } from './maintenance.error.js';

const CHUNK_SIZE = 500;

/** A column of the engine of workflows with sealed values in base64, and the columns of its primary key. */
interface EngineColumn {
  readonly table: string;
  readonly column: string;
  readonly key: readonly string[];
}

/** Columns that hold values of runs. Times of the engine itself stand in some of them unsealed. */
export const ENGINE_COLUMNS: readonly EngineColumn[] = [
  { table: 'workflows.workflow_input', column: 'inputs', key: ['workflow_uuid'] },
  { table: 'workflows.workflow_output', column: 'output', key: ['workflow_uuid'] },
  { table: 'workflows.workflow_output', column: 'error', key: ['workflow_uuid'] },
  { table: 'workflows.operation_outputs', column: 'output', key: ['workflow_uuid', 'function_id'] },
  { table: 'workflows.operation_outputs', column: 'error', key: ['workflow_uuid', 'function_id'] },
  { table: 'workflows.notifications', column: 'message', key: ['message_uuid'] },
];

/** Returns SQL for the id of the master key in a sealed value; null for a value that is not sealed. */
const keyIdSql = (column: string) =>
  `CASE WHEN ${column} ~ '^A[Q-f][A-Za-z0-9+/]{46,}={0,2}$' AND length(${column}) % 4 = 0
   THEN substring(decode(${column}, 'base64') FROM 2 FOR 4) END`;

/** Returns the number of the engine's values that are not sealed with the first master key. */
export async function countOutdatedValues(owner: pg.ClientBase, secrets: Secrets): Promise<number> {
  let outdated = 0;
  for (const { table, column } of ENGINE_COLUMNS) {
    const { rows } = await owner.query<{ count: string }>(
      `SELECT count(*) FROM ${table} WHERE ${keyIdSql(column)} <> $1`,
      [secrets.currentKeyId],
    );
    outdated += Number(rows[0]?.count ?? 0);
  }
  return outdated;
}

/** Seals the engine's values with the first master key, in chunks, while servers with all the keys run. */
export async function rekeyValues(owner: pg.ClientBase, secrets: Secrets, progress: Progress): Promise<void> {
  for (const engineColumn of ENGINE_COLUMNS) {
    while ((await rekeyValuesChunk(owner, secrets, engineColumn, progress)) === CHUNK_SIZE);
  }
}

async function rekeyValuesChunk(
  owner: pg.ClientBase,
  secrets: Secrets,
  { table, column, key }: EngineColumn,
  progress: Progress,
): Promise<number> {
  const { rows } = await owner.query<{ key: string[]; value: string }>(
    `SELECT ARRAY[${key.map((name) => `${name}::text`).join(', ')}] AS key, ${column} AS value FROM ${table}
     WHERE ${keyIdSql(column)} <> $1 LIMIT ${CHUNK_SIZE}`,
    [secrets.currentKeyId],
  );
  for (const { key: values, value } of rows) {
    const plain = secrets.unseal(Buffer.from(value, 'base64'), WORKFLOW_SEAL_CONTEXT);
    const anew = secrets.seal(plain, WORKFLOW_SEAL_CONTEXT).toString('base64');
    const matches = key.map((name, at) => `${name}::text = $${at + 3}`).join(' AND ');
    // A value that changed meanwhile is sealed with the first key already, or found again.
    await owner.query(`UPDATE ${table} SET ${column} = $1 WHERE ${column} = $2 AND ${matches}`, [
      anew,
      value,
      ...values,
    ]);
  }
  if (rows.length > 0) progress(rows.length);
  return rows.length;
}

/**
 * Digests the runs of a tenant with another lookup key. Without the input, which the engine deletes after a time, an e-mail address is
 * known no longer, so that its digest goes.
 */
export async function digestRuns(owner: pg.ClientBase, tenantId: string, from: Secrets, to: Secrets): Promise<void> {
  const { rows } = await owner.query<{ id: string; workflow: string; inputs: string | null }>(
    `SELECT run_id AS id, workflow, inputs FROM workflow_runs
     LEFT JOIN workflows.workflow_input ON workflow_uuid = tenant_id || '/' || run_id
     WHERE tenant_id = $1`,
    [tenantId],
  );
  for (const { id, workflow, inputs } of rows) {
    const digests = inputs === null ? undefined : runDigests(to, workflow, openWorkflowInput(from, inputs));
    await owner.query(
      `UPDATE workflow_runs SET input_digest = coalesce($3, input_digest), email_digest = $4 WHERE tenant_id = $1 AND run_id = $2`,
      [tenantId, id, digests?.input ?? null, digests?.email ?? null],
    );
  }
}
