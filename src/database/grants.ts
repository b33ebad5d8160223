import pg from 'pg';

/**
 * What the application role may do, table by table, and nothing else. Rows of events are never changed or deleted; of a
 * license what its life changes, never its id, its key, its product, or whose trial it was.
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
  licenses: `SELECT, INSERT, UPDATE (status, customer_id, template_id, template_version, product_name, license_type,
    license_model, issued_to, expiry_date, maintenance_expiry, default_duration, grace_period_days, auto_renewal_enabled,
    max_activations, current_activations, overage_policy, overage_factor, eviction_policy, heartbeat_interval_seconds,
    heartbeat_grace_seconds, features, restrictions, pricing, metadata, trial, next_due_at, files_until, anchor_day, edited_terms, file_ttl_max_seconds,
    version, updated_at)`,
  license_keys: 'SELECT, INSERT',
  // Rows of devices stay when they end.
  license_activations: 'SELECT, INSERT, UPDATE',
  license_activation_refusals: 'SELECT, INSERT, DELETE',
  license_client_events: 'SELECT, INSERT, UPDATE (hour, events, allowed, limit_reported)',
  license_usages: 'SELECT, INSERT, UPDATE (used, updated_at)',
  signing_keys:
    'SELECT, INSERT, UPDATE (state, private_key_sealed, activated_at, retired_at, revoked_at, version, updated_at)',
  revocation_lists:
    'SELECT, INSERT, UPDATE (number, content_sha256, signed_text, issued_at, expires_at, kid, as_of_seq)',
  // The relay's FOR UPDATE SKIP LOCKED needs the right to update some column; no statement does it.
  outbox: 'SELECT, INSERT, DELETE, UPDATE (stored_at)',
  license_event_counters: 'SELECT, INSERT, UPDATE',
  event_resource_counters: 'SELECT, INSERT, UPDATE (last_seq)',
  license_event_logs: 'SELECT, INSERT',
};

/** The server makes no temporary table. Who owns a schema alone cannot take that right away. */
const CLOSE_DATABASE = `
  DO $$ BEGIN
    IF has_database_privilege('public', current_database(), 'TEMPORARY') AND EXISTS (
      SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(current_user, datdba, 'USAGE'))
    THEN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END IF;
  END $$`;

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
      CLOSE_DATABASE,
      'COMMIT',
    ].join(';\n'),
  );
}
