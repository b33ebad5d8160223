import pg from 'pg';
import type { Config } from '../config.js';
import { MigrationError } from './migration.error.js';
import { isForbidden } from './sql-errors.js';

/**
 * Settings that every session of the server has, as pg_settings writes them. They stand with the role, in this database alone:
 * a pooler of connections refuses them when a client connects, or drops them silently.
 */
export function sessionSettings({ settings }: Config): Readonly<Record<string, string>> {
  return {
    // A plan is kept and used for all tenants, also when tables have grown a thousandfold since it was made: so whatever
    // has an index goes by it, even where the table is still so small that reading all of it would do.
    enable_seqscan: 'off',
    // No statement of ours is so long that compiling it would pay.
    jit: 'off',
    // PostgreSQL writes JSON in the form that the server reads.
    TimeZone: 'UTC',
    bytea_output: 'hex',
    statement_timeout: String(settings.DATABASE_STATEMENT_TIMEOUT_MS),
    lock_timeout: String(settings.DATABASE_LOCK_TIMEOUT_MS),
    idle_in_transaction_session_timeout: String(settings.DATABASE_IDLE_TRANSACTION_TIMEOUT_MS),
  };
}

/** The statements that give a role these settings; they hold for sessions that begin afterwards. */
export function settingStatements(role: string, database: string, config: Config): string[] {
  const whose = `ALTER ROLE ${pg.escapeIdentifier(role)} IN DATABASE ${pg.escapeIdentifier(database)}`;
  return Object.entries(sessionSettings(config)).map(([name, value]) => `${whose} SET ${name} = '${value}'`);
}

const KEPT = `
  SELECT current_database() AS database, coalesce((
    SELECT setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase
    WHERE r.rolname = $1 AND d.datname = current_database()), '{}') AS settings`;

/** Gives the application role its settings unless it has them: as the owner, or where that may not, as the role itself. */
export async function keepSessionSettings(owner: pg.ClientBase, role: string, applicationUrl: string, config: Config) {
  const { rows } = await owner.query<{ database: string; settings: string[] }>(KEPT, [role]);
  const { database = '', settings: kept = [] } = rows[0] ?? {};
  const needed = Object.entries(sessionSettings(config)).map(([name, value]) => `${name}=${value}`);
  if (needed.every((setting) => kept.includes(setting))) return;
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
  const client = new pg.Client({ connectionString: applicationUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  await client.query(statements).finally(() => client.end());
}
