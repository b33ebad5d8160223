import { Injectable } from '@nestjs/common';
import { violates } from '../../database/sql-errors.js';
import { RetryTransaction } from '../../database/with-retries.js';
import type { ForeignKeyNormalisation } from '../../shared/foreign-keys.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import type { License } from '../license.entity.js';
import { LicenseRepository } from '../license.repository.js';

/** License that is not stored yet, with the digest of its license key; the normalisation is null for a key of ours. */
export interface ImportedLicense {
  readonly license: License;
  readonly digest: Buffer;
  readonly normalisation: ForeignKeyNormalisation | null;
}

/** Values of lines by which licenses may be known. */
export interface WantedLicenses {
  readonly digests: readonly Buffer[];
  readonly externalIds: readonly string[];
  readonly licenseIds: readonly string[];
  readonly trials: readonly Trial[];
}

export interface Trial {
  readonly customerId: string;
  readonly productId: string;
}

/** Ids of known licenses by digest (hexadecimal), external id, and license id; and the trials that were used. */
export interface KnownLicenses {
  readonly byDigest: ReadonlyMap<string, string>;
  readonly byExternalId: ReadonlyMap<string, string>;
  readonly ids: ReadonlySet<string>;
  readonly trials: ReadonlySet<string>;
}

export function trialKey({ customerId, productId }: Trial): string {
  return JSON.stringify([customerId, productId]);
}

/** Each part reaches an index by equality alone. */
const FIND_KNOWN = {
  name: 'licenses.find-known',
  text: `SELECT 'digest' AS by, encode(digest, 'hex') AS value, license_id FROM license_keys
         WHERE digest = ANY($2::bytea[]) AND tenant_id = $1
         UNION ALL SELECT 'external', external_id, license_id FROM licenses
         WHERE tenant_id = $1 AND external_id = ANY($3::text[]) AND external_id IS NOT NULL
         UNION ALL SELECT 'id', license_id::text, license_id FROM licenses WHERE tenant_id = $1 AND license_id = ANY($4::uuid[])
         UNION ALL SELECT 'trial', jsonb_build_array(trial_customer_id, trial_product_id)::text, license_id
         FROM unnest($5::text[], $6::text[]) AS trial (customer_id, product_id)
         JOIN licenses ON tenant_id = $1 AND trial_customer_id = trial.customer_id AND trial_product_id = trial.product_id`,
};

/** Reads and stores the licenses of an import, which holds the lock of the tenant. */
@Injectable()
export class ImportRepository {
  constructor(private readonly licenses: LicenseRepository) {}

  async findKnown(transaction: Transaction, wanted: WantedLicenses): Promise<KnownLicenses> {
    const rows = await transaction.query<{ by: string; value: string; license_id: string }>({
      ...FIND_KNOWN,
      values: [
        transaction.tenantId,
        wanted.digests,
        wanted.externalIds,
        wanted.licenseIds,
        wanted.trials.map(({ customerId }) => customerId),
        wanted.trials.map(({ productId }) => productId),
      ],
    });
    const entries = (by: string) =>
      rows.flatMap((row) => (row.by === by ? [[row.value, row.license_id] as const] : []));
    return {
      byDigest: new Map(entries('digest')),
      byExternalId: new Map(entries('external')),
      ids: new Set(entries('id').map(([id]) => id)),
      trials: new Set(entries('trial').map(([value]) => JSON.stringify(JSON.parse(value)))),
    };
  }

  /** Stores licenses with their license keys. A license that somebody else stored meanwhile repeats the transaction. */
  async insert(transaction: Transaction, imported: readonly ImportedLicense[]): Promise<void> {
    const stored = await this.licenses
      .insertMany(
        transaction,
        imported.map(({ license }) => license),
      )
      .catch(retryTrial);
    if (stored.size < imported.length) throw new RetryTransaction('A license was stored meanwhile.');
    transaction.write(
      {
        name: 'license-keys.insert-imported',
        text: `INSERT INTO license_keys (digest, tenant_id, license_id, normalisation)
               SELECT digest, $1, license_id, normalisation
               FROM unnest($2::bytea[], $3::uuid[], $4::text[]) AS item (digest, license_id, normalisation)`,
        values: [
          transaction.tenantId,
          imported.map(({ digest }) => digest),
          imported.map(({ license }) => license.licenseId),
          imported.map(({ normalisation }) => normalisation),
        ],
      },
      (error) =>
        violates(error, 'license_keys_pkey') ? new RetryTransaction('The license key exists meanwhile.') : error,
    );
  }
}

function retryTrial(error: unknown): never {
  throw violates(error, 'licenses_one_trial') ? new RetryTransaction('The trial was used meanwhile.') : error;
}
