import type { Config } from '../config.js';
import { migrations, MIGRATIONS_TABLE } from './migrations/index.js';
import type { Select } from './select.js';
import { sessionSettings } from './session-settings.js';
import { WORKFLOW_SCHEMA_VERSION, workflowSchemaVersion } from './workflow-schema.js';

/** The server cannot start on this database. The message states the remedy. */
export class UnsafeDatabaseError extends Error {}

/** Predefined roles whose members can access more than tables, or end other sessions. */
const POWERFUL_ROLES = [
  'pg_execute_server_program',
  'pg_maintain',
  'pg_read_all_data',
  'pg_read_server_files',
  'pg_signal_backend',
  'pg_write_all_data',
  'pg_write_server_files',
];

const ROLE = `
  SELECT r.rolname AS role, r.rolcreaterole AS creates_roles, r.rolcreatedb AS creates_databases, r.rolreplication AS replicates,
         (SELECT string_agg(g.rolname, ', ' ORDER BY g.rolname) FROM pg_roles g
          WHERE g.rolname = ANY(ARRAY['${POWERFUL_ROLES.join("','")}']) AND pg_has_role(r.oid, g.oid, 'MEMBER')) AS powers,
         EXISTS (SELECT FROM pg_roles g WHERE g.rolsuper AND pg_has_role(r.oid, g.oid, 'MEMBER')) AS superuser,
         EXISTS (SELECT FROM pg_roles g WHERE g.rolbypassrls AND pg_has_role(r.oid, g.oid, 'MEMBER')) AS bypasses,
         current_setting('server_version_num')::int / 10000 AS version,
         o.rolname AS owner,
         CASE WHEN o.oid IS NULL THEN false ELSE pg_has_role(r.oid, o.oid, 'MEMBER') END AS owns,
         c.oid IS NOT NULL AND (
           has_any_column_privilege(r.oid, c.oid, 'UPDATE') OR has_table_privilege(r.oid, c.oid, 'DELETE')
           OR has_table_privilege(r.oid, c.oid, 'TRUNCATE')) AS rewrites
  FROM pg_roles r
  LEFT JOIN pg_class c ON c.oid = to_regclass('license_event_logs')
  LEFT JOIN pg_roles o ON o.oid = c.relowner
  WHERE r.rolname = current_user`;

interface RoleRow {
  role: string;
  creates_roles: boolean;
  creates_databases: boolean;
  replicates: boolean;
  powers: string | null;
  superuser: boolean;
  bypasses: boolean;
  version: number;
  owner: string | null;
  owns: boolean;
  rewrites: boolean;
}

/**
 * Rejects a role with more rights than required, because tenant isolation and the permanence of the event log would depend on our code
 * alone, and a schema older than this release. A newer schema is accepted.
 */
export async function assertSafeDatabase(select: Select): Promise<void> {
  const [row] = await select<RoleRow>(ROLE);
  const fault = row && faultOf(row);
  if (fault) throw new UnsafeDatabaseError(`${fault} ${REMEDY}`);
  const missing = await pendingMigrations(select);
  if (missing.length > 0) {
    throw new UnsafeDatabaseError(
      `The database is behind this release by ${missing.length} migration(s). Run "npm run migrate" and start again.`,
    );
  }
}

/** Rejects sessions without the required settings: a pooler or another configuration of `migrate` may have changed them. */
export async function assertSessionSettings(select: Select, config: Config): Promise<void> {
  const rows = await select<{ role: string; name: string; setting: string }>(
    'SELECT current_user AS role, name, setting FROM pg_settings',
  );
  const effective = new Map(rows.map(({ name, setting }) => [name, setting]));
  const wrong = Object.entries(sessionSettings(config)).filter(([name, value]) => effective.get(name) !== value);
  if (wrong.length === 0) return;
  const faults = wrong.map(([name, value]) => `${name} is ${effective.get(name) ?? 'unknown'} instead of ${value}`);
  throw new UnsafeDatabaseError(
    `Sessions of the role "${rows[0]?.role}" are not as this server needs them: ${faults.join(', ')}. ` +
      'Run "npm run migrate" with the same DATABASE_… settings as the server, which keeps them with the role. ' +
      'A pooler has to connect to PostgreSQL anew afterwards (RECONNECT in PgBouncer).',
  );
}

const REMEDY =
  'Run "npm run migrate" with the owner role in DATABASE_OWNER_URL and another role in DATABASE_URL: ' +
  'it creates that role with exactly the rights the server needs.';

function faultOf(row: RoleRow): string | undefined {
  if (row.version < 15) return `PostgreSQL ${row.version} is too old; 15 or later is needed.`;
  if (row.superuser) return `The role "${row.role}" in DATABASE_URL is a superuser, or a member of one.`;
  if (row.bypasses)
    return `The role "${row.role}" in DATABASE_URL bypasses row-level security, or is a member of a role that does.`;
  if (row.owns) return `The role "${row.role}" in DATABASE_URL is, or is a member of, the owner role "${row.owner}".`;
  if (row.creates_roles) return `The role "${row.role}" in DATABASE_URL may create roles.`;
  if (row.creates_databases) return `The role "${row.role}" in DATABASE_URL may create databases.`;
  if (row.replicates) return `The role "${row.role}" in DATABASE_URL may replicate, and so read everything.`;
  if (row.powers !== null) return `The role "${row.role}" in DATABASE_URL is a member of ${row.powers}.`;
  if (row.rewrites) return `The role "${row.role}" in DATABASE_URL may change or delete events.`;
  return undefined;
}

/** Name of the migrations of the engine of workflows, which count as one. */
const WORKFLOW_MIGRATIONS = 'workflows';

/** Returns the migrations of this release that are not applied; all of them if there is no schema. */
export async function pendingMigrations(select: Select): Promise<string[]> {
  const [readable] = await select<{ yes: boolean | null }>(
    `SELECT has_table_privilege(to_regclass('${MIGRATIONS_TABLE}'), 'SELECT') AS yes`,
  );
  const names = migrations.map((migration) => migration.name);
  if (!readable?.yes) return names;
  const rows = await select<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE}`);
  const applied = new Set(rows.map((row) => row.name));
  const pending = names.filter((name) => !applied.has(name));
  return (await workflowSchemaVersion(select)) < WORKFLOW_SCHEMA_VERSION ? [...pending, WORKFLOW_MIGRATIONS] : pending;
}
