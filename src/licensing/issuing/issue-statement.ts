import { OUTBOX_COLUMNS } from '../../shared/messaging/outbox.js';
import { SET_TENANT_OF_ROW } from '../../shared/persistence/set-tenant-of-row.js';
import { columnsOf, type EntityColumn } from '../../shared/persistence/entity-columns.js';
import { TERM_COLUMNS } from '../../templates/index.js';
import { License } from '../license.entity.js';
import { IS_FILTER_VALUE } from '../metadata-filters/metadata-values.js';

export type LicenseColumn = EntityColumn<License>;

const OF_TEMPLATE_VERSION: readonly string[] = [
  ...['templateId', 'templateVersion', 'productId', 'productName'],
  ...TERM_COLUMNS.map(({ property }) => property),
];
const ALL = columnsOf(License);

/** Columns that licenses of one template version without overrides share, so that their values are sent once. */
const TEMPLATE_COLUMNS = ALL.filter(({ property }) => OF_TEMPLATE_VERSION.includes(property));
/** Columns that each license has values of its own for. */
export const OWN_COLUMNS = ALL.filter(({ property }) => !OF_TEMPLATE_VERSION.includes(property));
/** Columns of the second parameter, besides `terms_key`. */
export const TERMS_COLUMNS = [...ALL.filter(({ property }) => property === 'tenantId'), ...TEMPLATE_COLUMNS];

/** Columns that name the row of terms, are compared with current rows or written to other tables, with their types. */
const CHECK_COLUMNS = {
  terms_key: 'integer',
  customer_version: 'integer',
  key_digest: 'text',
  claim_digest: 'text',
  request_digest: 'text',
  result: 'json',
  expires_at: 'timestamptz',
} as const;
export type CheckColumn = keyof typeof CHECK_COLUMNS;

const typed = (columns: readonly LicenseColumn[]) => columns.map(({ name, type }) => `${name} ${type}`);
const typedChecks = Object.entries(CHECK_COLUMNS).map(([name, type]) => `${name} ${type}`);

const COLUMNS = [...OWN_COLUMNS, ...TEMPLATE_COLUMNS].map(({ name }) => name).join(', ');
const ALIASED = [...OWN_COLUMNS.map(({ name }) => name), ...Object.keys(CHECK_COLUMNS)].map((name) => `item.${name}`);
const SHARED = TEMPLATE_COLUMNS.map(({ name }) => `terms.${name}`);

/**
 * Claims the free idempotency keys with their results, in order of the digests, so that two transactions with common keys do not deadlock.
 */
const CLAIMED = `
  claimed AS (
    INSERT INTO idempotency_keys (tenant_id, key_digest, request_digest, result, created_at, expires_at)
    SELECT tenant_id, decode(claim_digest, 'hex'), decode(request_digest, 'hex'), result, created_at, expires_at
    FROM (SELECT * FROM valid_rows WHERE claim_digest IS NOT NULL AND NOT trial_used ORDER BY claim_digest OFFSET 0) AS claim
    WHERE ${SET_TENANT_OF_ROW}
    ON CONFLICT DO NOTHING
    RETURNING tenant_id, encode(key_digest, 'hex') AS claim_digest),`;
const IF_CLAIMED = `AND (claim_digest IS NULL OR (tenant_id, claim_digest) IN (SELECT tenant_id, claim_digest FROM claimed))`;

/** The index look-up is a scalar subquery, because PostgreSQL may read the whole table for EXISTS. */
const TRIAL_USED = `
  CASE WHEN trial_customer_id IS NOT NULL THEN (
    SELECT license.license_id FROM licenses license
    WHERE license.tenant_id = candidate.tenant_id AND license.trial_customer_id = candidate.trial_customer_id
      AND license.trial_product_id = candidate.trial_product_id) IS NOT NULL ELSE false END AS trial_used`;

/** IN uses a hash table: a join would be planned for one row and compare each row with each. */
const IF_STORED = `WHERE (license_id IN (SELECT license_id FROM stored)) IS TRUE`;

