import { createHash } from 'node:crypto';
import { InvalidFieldError } from '../../shared/errors.js';
import { sharedClaimOf, type IdempotencyClaim } from '../../shared/persistence/idempotency-claim.js';
import type { ImportSettings } from '../../shared/persistence/tenant-lock.js';
import type { Secrets } from '../../shared/secrets/secrets.js';
import type { TenantScope } from '../../shared/tenant-scope.js';
import { foreignKeyDigest, ownKeyDigest } from '../keys/license-key.js';
import { ImportLicensesCommand } from './import-licenses.command.js';
import type { ImportLine } from './import-line.requests.js';

export interface NumberedLine {
  readonly number: number;
  readonly line: ImportLine;
}

/** Line with the ids by which its license may be known. */
export interface IdentifiedLine extends NumberedLine {
  /** Digests of the license key as an imported key and as one of ours, in hexadecimal; empty without a license key. */
  readonly digests: readonly string[];
  /** Id of the license that follows from an idempotency key; undefined: a new one. */
  readonly licenseId: string | undefined;
  /** Claim of the idempotency key, by which another line with the same key is told; undefined: none. */
  readonly claim: IdempotencyClaim | undefined;
}

/** Returns a line with its ids. `idempotencyKey` is that of the request, with which each line has a key of its own. */
export function identify(
  { number, line }: NumberedLine,
  { tenantId, partnerId }: TenantScope,
  { foreignKeyNormalisation }: ImportSettings,
  secrets: Secrets,
  idempotencyKey: string | undefined,
): IdentifiedLine {
  const { license_key: licenseKey, external_id: externalId } = line;
  const digests =
    licenseKey === undefined
      ? []
      : [
          foreignKeyDigest(secrets, licenseKey, { id: tenantId, foreignKeyNormalisation }),
          ownKeyDigest(secrets, licenseKey),
        ];
  const key = line.idempotency_key ?? (idempotencyKey === undefined ? undefined : `${idempotencyKey}\n${number}`);
  const isIdentified = licenseKey !== undefined || externalId !== undefined;
  // Shared by all keys of the vendor, so that an import which broke off may go on with another one; those of a partner are apart.
  const owned = [tenantId, ...(partnerId === undefined ? [] : [partnerId])];
  return {
    number,
    line,
    digests: digests.map((digest) => digest.toString('hex')),
    licenseId: isIdentified || key === undefined ? undefined : idFrom([...owned, key]),
    claim:
      key === undefined ? undefined : sharedClaimOf(tenantId, [ImportLicensesCommand.operation, ...owned, key], line),
  };
}

/** Returns the values that no two lines of a request may have in common. `partnerId` is that of the license. */
export function keysOf({ line, digests, licenseId }: IdentifiedLine, partnerId: string | null): string[] {
  return [
    ...digests,
    ...(line.external_id === undefined ? [] : [externalKey(line.external_id, partnerId)]),
    ...(licenseId === undefined ? [] : [licenseId]),
  ];
}

/** Returns the key of an external id: the vendor and each partner have ids of their own. */
export function externalKey(externalId: string, partnerId: string | null): string {
  return JSON.stringify([partnerId, externalId]);
}

/** Throws InvalidFieldError if a repeated import would store the line twice. */
export function assertIdentified({ line, digests, licenseId }: IdentifiedLine): void {
  if (digests.length > 0 || line.external_id !== undefined || licenseId !== undefined) return;
  throw new InvalidFieldError(
    '',
    'must contain license_key, external_id or idempotency_key, or the request an Idempotency-Key: a repeated import would store it twice',
  );
}

/** Returns the license id of a line that an idempotency key identifies: a UUID of version 8 made of their digest. */
function idFrom(parts: readonly string[]): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify(['import', ...parts]))
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
