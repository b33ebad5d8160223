import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Pool } from 'pg';
import type { IntegrationEvent } from '../messaging/integration-event.js';
import type { TenantScope } from '../tenant-scope.js';
import { TenantConnection, type TransactionMode } from './tenant-connection.js';
import { Transaction, type TransactionContext, type Work } from './transaction.js';

/** Runs work in a transaction of its own and commits it. Returns the result and the events that the work recorded. */
export async function runTransaction<T>(
  pool: Pool,
  mode: TransactionMode,
  scope: TenantScope,
  context: AsyncLocalStorage<TransactionContext>,
  work: Work<T>,
): Promise<{ readonly result: T; readonly events: IntegrationEvent[] }> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const connection = new TenantConnection(client, mode, scope);
  const transaction = new Transaction(scope, connection, context, mode !== 'READ WRITE');
  try {
    const result = await work(transaction);
    await connection.started;
    const { events } = transaction;
    if (mode === 'READ WRITE') await transaction.commit();
    // The rows are valid even if COMMIT fails, and the next user of the connection is queued after it.
    else connection.commit().catch(() => undefined);
    return { result, events };
  } catch (error) {
    // A connection whose rollback fails cannot be reused.
    if (!(await transaction.isEnded()))
      await client.query('ROLLBACK').catch((failure: unknown) => (broken = failure as Error));
    throw await transaction.failure(error);
  } finally {
    transaction.close();
    client.release(broken);
  }
}
