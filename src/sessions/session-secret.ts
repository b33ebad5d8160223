import { hash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** Returns 256 random bits in base64url: the value of a session's cookie, or the code of a sign-in link. */
export function generateSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Returns the stored digest. 256 random bits need no salt and no slow hash. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
