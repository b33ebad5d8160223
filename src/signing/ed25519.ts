import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';

export const SEED_BYTES = 32;
/** PKCS #8 prefix of a private key, followed by the seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Returns the public key of the seed, 32 bytes (RFC 8032). */
export function publicKeyOf(seed: Buffer): Buffer {
  assertSeed(seed);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

/** Returns the RFC 7638 thumbprint. The id follows from the public key, so no other key can have it. */
export function thumbprintOf(publicKey: Buffer): string {
  const { crv, kty, x } = toJwk(publicKey);
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}

/** Returns the public key as JWK (RFC 8037). */
export function toJwk(publicKey: Buffer) {
  return { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') } as const;
}

export interface KeyPair {
  readonly seed: Buffer;
  readonly publicKey: Buffer;
}

/** Returns the private key. It is read as JWK, because OpenSSL takes ten times as long for PKCS #8. */
export function privateKeyOf({ seed, publicKey }: KeyPair): KeyObject {
  assertSeed(seed);
  return createPrivateKey({ key: { ...toJwk(publicKey), d: seed.toString('base64url') }, format: 'jwk' });
}

/**
 * Returns the signature, 64 bytes, which is deterministic. It is computed on the event loop: to hand a signature over to another thread and
 * to answer when it comes back costs the event loop as much, and all threads together more.
 */
export function signatureOf(content: Buffer, privateKey: KeyObject): Buffer {
  return sign(null, content, privateKey);
}

function assertSeed(seed: Buffer): void {
  if (seed.length !== SEED_BYTES) throw new TypeError(`A seed has ${SEED_BYTES} bytes.`);
}
