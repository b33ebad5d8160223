import { setTimeout as pause } from 'node:timers/promises';
import type { Secrets } from '../../shared/secrets/secrets.js';
import { cancelMessage, openWorkflowInput, subjectOf } from '../../workflows/index.js';
import { MaintenanceError } from '../maintenance.error.js';
import { inTenant } from '../tenant-transaction.js';
import { EVENT_TABLES, recordEvents, type Erasure } from './erasure.js';

/** Time in which a server must have undone a run. */
const MAX_WAIT_MS = 60_000;

/** Runs that were deleted, and other customers that they created for the same person. */
export interface ErasedRuns {
  readonly runs: number;
  readonly otherCustomerIds: readonly string[];
}

/**
 * Cancels the open runs of the customer, and those with one of its addresses whose customer is not created yet, waits until servers have
 * undone them, and deletes all of them with their steps. Throws MaintenanceError if a run does not end.
 */
export async function eraseWorkflowRuns(
  erasure: Erasure,
  secrets: Secrets,
  digests: readonly Buffer[],
): Promise<ErasedRuns> {
  const { owner, tenantId, customerId } = erasure;
  const runIds = await inTenant(owner, tenantId, () => cancelRuns(erasure, secrets, digests));
  const values = [tenantId, runIds];
  for (const deadline = Date.now() + MAX_WAIT_MS; runIds.length > 0; await pause(200)) {
    const { rows } = await inTenant(owner, tenantId, () =>
      owner.query<{ id: string }>(
        `SELECT run_id AS id FROM workflow_runs LEFT JOIN workflows.workflow_status ON workflow_uuid = tenant_id || '/' || run_id
         WHERE tenant_id = $1 AND run_id = ANY($2) AND (ended_at IS NULL OR status IN ('PENDING', 'ENQUEUED', 'DELAYED'))`,
        values,
      ),
    );
    if (rows.length === 0) break;
    if (Date.now() > deadline)
      throw new MaintenanceError(
        `The workflow run ${rows[0]?.id} of the customer does not end. A server with WORKFLOWS=dbos must run to undo it; then run this again.`,
      );
  }
  return inTenant(owner, tenantId, async () => {
    const { rows } = await owner.query<{ id: string; customer: string | null }>(
      `DELETE FROM workflow_runs WHERE tenant_id = $1 AND run_id = ANY($2)
       RETURNING tenant_id || '/' || run_id AS id, customer_id AS customer`,
      values,
    );
    for (const table of EVENT_TABLES)
      await owner.query(
        `UPDATE ${table} SET personal = NULL
         WHERE tenant_id = $1 AND resource_type = 'workflow_run' AND resource_id = ANY($2) AND personal IS NOT NULL`,
        values,
      );
    const ids = [rows.map(({ id }) => id)];
    for (const table of ['workflow_input', 'workflow_output', 'operation_outputs', 'workflow_status'])
      await owner.query(`DELETE FROM workflows.${table} WHERE workflow_uuid = ANY($1)`, ids);
    const customers = rows.flatMap(({ customer }) => (customer === null || customer === customerId ? [] : [customer]));
    return { runs: rows.length, otherCustomerIds: [...new Set(customers)] };
  });
}

/** Returns the ids of all runs of the customer, after asking those that are open to end. */
async function cancelRuns(erasure: Erasure, secrets: Secrets, digests: readonly Buffer[]): Promise<string[]> {
  const { owner, tenantId, customerId, now } = erasure;
  const unmarked = await unmarkedRuns(erasure, secrets);
  const { rows } = await owner.query<{ id: string; workflow: string; open: boolean }>(
    `SELECT run_id AS id, workflow, ended_at IS NULL AS open FROM workflow_runs
     WHERE tenant_id = $1 AND (customer_id = $2 OR customer_id IS NULL AND email_digest = ANY($3::bytea[]) OR run_id = ANY($4))
     ORDER BY run_id FOR UPDATE`,
    [tenantId, customerId, digests, unmarked],
  );
  for (const { id, workflow } of rows.filter(({ open }) => open)) {
    await owner.query(
      `UPDATE workflow_runs SET cancel_requested_at = coalesce(cancel_requested_at, $3), version = version + 1, updated_at = $3
       WHERE tenant_id = $1 AND run_id = $2`,
      [tenantId, id, now],
    );
    const { text, values } = cancelMessage(secrets, { tenantId, runId: id });
    await owner.query(text, values);
    const event = { type: 'workflow.cancel_requested', resourceType: 'workflow_run', resourceId: id, licenseId: null };
    await recordEvents(erasure, [{ ...event, data: { workflow } }]);
  }
  return rows.map(({ id }) => id);
}

/** Returns the ids of runs whose row does not name the customer yet, because no step has returned it: the input names what is the customer's. */
async function unmarkedRuns({ owner, tenantId, customerId }: Erasure, secrets: Secrets): Promise<string[]> {
  const { rows } = await owner.query<{ id: string; workflow: string; inputs: string }>(
    `SELECT run_id AS id, workflow, inputs FROM workflow_runs
     JOIN workflows.workflow_input ON workflow_uuid = tenant_id || '/' || run_id
     WHERE tenant_id = $1 AND customer_id IS NULL AND email_digest IS NULL AND inputs IS NOT NULL`,
    [tenantId],
  );
  const runs = rows.map(({ id, workflow, inputs }) => {
    const { quoteId, subscriptionId } = subjectOf(workflow, openWorkflowInput(secrets, inputs));
    return { id, quote: quoteId, subscription: subscriptionId };
  });
  const { rows: found } = await owner.query<{ id: string }>(
    `SELECT id FROM jsonb_to_recordset($3::jsonb) AS run (id text, quote text, subscription text)
     WHERE EXISTS (SELECT FROM quotes WHERE tenant_id = $1 AND customer_id = $2 AND quote_id::text = quote)
        OR EXISTS (SELECT FROM subscriptions WHERE tenant_id = $1 AND customer_id = $2 AND subscription_id = subscription)`,
    [tenantId, customerId, JSON.stringify(runs)],
  );
  return found.map(({ id }) => id);
}
