import pg from 'pg';
import { workflowGrants } from './workflow-schema.js';

/**
 * All rights of the application role by table. Events can never be changed or deleted; of a license only the columns that actions change,
 * not its id, license key, product or customer's trial.
 */
export const GRANTS: Readonly<Record<string, string>> = {
  schema_migrations: 'SELECT',
  tenants: `SELECT, INSERT, UPDATE (status, require_if_match, requests_per_minute, email_settings, order_fulfilment_after,
    fulfil_orders_automatically, customers_must_exist, allow_short_keys, foreign_key_normalisation, metadata_filters,
    metadata_filters_pending, version, updated_at)`,
  api_keys:
    'SELECT, INSERT, UPDATE (key_sha256, key_prefix, previous_sha256, previous_expires_at, last_used_at, revoked_at, version, updated_at)',
  sessions:
    'SELECT, INSERT, UPDATE (authenticated_at, last_seen_at, ended_at, end_reason, version, updated_at), DELETE',
  // Links are made by the owner.
  sign_in_links: 'SELECT, UPDATE (used_at)',
  rate_limits: 'SELECT, INSERT, UPDATE, DELETE',
  // Claims are inserted, get their result, and are deleted after their expiry.
  idempotency_keys: 'SELECT, INSERT, UPDATE (result_sealed), DELETE',
  billing_products: 'SELECT, INSERT, UPDATE',
  license_templates: 'SELECT, INSERT, UPDATE',
  customers:
    'SELECT, INSERT, UPDATE (first_name, last_name, email, company_name, language, active, metadata, version, updated_at)',
  customer_notes: 'SELECT, INSERT, DELETE',
  licenses: `SELECT, INSERT, UPDATE (status, license_key_last_four, customer_id, pool_id, template_id, template_version, product_name, license_type,
    license_model, issued_to, expiry_date, maintenance_expiry, default_duration, default_term, grace_period_days, auto_renewal_enabled,
    max_activations, current_activations, overage_policy, overage_factor, eviction_policy, heartbeat_interval_seconds,
    heartbeat_grace_seconds, features, restrictions, pricing, metadata, trial, next_due_at, files_until, anchor_day, edited_terms, overrides,
    starts_at, awaited_start, file_ttl_max_seconds, subscription_id, held_by_subscription, deactivations_per_period,
    self_service_replacement, blocked_devices, version, updated_at)`,
  // A key that is replaced gets an end, and is never deleted.
  license_keys: 'SELECT, INSERT, UPDATE (valid_until)',
  rotated_license_keys: 'SELECT, INSERT, DELETE',
  license_metadata_values: 'SELECT, INSERT, DELETE',
  // Rows of ended activations stay.
  license_activations: 'SELECT, INSERT, UPDATE',
  license_activation_refusals: 'SELECT, INSERT, UPDATE (refusals), DELETE',
  // Rows of ended blocks stay.
  blocked_devices: 'SELECT, INSERT, UPDATE (ended_at)',
  license_deactivations: 'SELECT, INSERT, UPDATE (period, period_start, deactivations, allowed)',
  license_client_events: 'SELECT, INSERT, UPDATE (hour, events, allowed, limit_reported)',
  license_usages: 'SELECT, INSERT, UPDATE (used, updated_at)',
  subscriptions: `SELECT, INSERT, UPDATE (template_id, license_id, status, quantity, period_start, period_end,
    cancel_at_period_end, ends_at, end_recorded, hold, metadata, applied_terms, license_problem, version, updated_at)`,
  subscription_events: 'SELECT, INSERT',
  partners:
    'SELECT, INSERT, UPDATE (name, email, status, license_effect, license_effect_reason, metadata, version, updated_at)',
  partner_invitations:
    'SELECT, INSERT, UPDATE (code_sha256, expires_at, expiry_recorded, redeemed_at, withdrawn_at, api_key_id, version, updated_at)',
  license_pools: `SELECT, INSERT, UPDATE (returns_revoked, returns_expired, expires_at, expiry_recorded, allowed_actions, allowed_overrides,
      version, updated_at)`,
  // The ledger of a pool is never changed.
  pool_entries: 'SELECT, INSERT',
  signing_keys:
    'SELECT, INSERT, UPDATE (state, private_key_sealed, activated_at, retired_at, revoked_at, version, updated_at)',
  revocation_lists:
    'SELECT, INSERT, UPDATE (number, content_sha256, signed_text, issued_at, expires_at, kid, as_of_seq)',
  email_templates: 'SELECT, INSERT, UPDATE (subject, text_body, html_body, version, updated_at), DELETE',
  // The recipient and the request of a message never change; only an erasure removes its content.
  email_messages: `SELECT, INSERT, UPDATE (content_sealed, recipient_digest, status, reason, attempt_count, next_attempt_at, lease_id,
    message_id, sent_at, version, updated_at)`,
  email_attempts: 'SELECT, INSERT, UPDATE (outcome, response_code, response_sealed, ended_at)',
  email_cursors: 'SELECT, INSERT, UPDATE (seq, updated_at)',
  report_cursors: 'SELECT, INSERT, UPDATE (seq, day, updated_at)',
  report_licenses: 'SELECT, INSERT, UPDATE',
  report_license_counts: 'SELECT, INSERT, UPDATE',
  report_expirations: 'SELECT, INSERT, UPDATE (licenses)',
  report_activity: 'SELECT, INSERT, UPDATE (events)',
  report_denials: 'SELECT, INSERT, UPDATE (denials)',
  report_seat_peaks: 'SELECT, INSERT, UPDATE (peak, in_use, seat_limit, is_carried)',
  report_validations: 'SELECT, INSERT, UPDATE (validations)',
  report_expired_use: 'SELECT, INSERT, UPDATE (validations, first_seen_at, last_seen_at)',
  quotes: `SELECT, INSERT, UPDATE (customer_id, status, currency, total_amount, valid_until, order_id, metadata, sent_at, decided_at,
    version, updated_at)`,
  // Lines of drafts and of orders that have not begun are replaced.
  quote_lines: 'SELECT, INSERT, DELETE',
  orders: `SELECT, INSERT, UPDATE (customer_id, status, payment_status, currency, total_amount, paid_amount, refunded_amount, metadata,
    automatic_fulfilment, fulfilment_refusal, approved_at, fulfilled_at, cancelled_at, version, updated_at)`,
  order_lines:
    'SELECT, INSERT, DELETE, UPDATE (fulfilled_quantity, license_ids, refunded, withdrawal, withdrawn_quantity)',
  // The relay's FOR UPDATE SKIP LOCKED requires UPDATE on some column; no statement uses it.
  outbox: 'SELECT, INSERT, DELETE, UPDATE (stored_at)',
  license_event_counters: 'SELECT, INSERT, UPDATE',
  event_resource_counters: 'SELECT, INSERT, UPDATE (last_seq)',
  license_event_logs: 'SELECT, INSERT',
  workflow_runs: `SELECT, INSERT, UPDATE (state, customer_id, waiting_for, waiting_until, cancel_requested_at, result, error, undone,
    not_undone, failed_attempts, last_failure, ended_at, version, updated_at)`,
};

/** The server creates no temporary tables. The owner of a schema alone cannot revoke that right. */
const CLOSE_DATABASE = `
  DO $$ BEGIN
    IF has_database_privilege('public', current_database(), 'TEMPORARY') AND EXISTS (
      SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(current_user, datdba, 'USAGE'))
    THEN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END IF;
  END $$`;

/** Grants the role exactly these rights, and revokes any others that an earlier release or an operator granted. */
export async function grantApplicationRights(owner: pg.ClientBase, role: string): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const statements = Object.entries(GRANTS).map(([table, rights]) => `GRANT ${rights} ON ${table} TO ${name}`);
  await owner.query(
    [
      'BEGIN',
      `GRANT USAGE ON SCHEMA public TO ${name}`,
      `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${name}`,
      ...statements,
      ...workflowGrants(role),
      CLOSE_DATABASE,
      'COMMIT',
    ].join(';\n'),
  );
}
