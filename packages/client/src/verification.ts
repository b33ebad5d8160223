import { LicenseError } from './errors.js';
import type { RevocationList } from './revocation-list.js';
import { check, checkIssued, type SignedDocument, type Trust } from './signed-document.js';

/** Conditions under which a document must be valid. */
export interface VerificationContext extends Trust {
  /** Fingerprint of this device, required for documents that are bound to one. */
  readonly fingerprint?: string | undefined;
  /** Product of this program, because a vendor's key signs for all its products. */
  readonly productId?: string | undefined;
  /** Milliseconds since 1970; default: the device clock. */
  readonly now?: number | undefined;
  readonly revocations?: RevocationList | undefined;
}

interface AboutLicense extends Pick<SignedDocument, 'issued_at' | 'expires_at'> {
  readonly device: { readonly fingerprint: string } | null;
  readonly license_id: string;
  readonly product_id: string;
}

/** Throws LicenseError unless the document is for this device and product, valid, and not revoked. */
export async function checkContext(
  about: AboutLicense,
  { fingerprint, productId, revocations, ...rest }: VerificationContext,
) {
  const now = rest.now ?? Date.now();
  if (productId !== undefined) {
    check(about.product_id === productId, 'WRONG_PRODUCT', 'The license is for another product.');
  }
  if (about.device) {
    check(about.device.fingerprint === fingerprint, 'WRONG_DEVICE', 'The document is for another device.');
  }
  checkIssued(about, now);
  check(now < Date.parse(about.expires_at), 'EXPIRED', 'The document has expired.');
  if (await revocations?.has(about.license_id)) {
    throw new LicenseError('REVOKED', 'The license was revoked or suspended.');
  }
  if (about.device && (await revocations?.hasDevice(about.license_id, about.device.fingerprint))) {
    throw new LicenseError('DEVICE_BLOCKED', 'The vendor has blocked this device for the license.');
  }
}

interface Available {
  readonly feature_id: string;
  readonly enabled: boolean;
  readonly expires_at: string | null;
  readonly remaining?: number | null;
  readonly resets_at?: string | null;
}

/** Throws LicenseError unless each requested feature is enabled, not expired and not used up. */
export function checkFeatures(features: readonly Available[], requested: readonly string[], now: number): void {
  for (const id of requested) {
    const feature = features.find(({ feature_id }) => feature_id === id);
    if (!feature?.enabled) throw new LicenseError('FEATURE_MISSING', `The license has no feature ${id}.`);
    check(!isPast(feature.expires_at, now), 'FEATURE_EXPIRED', `The feature ${id} has expired.`);
    const usedUp = feature.remaining === 0 && !isPast(feature.resets_at ?? null, now);
    check(!usedUp, 'USAGE_EXCEEDED', `The feature ${id} is used up.`);
  }
}

function isPast(time: string | null, now: number): boolean {
  return time !== null && now >= Date.parse(time);
}
