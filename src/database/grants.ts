import pg from 'pg';

/**
 * What the application role may do, table by table, and nothing else. Rows of events are never changed or deleted; a
 * license is only added until an action of its life cycle needs more.
 */
const GRANTS: Readonly<Record<string, string>> = {
  schema_migrations: 'SELECT',
  tenants: 'SELECT, INSERT, UPDATE (status, require_if_match, requests_per_minute, version, updated_at)',
  api_keys:
    'SELECT, INSERT, UPDATE (key_sha256, key_prefix, previous_sha256, previous_expires_at, last_used_at, revoked_at, version, updated_at)',
  rate_limits: 'SELECT, INSERT, UPDATE, DELETE',
  // Claims are taken, get their result, and are swept.
  idempotency_keys: 'SELECT, INSERT, UPDATE (result_sealed), DELETE',
  billing_products: 'SELECT, INSERT, UPDATE',
  license_templates: 'SELECT, INSERT, UPDATE',
  customers: 'SELECT, INSERT, UPDATE',
  licenses: 'SELECT, INSERT',
  license_keys: 'SELECT, INSERT',
  // The relay's FOR UPDATE SKIP LOCKED needs the right to update some column; no statement does it.
  outbox: 'SELECT, INSERT, DELETE, UPDATE (stored_at)',
  license_event_counters: 'SELECT, INSERT, UPDATE',
  license_event_logs: 'SELECT, INSERT',
};

/** Gives the role exactly the rights above: what an earlier release or a hand gave it beyond them is taken away. */
export async function grantApplicationRights(owner: pg.ClientBase, role: string): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const statements = Object.entries(GRANTS).map(([table, rights]) => `GRANT ${rights} ON ${table} TO ${name}`);
  await owner.query(
    [
      'BEGIN',
      `GRANT USAGE ON SCHEMA public TO ${name}`,
      `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${name}`,
      ...statements,
      'COMMIT',
    ].join(';\n'),
  );
}