/**
 * Stores licenses ($1, terms $2), with the values of metadata that their tenants filter by, whose template, product and customer are current and whose claim was free, with their events ($3). Only
 * of a customer without a row is the tenant asked whether it must have one. OFFSET 0 keeps PostgreSQL from setting the tenant earlier than written: rows in another order would be refused (decision 0022).
 */
const issueText = (claimed: string, ifClaimed: string) => `
  WITH terms AS MATERIALIZED (
    SELECT known.*, (SELECT tenant.metadata_filters FROM tenants tenant WHERE tenant.id = known.tenant_id) AS metadata_filters
    FROM (SELECT * FROM jsonb_to_recordset($2) AS shared (${['terms_key integer', ...typed(TERMS_COLUMNS)].join(', ')}) OFFSET 0) AS known
    WHERE CASE WHEN ${SET_TENANT_OF_ROW} THEN
      template_version = (
        SELECT template.version FROM license_templates template
        JOIN billing_products product USING (tenant_id, product_id)
        WHERE template.tenant_id = known.tenant_id AND template.template_id = known.template_id
          AND template.active AND product.active) END
  ), valid_rows AS MATERIALIZED (
    SELECT candidate.*, ${TRIAL_USED} FROM (
      SELECT ${[...ALIASED, ...SHARED].join(', ')}, terms.metadata_filters
      FROM json_to_recordset($1) AS item (${[...typed(OWN_COLUMNS), ...typedChecks].join(', ')})
      JOIN terms USING (tenant_id, terms_key) OFFSET 0) AS candidate
    WHERE CASE WHEN ${SET_TENANT_OF_ROW} THEN
      coalesce((
        SELECT customer.active AND customer.version = coalesce(customer_version, customer.version) FROM customers customer
        WHERE customer.tenant_id = candidate.tenant_id AND customer.customer_id = candidate.customer_id),
        coalesce(customer_version, 0) = 0 AND (customer_id IS NOT DISTINCT FROM partner_id::text OR NOT (
          SELECT tenant.customers_must_exist FROM tenants tenant WHERE tenant.id = candidate.tenant_id))) END
  ), ${claimed} stored AS (
    INSERT INTO licenses (${COLUMNS})
    SELECT ${COLUMNS} FROM (SELECT * FROM valid_rows WHERE NOT trial_used ${ifClaimed} OFFSET 0) AS free
    WHERE ${SET_TENANT_OF_ROW}
    RETURNING license_id
  ), key_rows AS (
    INSERT INTO license_keys (digest, tenant_id, license_id)
    SELECT decode(key_digest, 'hex'), tenant_id, license_id FROM valid_rows ${IF_STORED} ORDER BY key_digest
  ), metadata_rows AS (
    INSERT INTO license_metadata_values (tenant_id, license_id, key, value, created_at)
    SELECT tenant_id, license_id, key, metadata ->> key, created_at
    FROM (SELECT tenant_id, license_id, created_at, metadata, unnest(metadata_filters) AS key FROM valid_rows
      ${IF_STORED} AND metadata_filters <> '{}' OFFSET 0) AS license
    WHERE CASE WHEN ${SET_TENANT_OF_ROW} THEN ${IS_FILTER_VALUE} END
  ), event_rows AS (
    INSERT INTO outbox (${OUTBOX_COLUMNS}) SELECT ${OUTBOX_COLUMNS}
    FROM jsonb_populate_recordset(NULL::outbox, $3) ${IF_STORED}
  )
  SELECT license_id, true AS stored FROM stored
  UNION ALL SELECT license_id, false FROM valid_rows WHERE trial_used`;
export const ISSUE = { name: 'licenses.issue', text: issueText('', '') };
export const ISSUE_ONCE = { name: 'licenses.issue-once', text: issueText(CLAIMED, IF_CLAIMED) };

/** Row of the result: a stored license, or a trial that was refused because the customer had one of the product. A license with outdated terms has none. */
export interface IssuedRow {
  readonly license_id: string;
  readonly stored: boolean;
}
