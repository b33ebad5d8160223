import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { MigrationError } from './migration.error.js';
import type { Select } from './select.js';
import { isForbidden } from './sql-errors.js';

/** Schema of the engine of workflows, which has its own migrations. */
export const WORKFLOW_SCHEMA = 'workflows';
/** Number of the last migration of the engine's library. A test compares it with the library, whose import would delay the start. */
export const WORKFLOW_SCHEMA_VERSION = 123;

const VERSION = `SELECT max(version)::int AS version FROM ${WORKFLOW_SCHEMA}.dbos_migrations`;

/** Returns the version of the engine's schema; 0 without one, or without the right to read it. */
export async function workflowSchemaVersion(select: Select): Promise<number> {
  const [readable] = await select<{ yes: boolean | null }>(
    `SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS yes
     FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'dbos_migrations'
     WHERE n.nspname = '${WORKFLOW_SCHEMA}'`,
  );
  if (!readable?.yes) return 0;
  const [row] = await select<{ version: number | null }>(VERSION);
  return row?.version ?? 0;
}

/**
 * Migrates the engine's schema as its owner, in a thread, because the library prints to standard output and slows down the promises of the
 * thread that it is in. Nothing happens if the schema is up to date, or newer.
 */
export async function migrateWorkflowSchema(ownerUrl: string, select: Select): Promise<void> {
  if ((await workflowSchemaVersion(select)) >= WORKFLOW_SCHEMA_VERSION) return;
  const library = createRequire(import.meta.url).resolve('@dbos-inc/dbos-sdk');
  const workerData = { library, ownerUrl, schemaName: WORKFLOW_SCHEMA };
  const thread = new Worker(MIGRATE, { eval: true, workerData, stdout: true, stderr: true });
  await new Promise<void>((migrated, failed) => {
    thread.on('error', (error) => {
      failed(isForbidden(error) ? new MigrationError(MAY_NOT_CREATE, { cause: error }) : error);
    });
    thread.on('exit', () => migrated());
  });
}

const MAY_NOT_CREATE =
  'The owner role may not create the schema of workflows. Have an administrator run: GRANT CREATE ON DATABASE … TO …, with its names.';

const MIGRATE = `
  const { workerData: { library, ownerUrl, schemaName } } = require('node:worker_threads');
  const { DBOS } = require(library);
  DBOS.migrate(ownerUrl, { schemaName }).catch((error) => { setImmediate(() => { throw error; }); });`;

/**
 * Returns the statements that grant the application role what the engine needs: rows, and no change of its schema. The library's own
 * option would grant everything.
 */
export function workflowGrants(role: string): string[] {
  const name = pg.escapeIdentifier(role);
  return [
    `GRANT USAGE ON SCHEMA ${WORKFLOW_SCHEMA} TO ${name}`,
    `REVOKE ALL ON ALL TABLES IN SCHEMA ${WORKFLOW_SCHEMA} FROM ${name}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${WORKFLOW_SCHEMA} TO ${name}`,
    `REVOKE INSERT, UPDATE, DELETE ON ${WORKFLOW_SCHEMA}.dbos_migrations FROM ${name}`,
  ];
}
