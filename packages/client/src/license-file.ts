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

/** The license as it was when the file was made. Times are ISO 8601 in UTC. */
export interface LicenseTerms {
  readonly license_id: string;
  readonly product_id: string;
  readonly product_name: string;
  /** The product's own name; files of version 0.1.0 have none. */
  readonly product_display_name?: string;
  readonly customer_id: string;
  readonly issued_to: string;
  readonly license_type: string;
  readonly license_model: string;
  readonly issued_date: string;
  /** null never expires; the file does all the same. */
  readonly expiry_date: string | null;
  readonly maintenance_expiry: string | null;
  readonly max_activations: number | null;
  readonly features: readonly Feature[];
  readonly restrictions: readonly Restriction[];
}

export interface LicenseFile extends SignedDocument {
  readonly type: 'license';
  readonly license: LicenseTerms;
  /** The device it is for; null is any. */
  readonly device: { readonly fingerprint: string } | null;
  /** The seat that it holds until it ends; null holds none. */
  readonly lease: { readonly activation_id: string; readonly ends_at: string } | null;
  /** From then on a program that can reach the server should get a new file. */
  readonly refresh_at: string;
  /** What the program that asked for it sent along, which shows that it is not an earlier one. */
  readonly nonce: string | null;
}

/**
 * The license, if a trusted key signed this file, for this device and product, and it is valid now. Throws LicenseError.
 * Features that ended by themselves are still in it: see `hasFeature`.
 */
export async function verifyLicenseFile(text: string, use: VerificationContext): Promise<LicenseFile> {
  const file = (await openDocument(text, 'license', use)) as LicenseFile;
  const { device, license, issued_at, expires_at } = file;
  await checkContext({ device, ...license, issued_at, expires_at }, use);
  return file;
}

/** Whether the license has a feature that is enabled and has not ended. `now` is in milliseconds since 1970. */
export function hasFeature({ license }: LicenseFile, featureId: string, now = Date.now()): boolean {
  return license.features.some(
    ({ feature_id, enabled, expires_at }) =>
      feature_id === featureId && enabled && (expires_at === null || now < Date.parse(expires_at)),
  );
}
