import { FIRST_SEQ, outboxRow } from '../../shared/messaging/outbox.js';
import type { ClaimRow } from '../../shared/persistence/idempotency.js';
import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import { SET_TENANT_OF_ROW } from '../../shared/persistence/set-tenant-of-row.js';
import type { License } from '../license.entity.js';
import { joinJson } from '../../shared/json.js';

/** License that is not stored yet, with the claim and result of its idempotency key, if it has one; see LicenseDraft. */
export interface LicenseInsert {
  readonly license: License;
  readonly keyDigest: Buffer;
  readonly customerVersion: number | null;
  readonly claim?: ClaimRow | undefined;
}

/** License as parameters of the statement, with its event. */
export interface IssueRow {
  readonly license: License;
  readonly event: IntegrationEvent | undefined;
  readonly isClaimed: boolean;
  /** Row of the license as JSON. */
  readonly item: string;
  readonly outboxJson: string | undefined;
}

type Columns<Names extends string> = Readonly<Record<Names, unknown>>;

/** Columns that differ between licenses of one template, with their types. */
const LICENSE_COLUMNS = {
  tenant_id: 'text',
  license_id: 'uuid',
  license_key_sealed: 'bytea',
  license_key_last_four: 'text',
  customer_id: 'text',
  status: 'text',
  issued_to: 'text',
  issued_date: 'timestamptz',
  expiry_date: 'timestamptz',
  maintenance_expiry: 'timestamptz',
  current_activations: 'integer',
  metadata: 'jsonb',
  trial: 'boolean',
  trial_customer_id: 'text',
  trial_product_id: 'text',
  next_due_at: 'timestamptz',
  version: 'integer',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
} as const;

/** Columns that are compared with current rows or written to other tables. */
const CHECK_COLUMNS = {
  template_id: 'text',
  template_version: 'integer',
  customer_version: 'integer',
  key_digest: 'text',
  claim_digest: 'text',
  request_digest: 'text',
  result: 'json',
  expires_at: 'timestamptz',
} as const;

/** Columns that licenses of one template version share, so that their values are sent once. */
const TEMPLATE_COLUMNS = {
  template_id: 'text',
  template_version: 'integer',
  product_id: 'text',
  product_name: 'text',
  license_type: 'text',
  license_model: 'text',
  default_duration: 'integer',
  grace_period_days: 'integer',
  auto_renewal_enabled: 'boolean',
  max_activations: 'integer',
  overage_policy: 'text',
  overage_factor: 'double precision',
  eviction_policy: 'text',
  heartbeat_interval_seconds: 'integer',
  heartbeat_grace_seconds: 'integer',
  file_ttl_max_seconds: 'integer',
  features: 'jsonb',
  restrictions: 'jsonb',
  pricing: 'jsonb',
} as const;

const typed = (columns: Readonly<Record<string, string>>) =>
  Object.entries(columns).map(([name, type]) => `${name} ${type}`);

