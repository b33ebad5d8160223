import { pick } from '../../shared/persistence/change.js';
import type { JsonObject } from '../../shared/json.js';
import { EVENT_TABLES, type Erasure } from './erasure.js';

/** Name of an erased partner, because its licenses still show that there was one. */
const ERASED_NAME = 'Erased partner';

/**
 * Erases the personal data of the partner with the id of the customer, since a partner is the customer of its own license: its row, its
 * invitations and its events. Returns the number of changed rows, and whether there is such a partner.
 */
export async function erasePartner({ owner, tenantId, customerId, now }: Erasure) {
  const { rowCount: found } = await owner.query('SELECT FROM partners WHERE tenant_id = $1 AND partner_id::text = $2', [
    tenantId,
    customerId,
  ]);
  if (found !== 1) return { isKnown: false, changed: 0 };
  const { rowCount: rows } = await owner.query(
    `UPDATE partners SET name = $3, email = NULL, metadata = '{}', license_effect_reason = license_effect_reason - 'text',
            version = version + 1, updated_at = $4
     WHERE tenant_id = $1 AND partner_id::text = $2 AND (name <> $3 OR email IS NOT NULL OR metadata <> '{}')`,
    [tenantId, customerId, ERASED_NAME, now],
  );
  const { rowCount: invitations } = await owner.query(
    'UPDATE partner_invitations SET email = NULL WHERE tenant_id = $1 AND partner_id::text = $2 AND email IS NOT NULL',
    [tenantId, customerId],
  );
  let changed = (rows ?? 0) + (invitations ?? 0);
  for (const table of EVENT_TABLES) {
    const { rowCount } = await owner.query(
      `UPDATE ${table} SET personal = NULL
       WHERE tenant_id = $1 AND personal IS NOT NULL AND (resource_type = 'partner' AND resource_id = $2
         OR resource_type = 'partner_invitation' AND resource_id IN (
           SELECT invitation_id::text FROM partner_invitations WHERE tenant_id = $1 AND partner_id::text = $2))`,
      [tenantId, customerId],
    );
    changed += rowCount ?? 0;
  }
  return { isKnown: true, changed };
}

/** Tells whether a stored result is about the partner with this id or its invitation, and not about a license or a customer of it. */
export function isOfPartner(result: JsonObject, partnerId: string): boolean {
  return result.partner_id === partnerId && 'email' in result && !('customer_id' in result);
}

export function withoutPartnersData(result: JsonObject): JsonObject {
  return { ...result, ...pick({ name: ERASED_NAME, email: null, metadata: {} }, Object.keys(result)) };
}
