import { toBase64Url, utf8 } from './bytes.js';
import { sha256 } from './ed25519.js';
import { check, checkIssued, openDocument, type SignedDocument, type Trust } from './signed-document.js';

const DIGEST_BYTES = 8;

export interface RevocationListDocument extends SignedDocument {
  readonly type: 'revocations';
  /** Increases when the list changes. */
  readonly number: number;
  /** First 8 bytes of the SHA-256 of each license id, in base64url, sorted. */
  readonly licenses: readonly string[];
  /**
   * First 8 bytes of the SHA-256 of each blocked device with a license file: of the license id, a space and the fingerprint. Lists of version
   * 0.1.0 have none.
   */
  readonly devices?: readonly string[];
}

export class RevocationList {
  private readonly digests: ReadonlySet<string>;
  private readonly devices: ReadonlySet<string>;

  constructor(readonly document: RevocationListDocument) {
    this.digests = new Set(document.licenses);
    this.devices = new Set(document.devices);
  }

  /** Returns whether the license is revoked or suspended. */
  async has(licenseId: string): Promise<boolean> {
    return this.digests.has(await shortDigest(licenseId));
  }

  /** Returns whether the vendor has blocked the device for the license. */
  async hasDevice(licenseId: string, fingerprint: string): Promise<boolean> {
    return this.devices.has(await shortDigest(`${licenseId} ${fingerprint}`));
  }
}

async function shortDigest(listed: string): Promise<string> {
  return toBase64Url((await sha256(utf8(listed))).slice(0, DIGEST_BYTES));
}

export interface RevocationListCheck extends Trust {
  /** Milliseconds since 1970; default: the device clock. */
  readonly now?: number | undefined;
  /** Number of the newest known list: an older one is rejected. */
  readonly notBefore?: number | undefined;
}

/** Returns the list if a trusted key signed it, whatever its age. Throws LicenseError. */
export async function openRevocationList(text: string, trust: Trust): Promise<RevocationList> {
  return new RevocationList((await openDocument(text, 'revocations', trust)) as RevocationListDocument);
}

/** Returns the list if a trusted key signed it and its next update is not past. Throws LicenseError. */
export async function verifyRevocationList(text: string, options: RevocationListCheck): Promise<RevocationList> {
  const list = await openRevocationList(text, options);
  const { document } = list;
  const now = options.now ?? Date.now();
  checkIssued(document, now);
  check(now < Date.parse(document.expires_at), 'OUTDATED', 'The revocation list is past its next update.');
  check(document.number >= (options.notBefore ?? 0), 'OUTDATED', 'A newer revocation list is already stored.');
  return list;
}
