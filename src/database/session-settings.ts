import pg from 'pg';
import type { Config } from '../config.js';
import { MigrationError } from './migration.error.js';
import { isForbidden } from './sql-errors.js';
import { withClient } from './with-client.js';

/**
 * Settings of every session of the server, in the notation of pg_settings. They belong to the role in this database: a pooler rejects or
 * drops them at connect (decision 0027).
 */
export function sessionSettings({ settings }: Config): Readonly<Record<string, string>> {
  return {
    // A cached plan serves all tenants, also after tables have grown a thousandfold, so it must use an index even while the table is
    // small.
    enable_seqscan: 'off',
    // No statement runs long enough for compilation to pay.
    jit: 'off',
    // The server parses JSON that PostgreSQL writes, so the notation of times and bytes must not vary.
    TimeZone: 'UTC',
    bytea_output: 'hex',
    statement_timeout: String(settings.DATABASE_STATEMENT_TIMEOUT_MS),
    lock_timeout: String(settings.DATABASE_LOCK_TIMEOUT_MS),
    idle_in_transaction_session_timeout: String(settings.DATABASE_IDLE_TRANSACTION_TIMEOUT_MS),
  };
}

/** Returns the statements that set the role's settings; they apply to later sessions. */
export function settingStatements(role: string, database: string, config: Config): string[] {
  const alterRole = `ALTER ROLE ${pg.escapeIdentifier(role)} IN DATABASE ${pg.escapeIdentifier(database)}`;
  return Object.entries(sessionSettings(config)).map(([name, value]) => `${alterRole} SET ${name} = '${value}'`);
}

const STORED_SETTINGS = `
  SELECT current_database() AS database, coalesce((
    SELECT setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase
    WHERE r.rolname = $1 AND d.datname = current_database()), '{}') AS settings`;

/** Sets the role's settings unless it has them: as the owner, or as the role itself if the owner lacks the right. */
export async function keepSessionSettings(owner: pg.ClientBase, role: string, applicationUrl: string, config: Config) {
  const { rows } = await owner.query<{ database: string; settings: string[] }>(STORED_SETTINGS, [role]);
  const { database = '', settings: stored = [] } = rows[0] ?? {};
  const needed = Object.entries(sessionSettings(config)).map(([name, value]) => `${name}=${value}`);
  if (needed.every((setting) => stored.includes(setting))) return;
  const statements = settingStatements(role, database, config).join('; ');
  await owner
    .query(statements)
    .catch((error: unknown) => {
      if (!isForbidden(error)) throw error;
      return asRole(applicationUrl, statements);
    })
    .catch((error: unknown) => {
      throw new MigrationError(
        `The settings of the role "${role}" cannot be set, neither as the owner nor as the role itself. ` +
          `Have an administrator run: ${statements}`,
        { cause: error },
      );
    });
}

async function asRole(applicationUrl: string, statements: string): Promise<void> {
  await withClient(applicationUrl, (client) => client.query(statements));
}
