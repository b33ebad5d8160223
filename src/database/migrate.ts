import pg from 'pg';
import type { Config } from '../config.js';
import { ownerDataSource } from './data-source.js';
import { grantApplicationRights } from './grants.js';
import { withMigrationLock } from './migration-lock.js';
import { MigrationError } from './migration.error.js';
import { keepSessionSettings } from './session-settings.js';
import { selectWith } from './select.js';
import { withClient } from './with-client.js';
import { migrateWorkflowSchema } from './workflow-schema.js';

export { MigrationError };

/**
 * Migrates the schema, creates the application role if missing, sets its rights and settings, then runs `after` (the bootstrap) under the
 * same lock. Returns the names of the applied migrations.
 */
export function migrate(
  ownerUrl: string,
  applicationUrl: string,
  config: Config,
  after?: (owner: pg.Client) => Promise<void>,
): Promise<string[]> {
  return withMigrationLock(ownerUrl, () =>
    withClient(ownerUrl, async (owner) => {
      await assertVersion(owner);
      const role = await ensureApplicationRole(owner, applicationUrl);
      const applied = await applyMigrations(ownerUrl);
      await migrateWorkflowSchema(ownerUrl, selectWith(owner));
      await grantApplicationRights(owner, role);
      await keepSessionSettings(owner, role, applicationUrl, config);
      await after?.(owner);
      return applied;
    }),
  );
}

async function assertVersion(owner: pg.Client): Promise<void> {
  const { rows } = await owner.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS version`,
  );
  const version = rows[0]?.version ?? 0;
  if (version < 15) throw new MigrationError(`PostgreSQL ${version} is too old. Use PostgreSQL 15 or later.`);
}

async function ensureApplicationRole(owner: pg.Client, applicationUrl: string): Promise<string> {
  const { user, password } = new pg.Client({ connectionString: applicationUrl });
  if (!user)
    throw new MigrationError('DATABASE_URL names no role. Write it as postgres://ROLE:PASSWORD@HOST/DATABASE.');
  if (user === owner.user) {
    throw new MigrationError(
      'DATABASE_URL and DATABASE_OWNER_URL name the same role. The server must run as a role that owns nothing: ' +
        'give DATABASE_URL another role name and a password, and it will be created.',
    );
  }
  const { rowCount } = await owner.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [user]);
  if (rowCount) return user;
  const { rows } = await owner.query<{ allowed: boolean }>(
    'SELECT rolsuper OR rolcreaterole AS allowed FROM pg_roles WHERE rolname = current_user',
  );
  if (!rows[0]?.allowed) {
    throw new MigrationError(
      `The role "${user}" of DATABASE_URL does not exist and the owner may not create roles. ` +
        `Have an administrator run: CREATE ROLE ${pg.escapeIdentifier(user)} LOGIN PASSWORD '…'`,
    );
  }
  const secret = password ? ` PASSWORD ${pg.escapeLiteral(password)}` : '';
  await owner.query(`CREATE ROLE ${pg.escapeIdentifier(user)} LOGIN${secret}`);
  return user;
}

async function applyMigrations(ownerUrl: string): Promise<string[]> {
  const dataSource = await ownerDataSource(ownerUrl).initialize();
  try {
    return (await dataSource.runMigrations({ transaction: 'each' })).map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}
