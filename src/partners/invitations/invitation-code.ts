import { hash } from 'node:crypto';
import { randomBytes } from '../../shared/random.js';

const CODE_BYTES = 32;
/** Tenant id and random part. The tenant is in the code, because row-level security finds an invitation only for its tenant. */
const CODE = /^([A-Za-z0-9][A-Za-z0-9_-]{0,62})\.[A-Za-z0-9_-]{43}$/;

/** Returns a new code with 256 random bits. */
export function generateInvitationCode(tenantId: string): string {
  return `${tenantId}.${randomBytes(CODE_BYTES).toString('base64url')}`;
}

/** Returns the tenant of a code; undefined if it is malformed. */
export function tenantOfCode(code: string): string | undefined {
  return CODE.exec(code)?.[1];
}

/** Returns the stored digest. 256 random bits need no salt and no slow hash. */
export function hashInvitationCode(code: string): Buffer {
  return hash('sha256', code, 'buffer');
}
