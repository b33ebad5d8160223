// What one issue is in SQL, for the contenders that write it by hand: the same rows as the product writes.
import { randomBytes, randomUUID } from 'node:crypto';

export const READ_TEMPLATE = {
  name: 'template',
  text: `SELECT t.*, p.active AS product_active FROM license_templates t
         JOIN billing_products p USING (tenant_id, product_id) WHERE t.tenant_id = $1 AND t.template_id = $2`,
};
export const READ_CUSTOMER = {
  name: 'customer',
  text: 'SELECT * FROM customers WHERE tenant_id = $1 AND customer_id = $2',
};

const LICENSE = `tenant_id, license_id, license_key_sealed, license_key_last_four, customer_id, template_id, template_version,
  product_id, product_name, license_type, license_model, status, issued_to, issued_date, expiry_date, maintenance_expiry,
  default_duration, grace_period_days, auto_renewal_enabled, max_activations, current_activations, features, restrictions,
  pricing, metadata, version, created_at, updated_at`;
const FROM_TEMPLATE = `t.tenant_id, $3::uuid, $4::bytea, $5, $6, t.template_id, t.version, t.product_id,
  'License for ' || t.template_name, t.license_type, t.license_model, 'ACTIVE', $7, now(),
  now() + t.default_duration * interval '1 day', now() + t.default_duration * interval '1 day', t.default_duration,
  t.grace_period_days, t.auto_renewal_enabled, t.max_activations, 0, t.features, t.restrictions, t.pricing, '{}', 1, now(), now()`;

export const INSERT_LICENSE = {
  name: 'license',
  text: `INSERT INTO licenses (${LICENSE}) SELECT ${FROM_TEMPLATE} FROM license_templates t
         WHERE t.tenant_id = $1 AND t.template_id = $2`,
};
export const INSERT_KEY = {
  name: 'key',
  text: 'INSERT INTO license_keys (digest, tenant_id, license_id) VALUES ($1, $2, $3)',
};
const OUTBOX =
  'tenant_id, id, event_type, license_id, resource_type, resource_id, event_data, actor, metadata, created_at';
export const INSERT_EVENT = {
  name: 'event',
  text: `INSERT INTO outbox (${OUTBOX})
         VALUES ($1, $2, 'license.created', $3::uuid, 'license', $3::uuid::text, $4, '{"id": "x", "via": "rest", "type": "api_key"}', '{}', now())`,
};

/** All of it in one statement: template, customer, license, key and event. */
export const ISSUE = {
  name: 'issue',
  text: `WITH issued AS (
           INSERT INTO licenses (${LICENSE})
           SELECT ${FROM_TEMPLATE.replace(
             ', $7,',
             `, coalesce($7, (SELECT concat_ws(' ', first_name, last_name) FROM customers c
             WHERE c.tenant_id = $1 AND c.customer_id = $6), 'Customer ' || $6),`,
           )}
           FROM license_templates t JOIN billing_products p USING (tenant_id, product_id)
           WHERE t.tenant_id = $1 AND t.template_id = $2 AND t.active AND p.active
           RETURNING license_id, customer_id, template_id, tenant_id, product_id, product_name, license_type,
                     license_model, status, issued_to, issued_date, expiry_date, max_activations, current_activations
         ), keyed AS (
           INSERT INTO license_keys (digest, tenant_id, license_id) SELECT $8, tenant_id, license_id FROM issued
         ), told AS (
           INSERT INTO outbox (${OUTBOX})
           SELECT tenant_id, $9::uuid, 'license.created', license_id, 'license', license_id::text,
                  jsonb_build_object('product_id', product_id, 'license_type', license_type, 'issued_to', issued_to),
                  '{"id": "x", "via": "rest", "type": "api_key"}', '{}', now() FROM issued
         ) SELECT * FROM issued`,
};

export function newLicense() {
  const key = randomBytes(10)
    .toString('hex')
    .toUpperCase()
    .replace(/.{4}(?!$)/g, '$&-');
  return { id: randomUUID(), key, sealed: randomBytes(57), digest: randomBytes(16), eventId: randomUUID() };
}
