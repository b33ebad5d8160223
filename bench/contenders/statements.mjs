// Statements of one issue, for the contenders that write it by hand: the same rows as the product writes.
import { createHash, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

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

/** A row on the terms of template t; what differs from order to order is given. */
function fromTemplate({ id, sealed, lastFour, customer, issuedTo }) {
  return `t.tenant_id, ${id}, ${sealed}, ${lastFour}, ${customer}, t.template_id, t.version, t.product_id,
  'License for ' || t.template_name, t.license_type, t.license_model, 'ACTIVE', ${issuedTo}, now(),
  now() + t.default_duration * interval '1 day', now() + t.default_duration * interval '1 day', t.default_duration,
  t.grace_period_days, t.auto_renewal_enabled, t.max_activations, 0, t.features, t.restrictions, t.pricing, '{}', 1, now(), now()`;
}
const GIVEN = { id: '$3::uuid', sealed: '$4::bytea', lastFour: '$5', customer: '$6' };

export const INSERT_LICENSE = {
  name: 'license',
  text: `INSERT INTO licenses (${LICENSE}) SELECT ${fromTemplate({ ...GIVEN, issuedTo: '$7' })}
         FROM license_templates t WHERE t.tenant_id = $1 AND t.template_id = $2`,
};
export const INSERT_KEY = {
  name: 'key',
  text: 'INSERT INTO license_keys (digest, tenant_id, license_id) VALUES ($1, $2, $3)',
};
export const OUTBOX =
  'tenant_id, id, event_type, license_id, resource_type, resource_id, event_data, personal, actor, metadata, created_at';
export const ACTOR = `'{"id": "0199b1c2-0000-7000-8000-000000000000", "via": "rest", "type": "api_key"}'`;
export const INSERT_EVENT = {
  name: 'event',
  text: `INSERT INTO outbox (${OUTBOX})
         VALUES ($1, $2, 'license.created', $3::uuid, 'license', $3::uuid::text, $4, $5, ${ACTOR}, '{}', now())`,
};

/** License, key and event of whatever `issued` returns, in one statement with it. */
const WITH_KEY_AND_EVENT = (issued, digest, eventId) => `
  WITH issued AS (${issued}), keyed AS (
    INSERT INTO license_keys (digest, tenant_id, license_id) SELECT ${digest}, tenant_id, license_id FROM issued
  ), told AS (
    INSERT INTO outbox (${OUTBOX})
    SELECT tenant_id, ${eventId}, 'license.created', license_id, 'license', license_id::text,
           jsonb_build_object('product_id', product_id, 'license_type', license_type),
           jsonb_build_object('issued_to', issued_to), ${ACTOR}, '{}', now() FROM issued
  )`;

const NAME_OF_CUSTOMER = `coalesce($7, (SELECT concat_ws(' ', first_name, last_name) FROM customers c
  WHERE c.tenant_id = $1 AND c.customer_id = $6), 'Customer ' || $6)`;

/** Of a license key as it was given. Ours is keyed (HMAC), which costs it more. */
export function digestOf(licenseKey) {
  return createHash('sha256').update(licenseKey).digest().subarray(0, 16);
}

/** All of it in one statement: template, customer, license, key and event. */
export const ISSUE = {
  name: 'issue',
  text: `${WITH_KEY_AND_EVENT(
    `INSERT INTO licenses (${LICENSE}) SELECT ${fromTemplate({ ...GIVEN, issuedTo: NAME_OF_CUSTOMER })}
     FROM license_templates t JOIN billing_products p USING (tenant_id, product_id)
     WHERE t.tenant_id = $1 AND t.template_id = $2 AND t.active AND p.active
     RETURNING license_id, customer_id, template_id, tenant_id, product_id, product_name, license_type,
               license_model, status, issued_to, issued_date, expiry_date, max_activations, current_activations`,
    '$8',
    '$9::uuid',
  )} SELECT * FROM issued`,
};

/** As many licenses ($3) of one template and customer ($4) in one statement, nothing sealed and nobody told their keys. */
export const ISSUE_MANY = {
  name: 'issue-many',
  text: `${WITH_KEY_AND_EVENT(
    `INSERT INTO licenses (${LICENSE}) SELECT ${fromTemplate({
      id: 'uuidv7()',
      sealed: `substr(sha256(n::text::bytea) || sha256(n::text::bytea), 1, 57)`,
      lastFour: `'0000'`,
      customer: '$4',
      issuedTo: `concat_ws(' ', c.first_name, c.last_name)`,
    })}
     FROM license_templates t JOIN customers c ON c.tenant_id = t.tenant_id AND c.customer_id = $4, generate_series(1, $3) n
     WHERE t.tenant_id = $1 AND t.template_id = $2
     RETURNING license_id, tenant_id, product_id, license_type, issued_to`,
    `substr(sha256(license_id::text::bytea), 1, 16)`,
    'uuidv7()',
  )} SELECT count(*)::int AS count FROM issued`,
};

/** Answer to a read: the license without its key. */
export const WIRE = `license_id, customer_id, template_id, tenant_id, product_id, product_name, license_type, license_model, status,
  issued_to, issued_date, expiry_date, max_activations, current_activations, license_key_last_four, template_version,
  maintenance_expiry, default_duration, grace_period_days, auto_renewal_enabled, features, restrictions, pricing, metadata,
  version, created_at, updated_at`;

export function newLicense() {
  const key = randomBytes(10)
    .toString('hex')
    .toUpperCase()
    .replace(/.{4}(?!$)/g, '$&-');
  return { id: uuidv7(), key, sealed: randomBytes(57), digest: digestOf(key), eventId: uuidv7() };
}
