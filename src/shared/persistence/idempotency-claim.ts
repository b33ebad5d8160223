import { hash } from 'node:crypto';
import stableStringify from 'safe-stable-stringify';
import { operationOf, type TenantCommand } from '../messaging/tenant-command.js';
import { legacyRequestText } from './idempotency.legacy.js';

/** Version of the digested form. A change of the form needs a new version, and the old form until its claims have expired. */
const DIGEST_VERSION = 2;
export const MAX_REMEMBER_DAYS = 90;

/** Identity of one request with an idempotency key. Both digests are SHA-256 in hexadecimal. */
export interface IdempotencyClaim {
  readonly tenantId: string;
  /** Digest of the principal and its key, so that two principals never share a claim. */
  readonly keyDigest: string;
  /** Digest of the operation and its payload, independent of the order of JSON members. */
  readonly requestDigest: string;
  /** Days for which the result is stored; undefined: as long as configured. */
  readonly rememberDays: number | undefined;
  /** Returns the digest that 0.1.0 stored for the same request. */
  readonly legacyDigest: () => string | undefined;
}

/** Returns the claim of a command; undefined if it has no idempotency key. Throws RangeError for days that are out of range. */
export function claimOf(command: TenantCommand<unknown>): IdempotencyClaim | undefined {
  const { actor, options, payload } = command;
  const { idempotencyKey, rememberDays } = options;
  if (idempotencyKey === undefined) return undefined;
  if (rememberDays !== undefined && !isRememberDays(rememberDays))
    throw new RangeError(`rememberDays must be an integer from 1 to ${MAX_REMEMBER_DAYS}.`);
  const operation = operationOf(command);
  return {
    tenantId: actor.tenantId,
    keyDigest: sha256([...actor.principal, idempotencyKey]),
    requestDigest: sha256([DIGEST_VERSION, operation, payload]),
    rememberDays,
    legacyDigest: () => {
      const text = legacyRequestText(operation, payload);
      return text && hash('sha256', text);
    },
  };
}

/** Returns the claim of a part of a request by a key that does not depend on the principal. `content` tells it from another one with the key. */
export function sharedClaimOf(tenantId: string, key: readonly string[], content: unknown): IdempotencyClaim {
  return {
    tenantId,
    keyDigest: sha256(key),
    requestDigest: sha256([DIGEST_VERSION, content]),
    rememberDays: undefined,
    legacyDigest: () => undefined,
  };
}

export function isRememberDays(days: number): boolean {
  return Number.isInteger(days) && days >= 1 && days <= MAX_REMEMBER_DAYS;
}

function sha256(content: unknown): string {
  return hash('sha256', stableStringify(content) ?? '');
}
