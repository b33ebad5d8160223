import { LicenseError } from './errors.js';
import type { RevocationList } from './revocation-list.js';
import { check, checkIssued, type SignedDocument, type Trust } from './signed-document.js';

/** Where a document is to be good. */
export interface VerificationContext extends Trust {
  /** Of this device. Needed for what is bound to one. */
  readonly fingerprint?: string | undefined;
  /** Of this program. A vendor's key signs for all its products. */
  readonly productId?: string | undefined;
  /** Milliseconds since 1970; the clock of this machine if not given. */
  readonly now?: number | undefined;
  readonly revocations?: RevocationList | undefined;
}

interface AboutLicense extends Pick<SignedDocument, 'issued_at' | 'expires_at'> {
  readonly device: { readonly fingerprint: string } | null;
  readonly license_id: string;
  readonly product_id: string;
}

/** Throws LicenseError unless what is said of a license is for this device and product, and good now. */
export async function checkContext(
  said: AboutLicense,
  { fingerprint, productId, revocations, ...rest }: VerificationContext,
) {
  const now = rest.now ?? Date.now();
  if (productId !== undefined) {
    check(said.product_id === productId, 'WRONG_PRODUCT', 'The license is for another product.');
  }
  if (said.device) {
    check(said.device.fingerprint === fingerprint, 'WRONG_DEVICE', 'The document is for another device.');
  }
  checkIssued(said, now);
  check(now < Date.parse(said.expires_at), 'EXPIRED', 'The document has expired.');
  if (await revocations?.has(said.license_id)) {
    throw new LicenseError('REVOKED', 'The license was revoked or suspended.');
  }
}

interface Available {
  readonly feature_id: string;
  readonly enabled: boolean;
  readonly expires_at: string | null;
  readonly remaining?: number | null;
  readonly resets_at?: string | null;
}

/** Throws LicenseError unless each feature that is asked for is enabled, has not ended and is not used up. */
export function checkFeatures(features: readonly Available[], wanted: readonly string[], now: number): void {
  for (const id of wanted) {
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
