import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const signOffThread = promisify(sign);

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
 * Computes signatures, 64 bytes, which are deterministic. The first in a turn of the event loop is computed on it, since a single one takes
 * half the time there; all others by threads of libuv, so that the event loop goes on.
 */
export class Ed25519Signer {
  private isTurnUsed = false;

  async sign(privateKey: KeyObject, content: Buffer): Promise<Buffer> {
    if (this.isTurnUsed) return signOffThread(null, content, privateKey);
    this.isTurnUsed = true;
    setImmediate(() => {
      this.isTurnUsed = false;
    });
    return sign(null, content, privateKey);
  }
}

function assertSeed(seed: Buffer): void {
  if (seed.length !== SEED_BYTES) throw new TypeError(`A seed has ${SEED_BYTES} bytes.`);
}
