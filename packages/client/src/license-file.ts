import { openDocument, type SignedDocument } from './signed-document.js';
import { checkContext, type VerificationContext } from './verification.js';

export interface Feature {
  readonly feature_id: string;
  readonly feature_name: string;
  readonly enabled: boolean;
  readonly limit_value: number | null;
  readonly limit_type: string | null;
  readonly expires_at: string | null;
}

export interface Restriction {
  readonly restriction_type: string;
  readonly values: readonly string[];
  readonly operator: 'ALLOW' | 'DENY';
}

/** The license at the issue of the file. Times are ISO 8601 in UTC. */
export interface LicenseTerms {
  readonly license_id: string;
  readonly product_id: string;
  readonly product_name: string;
  /** Name of the product; files of version 0.1.0 have none. */
  readonly product_display_name?: string;
  readonly customer_id: string;
  readonly issued_to: string;
  readonly license_type: string;
  readonly license_model: string;
  readonly issued_date: string;
  /** Null: the license never expires, but the file does. */
  readonly expiry_date: string | null;
  readonly maintenance_expiry: string | null;
  readonly max_activations: number | null;
  readonly features: readonly Feature[];
  readonly restrictions: readonly Restriction[];
}

export interface LicenseFile extends SignedDocument {
  readonly type: 'license';
  readonly license: LicenseTerms;
  /** Device of the file; null: any device. */
  readonly device: { readonly fingerprint: string } | null;
  /** Seat that the file holds until it expires; null: none. */
  readonly lease: { readonly activation_id: string; readonly ends_at: string } | null;
  /** Time from which an online program should fetch a new file. */
  readonly refresh_at: string;
  /** Value from the request, which proves that the file is not an older one. */
  readonly nonce: string | null;
}

/**
 * Returns the license file if a trusted key signed it, for this device and product, and it is valid. Throws LicenseError. It may contain
 * expired features: see `hasFeature`.
 */
export async function verifyLicenseFile(text: string, use: VerificationContext): Promise<LicenseFile> {
  const file = (await openDocument(text, 'license', use)) as LicenseFile;
  const { device, license, issued_at, expires_at } = file;
  await checkContext({ device, ...license, issued_at, expires_at }, use);
  return file;
}

/** Returns whether the license has the feature, enabled and not expired. `now` is in milliseconds since 1970. */
export function hasFeature({ license }: LicenseFile, featureId: string, now = Date.now()): boolean {
  return license.features.some(
    ({ feature_id, enabled, expires_at }) =>
      feature_id === featureId && enabled && (expires_at === null || now < Date.parse(expires_at)),
  );
}
