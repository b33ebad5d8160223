import pg from 'pg';

/** Functions that write outside tables, end sessions or hold locks beyond a transaction. The server calls none but LOCKS_OF_TWO_KEYS. */
const FUNCTIONS = [
  'lo_creat',
  'lo_create',
  'lo_from_bytea',
  'lo_open',
  'lo_put',
  'lo_truncate',
  'lo_truncate64',
  'lo_unlink',
  'lowrite',
  'pg_advisory_lock',
  'pg_advisory_lock_shared',
  'pg_advisory_xact_lock',
  'pg_advisory_xact_lock_shared',
  'pg_cancel_backend',
  'pg_terminate_backend',
  'pg_try_advisory_lock',
  'pg_try_advisory_lock_shared',
  'pg_try_advisory_xact_lock',
  'pg_try_advisory_xact_lock_shared',
];

/**
 * Locks with two keys, by which the engine of workflows sees that another process is gone. They share no key with those of one key, which
 * keep the cluster and its migrations.
 */
const LOCKS_OF_TWO_KEYS = ['pg_advisory_lock(integer,integer)', 'pg_try_advisory_lock(integer,integer)'];

const OPEN_DATABASES = `
  SELECT quote_ident(datname) AS name FROM pg_database
  WHERE datname IN ('postgres', 'template1') AND has_database_privilege('public', oid, 'CONNECT')`;

const OPEN_FUNCTIONS = `
  SELECT p.oid::regprocedure::text AS name FROM pg_proc p
  WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY($1)
    AND p.oid <> ALL($2::regprocedure[]) AND has_function_privilege('public', p.oid, 'EXECUTE')`;

const CLOSED_LOCKS = `
  SELECT p.oid::regprocedure::text AS name FROM pg_proc p
  WHERE p.oid = ANY($1::regprocedure[]) AND NOT has_function_privilege('public', p.oid, 'EXECUTE')`;

/** Restricts the databases without data of the product to superusers. Writes only changes. */
export async function closeOtherDatabases(superuser: pg.ClientBase): Promise<void> {
  const { rows } = await superuser.query<{ name: string }>(OPEN_DATABASES);
  for (const { name } of rows) await superuser.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
}

/** Restricts the functions of this database to superusers and its owner, which needs the migration lock. */
export async function closeFunctions(superuser: pg.ClientBase, owner: string): Promise<void> {
  const { rows } = await superuser.query<{ name: string }>(OPEN_FUNCTIONS, [FUNCTIONS, LOCKS_OF_TWO_KEYS]);
  for (const { name } of rows) {
    await superuser.query(
      `REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC; GRANT EXECUTE ON FUNCTION ${name} TO ${owner}`,
    );
  }
  // An earlier release closed them, too.
  const closed = await superuser.query<{ name: string }>(CLOSED_LOCKS, [LOCKS_OF_TWO_KEYS]);
  for (const { name } of closed.rows) await superuser.query(`GRANT EXECUTE ON FUNCTION ${name} TO PUBLIC`);
}
