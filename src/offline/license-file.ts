import { maxActivationsOf, type License } from '../licensing/index.js';
import type { CheckOutRequest } from './license-file.requests.js';
import type { JsonObject } from '../shared/json.js';
import type { Validity } from './license-file-validity.js';

/** Returns the validity of a file: it ends with the license at the latest, and is fresh for half of its time. */
export function fileValidity(
  expiryDate: Date | null,
  ttlSeconds: number,
  maxSeconds: number | null,
  now: Date,
): Validity {
  const asked = now.getTime() + Math.min(ttlSeconds, maxSeconds ?? ttlSeconds) * 1000;
  const end = expiryDate ? Math.min(asked, expiryDate.getTime()) : asked;
  return { issuedAt: now, refreshAt: new Date((now.getTime() + end) / 2), expiresAt: new Date(end) };
}

/** Returns the content of a license file besides the members of every signed document; see docs/license-file.md. */
export function licenseFileContent(
  license: License,
  { fingerprint, nonce }: CheckOutRequest,
  activationId: string | null,
  { issuedAt, refreshAt, expiresAt }: Validity,
): JsonObject {
  return {
    license: licenseContent(license, issuedAt),
    device: fingerprint === undefined ? null : { fingerprint },
    lease: activationId === null ? null : { activation_id: activationId, ends_at: expiresAt.toISOString() },
    refresh_at: refreshAt.toISOString(),
    nonce: nonce ?? null,
  };
}

function licenseContent(license: License, now: Date): JsonObject {
  return {
    license_id: license.licenseId,
    product_id: license.productId,
    product_name: license.productName,
    product_display_name: license.productDisplayName ?? license.productName,
    customer_id: license.customerId,
    issued_to: license.issuedTo,
    license_type: license.licenseType,
    license_model: license.licenseModel,
    issued_date: license.issuedDate.toISOString(),
    expiry_date: license.expiryAt(now)?.toISOString() ?? null,
    maintenance_expiry: license.maintenanceExpiryAt(now)?.toISOString() ?? null,
    max_activations: maxActivationsOf(license),
    features: license.features.map((feature) => ({ ...feature })),
    restrictions: license.restrictions.map((restriction) => ({ ...restriction })),
  };
}
