import { fromBase64Url, toBase64Url, utf8, type Bytes } from './bytes.js';
import { LicenseError } from './errors.js';

/** A public key as published by the server (RFC 8037). Its id is computed from `x`, whatever its other members are. */
export interface PublicKey {
  readonly x: string;
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle().digest('SHA-256', bytes));
}

/** Returns the key with this RFC 7638 thumbprint. */
export async function findKey(keys: readonly PublicKey[], kid: unknown): Promise<PublicKey | undefined> {
  for (const key of keys) {
    const members = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x: key.x });
    if (toBase64Url(await sha256(utf8(members))) === kid) return key;
  }
  return undefined;
}

export async function isSignedBy({ x }: PublicKey, signature: Bytes, content: Bytes): Promise<boolean> {
  const crypto = subtle();
  try {
    const key = await crypto.importKey('raw', fromBase64Url(x), { name: 'Ed25519' }, false, ['verify']);
    return await crypto.verify({ name: 'Ed25519' }, key, signature, content);
  } catch (cause) {
    if ((cause as Error).name === 'NotSupportedError') throw unsupported(cause);
    throw cause;
  }
}

function subtle() {
  const crypto = globalThis.crypto as { readonly subtle?: typeof globalThis.crypto.subtle } | undefined;
  if (!crypto?.subtle) throw unsupported();
  return crypto.subtle;
}

function unsupported(cause?: unknown): LicenseError {
  return new LicenseError('ED25519_UNSUPPORTED', 'This platform cannot verify Ed25519 signatures by WebCrypto.', {
    cause,
  });
}
