import { Injectable } from '@nestjs/common';
import { violates } from '../../database/sql-errors.js';
import { RetryTransaction } from '../../database/with-retries.js';
import { FOREIGN_KEY_NORMALISATIONS } from '../../shared/foreign-keys.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import type { License } from '../license.entity.js';
import { KeyOverlapRunningError } from '../license.errors.js';
import { FORGOTTEN, ownKeyDigest, storedKeyDigest } from './license-key.js';

/** Most replaced keys of a license that are still found. */
export const MAX_OLD_KEYS = 5;

const ENDED = `CASE WHEN digest = ANY($4) THEN '${FORGOTTEN}'::timestamptz ELSE least(valid_until, $5) END`;

/** License key of a license, by the number of its rotation; 0 is the key of the issue. */
interface NumberedKey {
  readonly number: number;
  readonly licenseKey: string;
}

/** Reads and replaces the license keys of a license, under its lock. */
@Injectable()
export class LicenseKeyRepository {
  constructor(private readonly secrets: Secrets) {}

  /** Returns the current license key. */
  async findCurrent(transaction: Transaction, license: License): Promise<string> {
    const [rotated] = await this.rotatedKeys(transaction, license, 1);
    return rotated?.licenseKey ?? this.issuedKey(license).licenseKey;
  }

  /**
   * Adds a license key of ours. The others work until `validUntil` at the latest; of these the `MAX_OLD_KEYS` latest are found after that.
   * Throws KeyOverlapRunningError rather than forget a license key that would still work.
   */
  async replace(transaction: Transaction, license: License, licenseKey: string, now: Date, validUntil: Date) {
    const { tenantId, licenseId } = license;
    const rotated = await this.rotatedKeys(transaction, license, MAX_OLD_KEYS + 1);
    const number = (rotated[0]?.number ?? 0) + 1;
    const firstKept = number - MAX_OLD_KEYS;
    const old = [...rotated, this.issuedKey(license)];
    const digestsOf = (keys: readonly NumberedKey[]) => keys.flatMap((key) => this.possibleDigests(tenantId, key));
    const forgotten = digestsOf(old.filter((key) => key.number < firstKept));
    if (forgotten.length > 0 && validUntil > now) await assertEnded(transaction, licenseId, forgotten, now);
    transaction.write({
      name: 'license-keys.end',
      // A key that ends as before is not written again.
      text: `UPDATE license_keys SET valid_until = ${ENDED}
             WHERE digest = ANY($3) AND tenant_id = $1 AND license_id = $2 AND valid_until IS DISTINCT FROM ${ENDED}`,
      values: [tenantId, licenseId, digestsOf(old), forgotten, validUntil],
    });
    transaction.write({
      name: 'license-keys.forget',
      text: 'DELETE FROM rotated_license_keys WHERE tenant_id = $1 AND license_id = $2 AND number < $3',
      values: [tenantId, licenseId, firstKept],
    });
    transaction.write(
      {
        name: 'license-keys.rotate',
        text: `WITH rotated AS (
                 INSERT INTO rotated_license_keys (tenant_id, license_id, number, license_key_sealed, created_at)
                 VALUES ($1, $2, $3, $4, $5))
               INSERT INTO license_keys (digest, tenant_id, license_id) VALUES ($6, $1, $2)`,
        values: [
          tenantId,
          licenseId,
          number,
          this.secrets.seal(licenseKey, license.sealContext),
          now,
          ownKeyDigest(this.secrets, licenseKey),
        ],
      },
      (error) =>
        violates(error, 'license_keys_pkey') ? new RetryTransaction('The license key already exists.') : error,
    );
  }

  private async rotatedKeys(transaction: Transaction, license: License, most: number): Promise<NumberedKey[]> {
    const rows = await transaction.query<{ number: number; sealed: Buffer }>({
      name: 'license-keys.find-rotated',
      text: `SELECT number, license_key_sealed AS sealed FROM rotated_license_keys
             WHERE tenant_id = $1 AND license_id = $2 ORDER BY number DESC LIMIT $3`,
      values: [license.tenantId, license.licenseId, most],
    });
    return rows.map(({ number, sealed }) => ({
      number,
      licenseKey: this.secrets.unseal(sealed, license.sealContext),
    }));
  }

  private issuedKey(license: License): NumberedKey {
    return { number: 0, licenseKey: this.secrets.unseal(license.licenseKeySealed, license.sealContext) };
  }

  /** Returns the digests that the license key may have. Whether it was imported stands beside its digest alone. */
  private possibleDigests(tenantId: string, { licenseKey }: NumberedKey): Buffer[] {
    return [null, ...FOREIGN_KEY_NORMALISATIONS].map((normalisation) =>
      storedKeyDigest(this.secrets, licenseKey, tenantId, normalisation),
    );
  }
}

/** Throws KeyOverlapRunningError if a license key with one of these digests still works. */
async function assertEnded(transaction: Transaction, licenseId: string, digests: readonly Buffer[], now: Date) {
  const [running] = await transaction.query<{ until: Date }>({
    name: 'license-keys.find-running',
    text: `SELECT valid_until AS until FROM license_keys
           WHERE digest = ANY($3) AND tenant_id = $1 AND license_id = $2 AND valid_until > $4`,
    values: [transaction.tenantId, licenseId, digests, now],
  });
  if (running) throw new KeyOverlapRunningError(licenseId, MAX_OLD_KEYS, running.until);
}
