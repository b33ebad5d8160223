import { isDeepStrictEqual } from 'node:util';
import { pick } from '../../shared/persistence/change.js';
import { idempotencySealContext } from '../../shared/persistence/idempotency.js';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { Secrets } from '../../shared/secrets/secrets.js';
import { isOwnKey } from '../../licensing/index.js';
import { inTenant } from '../tenant-transaction.js';
import { isOfPartner, withoutPartnersData } from './erase-partner.js';
import { pseudonymOf, type Erasure } from './erasure.js';
import { stillPresent } from './inherited-metadata.js';

const CHUNK_SIZE = 500;
const PERSONAL_FIELDS = [
  'first_name',
  'last_name',
  'email',
  'company_name',
  'name',
  'hostname',
  'ip_address',
  'user_id',
];

/** Licenses that the customer ever held, and ids of activations and blocked devices of those periods. */
export interface Holdings {
  readonly licenseIds: ReadonlySet<unknown>;
  readonly deviceIds: ReadonlySet<unknown>;
}

interface StoredResult {
  readonly id: string;
  readonly result: unknown;
  readonly sealed: Buffer | null;
}

/**
 * Erases stored results of idempotency keys and returns their count. Rows stay, so that a retry changes nothing. A signed license file
 * cannot be changed: its result is deleted and a retry reports that.
 */
export async function eraseResults(erasure: Erasure, secrets: Secrets, holdings: Holdings): Promise<number> {
  const { owner, tenantId } = erasure;
  let changed = 0;
  for (let last: string | undefined = ''; last !== undefined;) {
    last = await inTenant(owner, tenantId, async () => {
      const rows = await lockResults(erasure, last ?? '');
      const results = rows.map((row) => ({ row, result: unsealed(secrets, tenantId, row) }));
      const present = await presentTerms(erasure, results, holdings);
      for (const { row, result } of results) {
        const left = erasedResult(erasure, holdings, present, result);
        if (isDeepStrictEqual(left, result)) continue;
        await storeResult(erasure, secrets, row, left);
        changed++;
      }
      return rows.length < CHUNK_SIZE ? undefined : rows.at(-1)?.id;
    });
  }
  return changed;
}

async function lockResults({ owner, tenantId }: Erasure, after: string): Promise<StoredResult[]> {
  const { rows } = await owner.query<StoredResult>(
    `SELECT encode(key_digest, 'hex') AS id, result, result_sealed AS sealed FROM idempotency_keys
     WHERE tenant_id = $1 AND key_digest > decode($2, 'hex') AND NOT erased AND (result_sealed IS NOT NULL OR result IS NOT NULL)
     ORDER BY key_digest LIMIT ${CHUNK_SIZE} FOR UPDATE`,
    [tenantId, after],
  );
  return rows;
}

function unsealed(secrets: Secrets, tenantId: string, { id, result, sealed }: StoredResult): unknown {
  return sealed ? JSON.parse(secrets.unseal(sealed, idempotencySealContext(tenantId, id))) : result;
}

/** Values of a license with another holder that the customer may have left. */
interface PresentTerms {
  readonly metadata: JsonObject;
  readonly external_id: string | null;
}

/** Returns the current metadata and external ids of the licenses in the results. */
async function presentTerms(
  { owner, tenantId }: Erasure,
  results: readonly { readonly result: unknown }[],
  { licenseIds }: Holdings,
): Promise<ReadonlyMap<unknown, PresentTerms>> {
  const ids = results
    .flatMap(({ result }) => itemsOf(result) ?? [result])
    .flatMap((item) => (isJsonObject(item) && licenseIds.has(item.license_id) ? [item.license_id] : []));
  const { rows } = await owner.query<PresentTerms & { license_id: string }>(
    'SELECT license_id, metadata, external_id FROM licenses WHERE tenant_id = $1 AND license_id = ANY($2::uuid[])',
    [tenantId, ids],
  );
  return new Map(rows.map((row) => [row.license_id, row]));
}

/** Returns the items of a result that is a list; undefined if it is none. */
function itemsOf(result: unknown): readonly unknown[] | undefined {
  return isJsonObject(result) && Array.isArray(result.data) ? result.data : undefined;
}

/** Returns the result without the customer's data, also in the items of a list; undefined if it must be deleted. */
function erasedResult(
  erasure: Erasure,
  holdings: Holdings,
  present: ReadonlyMap<unknown, PresentTerms>,
  result: unknown,
): unknown {
  if (!isJsonObject(result)) return result;
  const items = itemsOf(result)?.map((item) => erasedResult(erasure, holdings, present, item));
  if (items) return items.includes(undefined) ? undefined : { ...result, data: items };
  const { customerId } = erasure;
  const { licenseIds, deviceIds } = holdings;
  const { license_id: licenseId, blocked_device_id: blockId, license_key: licenseKey, metadata } = result;
  const isCustomers = result.customer_id === customerId;
  if (isOfPartner(result, customerId)) return withoutPartnersData(result);
  if ('license_file' in result) return isCustomers || licenseIds.has(licenseId) ? undefined : result;
  // The text of an imported key may say who the customer is.
  if (licenseIds.has(licenseId) && typeof licenseKey === 'string' && !isOwnKey(licenseKey)) return undefined;
  if (typeof blockId === 'string' && deviceIds.has(blockId)) return withoutBlockedDevice(result, blockId);
  if (isCustomers || deviceIds.has(result.activation_id)) return withoutPersonalData(result, customerId);
  // The license has another holder, but its metadata and its external id may date from this customer's period.
  if (!licenseIds.has(licenseId) || !isJsonObject(metadata) || 'activation_id' in result) return result;
  const { metadata: kept = {}, external_id } = present.get(licenseId) ?? {};
  const changed = { metadata: stillPresent(metadata, kept), external_id: external_id ?? null };
  return { ...result, ...pick(changed, Object.keys(result)) };
}

function withoutPersonalData(result: JsonObject, customerId: string): JsonObject {
  const { activation_id: activationId, license_id: licenseId } = result;
  const empty: JsonObject = {
    ...Object.fromEntries(PERSONAL_FIELDS.map((field) => [field, null])),
    issued_to: `Customer ${customerId}`,
    fingerprint: typeof activationId === 'string' ? pseudonymOf(activationId) : null,
    metadata: {},
    text: '',
    // That of an order belongs to the sale.
    ...(licenseId !== undefined && { external_id: null }),
  };
  return { ...result, ...pick(empty, Object.keys(result)) };
}

function withoutBlockedDevice(result: JsonObject, blockId: string): JsonObject {
  const { reason } = result;
  const code = isJsonObject(reason) ? reason.code : null;
  return { ...result, fingerprint: pseudonymOf(blockId), reason: { code: code ?? null } };
}

async function storeResult(
  { owner, tenantId }: Erasure,
  secrets: Secrets,
  { id, sealed }: StoredResult,
  result: unknown,
): Promise<void> {
  const json = result === undefined ? null : JSON.stringify(result);
  await owner.query(
    `UPDATE idempotency_keys SET result = $3, result_sealed = $4, erased = $5
     WHERE tenant_id = $1 AND key_digest = decode($2, 'hex')`,
    [
      tenantId,
      id,
      sealed ? null : json,
      sealed && json !== null ? secrets.seal(json, idempotencySealContext(tenantId, id)) : null,
      json === null,
    ],
  );
}
