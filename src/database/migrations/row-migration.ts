/** Runs one statement on the connection of a migration or of `restore`. */
export type RunStatement = (text: string, values: unknown[]) => Promise<unknown>;

/**
 * Migration that changes rows. `restore` runs this part again for a backup of an earlier release, because the migrations ran there
 * before the rows came.
 */
export interface RowMigration {
  /** Changes the rows of one tenant. Every statement names the tenant, because `restore` lifts row-level security. */
  migrateRows(run: RunStatement, tenantId: string): Promise<void>;
}

export function isRowMigration(migration: object): migration is RowMigration {
  return 'migrateRows' in migration;
}

/** Changes the rows of every tenant, each behind its row-level security. */
export async function migrateAllRows(migration: RowMigration, run: RunStatement): Promise<void> {
  const tenants = (await run('SELECT id FROM tenants', [])) as { id: string }[];
  for (const { id } of tenants) {
    await run(`SELECT set_config('app.tenant_id', $1, true)`, [id]);
    await migration.migrateRows(run, id);
  }
}