const COLUMNS = Object.keys({ ...LICENSE_COLUMNS, ...TEMPLATE_COLUMNS }).join(', ');
const ALIASED = Object.keys({ ...LICENSE_COLUMNS, ...CHECK_COLUMNS }).map((name) => `item.${name}`);
const SHARED = Object.keys(TEMPLATE_COLUMNS).flatMap((name) => (name in CHECK_COLUMNS ? [] : `terms.${name}`));

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
    WHERE license.tenant_id = made.tenant_id AND license.trial_customer_id = made.trial_customer_id
      AND license.trial_product_id = made.trial_product_id) IS NOT NULL ELSE false END AS trial_used`;

/** IN uses a hash table: a join would be planned for one row and compare each row with each. */
const IF_STORED = `WHERE (license_id IN (SELECT license_id FROM stored)) IS TRUE`;

/**
 * Stores licenses ($1, terms $2) whose template, product and customer are current and whose claim was free, with their events ($3). OFFSET
 * 0 keeps PostgreSQL from setting the tenant earlier than written: rows in another order would be refused (decision 0022).
 */
const issueText = (claimed: string, ifClaimed: string) => `
  WITH terms AS MATERIALIZED (
    SELECT * FROM (SELECT * FROM jsonb_to_recordset($2) AS shared (tenant_id text, ${typed(TEMPLATE_COLUMNS).join(', ')}) OFFSET 0) AS known
    WHERE CASE WHEN ${SET_TENANT_OF_ROW} THEN
      template_version = (
        SELECT template.version FROM license_templates template
        JOIN billing_products product USING (tenant_id, product_id)
        WHERE template.tenant_id = known.tenant_id AND template.template_id = known.template_id
          AND template.active AND product.active) END
  ), valid_rows AS MATERIALIZED (
    SELECT made.*, ${TRIAL_USED} FROM (
      SELECT ${[...ALIASED, ...SHARED].join(', ')}
      FROM json_to_recordset($1) AS item (${typed({ ...LICENSE_COLUMNS, ...CHECK_COLUMNS }).join(', ')})
      JOIN terms USING (tenant_id, template_id, template_version) OFFSET 0) AS made
    WHERE CASE WHEN ${SET_TENANT_OF_ROW} THEN
      coalesce((
        SELECT customer.active AND customer.version = coalesce(customer_version, customer.version) FROM customers customer
        WHERE customer.tenant_id = made.tenant_id AND customer.customer_id = made.customer_id),
        coalesce(customer_version, 0) = 0) END
  ), ${claimed} stored AS (
    INSERT INTO licenses (${COLUMNS})
    SELECT ${COLUMNS} FROM (SELECT * FROM valid_rows WHERE NOT trial_used ${ifClaimed} OFFSET 0) AS free
    WHERE ${SET_TENANT_OF_ROW}
    RETURNING license_id
  ), key_rows AS (
    INSERT INTO license_keys (digest, tenant_id, license_id)
    SELECT decode(key_digest, 'hex'), tenant_id, license_id FROM valid_rows ${IF_STORED} ORDER BY key_digest
  ), event_rows AS (
    INSERT INTO outbox (tenant_id, id, event_type, license_id, resource_type, resource_id, resource_seq,
                        event_data, personal, user_id, actor, metadata, created_at)
    SELECT tenant_id, id, event_type, license_id, resource_type, resource_id, resource_seq,
           event_data, personal, user_id, actor, metadata, created_at
    FROM jsonb_populate_recordset(NULL::outbox, $3) ${IF_STORED}
  )
  SELECT license_id, true AS stored FROM stored
  UNION ALL SELECT license_id, false FROM valid_rows WHERE trial_used`;
const ISSUE = { name: 'licenses.issue', text: issueText('', '') };
const ISSUE_ONCE = { name: 'licenses.issue-once', text: issueText(CLAIMED, IF_CLAIMED) };

/** Returns the parameters of one license; without an event if the transaction records it itself. */
export function issueRow(insert: LicenseInsert, event?: IntegrationEvent): IssueRow {
  const { license, claim } = insert;
  const outboxJson = event && outboxRow(event, FIRST_SEQ);
  return { license, event, isClaimed: claim !== undefined, item: JSON.stringify(toLicenseJson(insert)), outboxJson };
}

/** Row of the result: a stored license, or a trial that was refused because the customer already had one of the product. */
export interface IssuedRow {
  readonly license_id: string;
  readonly stored: boolean;
}

/**
 * Returns the statement that stores licenses and records their events. Its rows are `IssuedRow`s; a license with outdated terms has none.
 */
export function issueStatement(rows: readonly IssueRow[]) {
  const terms = new Map(rows.map(({ license }) => [templateKey(license), license]));
  return {
    ...(rows.some(({ isClaimed }) => isClaimed) ? ISSUE_ONCE : ISSUE),
    values: [
      joinJson(rows.map(({ item }) => item)),
      JSON.stringify([...terms.values()].map(toTemplateJson)),
      joinJson(rows.flatMap(({ outboxJson }) => outboxJson ?? [])),
    ],
  };
}

function templateKey({ tenantId, templateId, templateVersion }: License): string {
  return `${tenantId} ${templateId} ${templateVersion}`;
}

/** Converts bytes to the hexadecimal notation of PostgreSQL, and times to ISO 8601. */
function toLicenseJson({ license, keyDigest, customerVersion, claim }: LicenseInsert) {
  return {
    tenant_id: license.tenantId,
    license_id: license.licenseId,
    license_key_sealed: `\\x${license.licenseKeySealed.toString('hex')}`,
    license_key_last_four: license.licenseKeyLastFour,
    customer_id: license.customerId,
    status: license.status,
    issued_to: license.issuedTo,
    issued_date: license.issuedDate.toISOString(),
    expiry_date: license.expiryDate?.toISOString() ?? null,
    maintenance_expiry: license.maintenanceExpiry?.toISOString() ?? null,
    current_activations: license.currentActivations,
    metadata: license.metadata,
    trial: license.trial,
    trial_customer_id: license.trialCustomerId,
    trial_product_id: license.trialProductId,
    next_due_at: license.nextDueAt?.toISOString() ?? null,
    version: license.version,
    created_at: license.createdAt.toISOString(),
    updated_at: license.updatedAt.toISOString(),
    template_id: license.templateId,
    template_version: license.templateVersion,
    customer_version: customerVersion,
    key_digest: keyDigest.toString('hex'),
    claim_digest: claim?.key_digest,
    request_digest: claim?.request_digest,
    result: claim?.result,
    expires_at: claim?.expires_at,
  } satisfies Columns<keyof typeof LICENSE_COLUMNS | keyof typeof CHECK_COLUMNS>;
}

function toTemplateJson(license: License) {
  return {
    tenant_id: license.tenantId,
    template_id: license.templateId,
    template_version: license.templateVersion,
    product_id: license.productId,
    product_name: license.productName,
    license_type: license.licenseType,
    license_model: license.licenseModel,
    default_duration: license.defaultDuration,
    grace_period_days: license.gracePeriodDays,
    auto_renewal_enabled: license.autoRenewalEnabled,
    max_activations: license.maxActivations,
    overage_policy: license.overagePolicy,
    overage_factor: license.overageFactor,
    eviction_policy: license.evictionPolicy,
    heartbeat_interval_seconds: license.heartbeatIntervalSeconds,
    heartbeat_grace_seconds: license.heartbeatGraceSeconds,
    file_ttl_max_seconds: license.fileTtlMaxSeconds,
    features: license.features,
    restrictions: license.restrictions,
    pricing: license.pricing,
  } satisfies Columns<'tenant_id' | keyof typeof TEMPLATE_COLUMNS>;
}
