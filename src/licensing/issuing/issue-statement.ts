import { FIRST_SEQ, outboxRow } from '../../shared/messaging/outbox.js';
import type { ClaimRow } from '../../shared/persistence/idempotency.js';
import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import { SET_TENANT_OF_ROW } from '../../shared/persistence/set-tenant-of-row.js';
import { columnsOf, type EntityColumn } from '../../shared/persistence/entity-columns.js';
import { TERM_COLUMNS } from '../../templates/index.js';
import { License } from '../license.entity.js';
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
  readonly event: IntegrationEvent;
  readonly isClaimed: boolean;
  /** Row of the license as JSON. */
  readonly item: string;
  readonly outboxJson: string;
}

type LicenseColumn = EntityColumn<License>;

const OF_TEMPLATE_VERSION: readonly string[] = [
  ...['templateId', 'templateVersion', 'productId', 'productName'],
  ...TERM_COLUMNS.map(({ property }) => property),
];
const ALL = columnsOf(License);

/** Columns that licenses of one template version share, so that their values are sent once. */
const TEMPLATE_COLUMNS = ALL.filter(({ property }) => OF_TEMPLATE_VERSION.includes(property));
const LICENSE_COLUMNS = ALL.filter(({ property }) => !OF_TEMPLATE_VERSION.includes(property));
const TENANT_ID = LICENSE_COLUMNS.filter(({ property }) => property === 'tenantId');

/** Columns that are compared with current rows or written to other tables, with their types. */
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

const typed = (columns: readonly LicenseColumn[]) => columns.map(({ name, type }) => `${name} ${type}`);
const typedChecks = Object.entries(CHECK_COLUMNS).map(([name, type]) => `${name} ${type}`);

const COLUMNS = [...LICENSE_COLUMNS, ...TEMPLATE_COLUMNS].map(({ name }) => name).join(', ');
const ALIASED = [...LICENSE_COLUMNS.map(({ name }) => name), ...Object.keys(CHECK_COLUMNS)].map(
  (name) => `item.${name}`,
);
const SHARED = TEMPLATE_COLUMNS.flatMap(({ name }) => (name in CHECK_COLUMNS ? [] : `terms.${name}`));

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
 * Stores licenses ($1, terms $2) whose template, product and customer are current and whose claim was free, with their events ($3). OFFSET
 * 0 keeps PostgreSQL from setting the tenant earlier than written: rows in another order would be refused (decision 0022).
 */
const issueText = (claimed: string, ifClaimed: string) => `
  WITH terms AS MATERIALIZED (
    SELECT * FROM (SELECT * FROM jsonb_to_recordset($2) AS shared (${typed([...TENANT_ID, ...TEMPLATE_COLUMNS]).join(', ')}) OFFSET 0) AS known
    WHERE CASE WHEN ${SET_TENANT_OF_ROW} THEN
      template_version = (
        SELECT template.version FROM license_templates template
        JOIN billing_products product USING (tenant_id, product_id)
        WHERE template.tenant_id = known.tenant_id AND template.template_id = known.template_id
          AND template.active AND product.active) END
  ), valid_rows AS MATERIALIZED (
    SELECT candidate.*, ${TRIAL_USED} FROM (
      SELECT ${[...ALIASED, ...SHARED].join(', ')}
      FROM json_to_recordset($1) AS item (${[...typed(LICENSE_COLUMNS), ...typedChecks].join(', ')})
      JOIN terms USING (tenant_id, template_id, template_version) OFFSET 0) AS candidate
    WHERE CASE WHEN ${SET_TENANT_OF_ROW} THEN
      coalesce((
        SELECT customer.active AND customer.version = coalesce(customer_version, customer.version) FROM customers customer
        WHERE customer.tenant_id = candidate.tenant_id AND customer.customer_id = candidate.customer_id),
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

/** Writers of values that JSON has no type for, by column type: the hexadecimal notation of PostgreSQL, and ISO 8601. */
const WRITE: Readonly<Record<string, ((value: unknown) => string) | undefined>> = {
  bytea: (value) => `"\\\\x${(value as Buffer).toString('hex')}"`,
  timestamptz: (value) => (value === null ? 'null' : `"${(value as Date).toISOString()}"`),
};

/** Returns the parameters of one license. */
export function issueRow(insert: LicenseInsert, event: IntegrationEvent): IssueRow {
  const { license, claim } = insert;
  const outboxJson = outboxRow(event, FIRST_SEQ);
  return { license, event, isClaimed: claim !== undefined, item: toLicenseJson(insert), outboxJson };
}

/** Row of the result: a stored license, or a trial that was refused because the customer already had one of the product. */
export interface IssuedRow {
  readonly license_id: string;
  readonly stored: boolean;
}

/**
 * Returns the statement that stores licenses, and the events of `recorded`. Its rows are `IssuedRow`s; a license with outdated terms has
 * none.
 */
export function issueStatement(rows: readonly IssueRow[], recorded = rows) {
  const terms = new Map(rows.map(({ license }) => [templateKey(license), license]));
  return {
    ...(rows.some(({ isClaimed }) => isClaimed) ? ISSUE_ONCE : ISSUE),
    values: [
      joinJson(rows.map(({ item }) => item)),
      joinJson([...terms.values()].map(toTemplateJson)),
      joinJson(recorded.map(({ outboxJson }) => outboxJson)),
    ],
  };
}

function templateKey({ tenantId, templateId, templateVersion }: License): string {
  return `${tenantId} ${templateId} ${templateVersion}`;
}

const toOwnJson = jsonWriter(LICENSE_COLUMNS);
const toTemplateJson = jsonWriter([...TENANT_ID, ...TEMPLATE_COLUMNS]);

function toLicenseJson({ license, keyDigest, customerVersion, claim }: LicenseInsert): string {
  const checks = {
    template_id: license.templateId,
    template_version: license.templateVersion,
    customer_version: customerVersion,
    key_digest: keyDigest.toString('hex'),
    claim_digest: claim?.key_digest,
    request_digest: claim?.request_digest,
    result: claim?.result,
    expires_at: claim?.expires_at,
  } satisfies Readonly<Record<keyof typeof CHECK_COLUMNS, unknown>>;
  return `${toOwnJson(license).slice(0, -1)},${JSON.stringify(checks).slice(1)}`;
}

/** Returns a function that writes these columns as a JSON object. It writes the text itself, which is quicker than building the object. */
function jsonWriter(columns: readonly LicenseColumn[]): (license: License) => string {
  const members = columns.map(({ name, property, type }, at) => ({
    property,
    start: `${at === 0 ? '{' : ','}"${name}":`,
    write: WRITE[type] ?? JSON.stringify,
  }));
  return (license) => {
    let text = '';
    for (const { property, start, write } of members) text += start + write(license[property] ?? null);
    return `${text}}`;
  };
}
