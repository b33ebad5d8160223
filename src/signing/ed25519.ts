import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';

export const SEED_BYTES = 32;
/** PKCS #8 prefix of a private key, followed by the seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Returns the public key of the seed, 32 bytes (RFC 8032). */
export function publicKeyOf(seed: Buffer): Buffer {
  const { x = '' } = createPublicKey(privateKeyOf(seed)).export({ format: 'jwk' });
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

/** Returns the signature, 64 bytes, which is deterministic. The key is read as JWK, because OpenSSL takes ten times as long for PKCS #8. */
export function signWith({ seed, publicKey }: KeyPair, content: Buffer): Buffer {
  assertSeed(seed);
  const key = { ...toJwk(publicKey), d: seed.toString('base64url') };
  return sign(null, content, createPrivateKey({ key, format: 'jwk' }));
}

function privateKeyOf(seed: Buffer): KeyObject {
  assertSeed(seed);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

function assertSeed(seed: Buffer): void {
  if (seed.length !== SEED_BYTES) throw new TypeError(`A seed has ${SEED_BYTES} bytes.`);
}
