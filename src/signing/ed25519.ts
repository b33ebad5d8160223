import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';

export const SEED_BYTES = 32;
/** RFC 8410: what stands before the seed in a private key as PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The public half, 32 bytes, of the key that grows from this seed (RFC 8032). */
export function publicKeyOf(seed: Buffer): Buffer {
  const { x = '' } = createPublicKey(privateKeyOf(seed)).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

/** RFC 7638: whoever has the public key can work out its id, so an id cannot be given to another key. */
export function thumbprintOf(publicKey: Buffer): string {
  const { crv, kty, x } = toJwk(publicKey);
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}

/** RFC 8037. */
export function toJwk(publicKey: Buffer) {
  return { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') } as const;
}

/** 64 bytes, the same ones for the same content. */
export function signWith(seed: Buffer, content: Buffer): Buffer {
  return sign(null, content, privateKeyOf(seed));
}

function privateKeyOf(seed: Buffer): KeyObject {
  if (seed.length !== SEED_BYTES) throw new TypeError(`A seed has ${SEED_BYTES} bytes.`);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}
