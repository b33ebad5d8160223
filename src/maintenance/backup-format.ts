import { z } from 'zod';

/** Tables in an order in which they can be loaded. */
export const BACKUP_TABLES = [
  'tenants',
  'partners',
  'partner_invitations',
  'api_keys',
  'billing_products',
  'license_templates',
  'license_pools',
  'pool_entries',
  'customers',
  'customer_notes',
  'licenses',
  'license_keys',
  'rotated_license_keys',
  'license_metadata_values',
  'license_activations',
  'license_activation_refusals',
  'blocked_devices',
  'license_deactivations',
  'license_client_events',
  'license_usages',
  'subscriptions',
  'subscription_events',
  'quotes',
  'quote_lines',
  'orders',
  'order_lines',
  'signing_keys',
  'revocation_lists',
  'email_templates',
  'email_messages',
  'email_attempts',
  'email_cursors',
  'report_cursors',
  'report_licenses',
  'report_license_counts',
  'report_expirations',
  'report_activity',
  'report_denials',
  'report_seat_peaks',
  'report_validations',
  'report_expired_use',
  'license_event_counters',
  'event_resource_counters',
  'license_event_logs',
  'outbox',
  'idempotency_keys',
  'workflow_runs',
  'workflows.workflow_status',
  'workflows.workflow_input',
  'workflows.workflow_output',
  'workflows.operation_outputs',
  'workflows.notifications',
  'workflows.workflow_events',
  'workflows.workflow_events_history',
  'workflows.streams',
] as const;

/**
 * Tables without a backup: migrating creates the migration rows, request counts expire within a minute, and the engine of workflows writes
 * what it needs beside its runs when it starts. Nobody stays signed in over a restore.
 */
export const NOT_BACKED_UP = [
  'schema_migrations',
  'rate_limits',
  'sessions',
  'sign_in_links',
  'workflows.dbos_migrations',
  'workflows.application_versions',
  'workflows.queues',
  'workflows.workflow_schedules',
  'workflows.event_dispatch_kv',
];

export const MANIFEST_FILE = 'manifest.json';
export const SECRETS_FILE = 'secrets.json';
/** HMAC of the manifest in hexadecimal, present if there is a passphrase. */
export const MAC_FILE = 'manifest.mac';

/** Content of a backup. It is written last, so a folder without it is not a complete backup. */
export const Manifest = z.object({
  format: z.literal(1),
  product: z.string(),
  created_at: z.iso.datetime(),
  migrations: z.array(z.string()),
  tables: z.record(
    z.string(),
    z.object({ columns: z.array(z.string()), rows: z.int().nonnegative(), sha256: z.string() }),
  ),
});
export type Manifest = z.infer<typeof Manifest>;

/** The master and lookup keys, unencrypted or sealed with a passphrase (scrypt, AES-256-GCM; all in base64). */
export const SecretsFile = z.union([
  z.object({ master_keys: z.array(z.string()).min(1), lookup_key: z.string() }),
  z.object({ salt: z.string(), iv: z.string(), tag: z.string(), sealed: z.string() }),
]);
export type SecretsFile = z.infer<typeof SecretsFile>;
