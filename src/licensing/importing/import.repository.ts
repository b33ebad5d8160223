import { Injectable } from '@nestjs/common';
import { violates } from '../../database/sql-errors.js';
import { RetryTransaction } from '../../database/with-retries.js';
import type { ForeignKeyNormalisation } from '../../shared/foreign-keys.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import type { License } from '../license.entity.js';
import { TrialAlreadyUsedError } from '../license.errors.js';
import { LicenseRepository } from '../license.repository.js';
import { externalKey } from './identified-line.js';

/** License that is not stored yet, with the digest of its license key; the normalisation is null for a key of ours. */
export interface ImportedLicense {
  readonly license: License;
  readonly digest: Buffer;
  readonly normalisation: ForeignKeyNormalisation | null;
}

/** Values of lines by which licenses may be known. */
export interface WantedLicenses {
  /** In hexadecimal. */
  readonly digests: readonly string[];
  readonly externalIds: readonly string[];
  readonly licenseIds: readonly string[];
  readonly trials: readonly Trial[];
}

export interface Trial {
  readonly customerId: string;
  readonly productId: string;
}

/** Known licenses by digest (hexadecimal), by external id (see externalKey) and by license id; and the trials that were used. */
export interface KnownLicenses {
  /** License keys are unique in the tenant, so a partner also meets those of licenses that are not its own. */
  readonly byDigest: ReadonlyMap<string, { readonly licenseId: string; readonly isVisible: boolean }>;
  readonly byExternalId: ReadonlyMap<string, string>;
  readonly ids: ReadonlySet<string>;
  readonly trials: ReadonlySet<string>;
}

export function trialKey({ customerId, productId }: Trial): string {
  return JSON.stringify([customerId, productId]);
}

interface KnownRow {
  readonly by: 'digest' | 'external' | 'id' | 'trial';
  readonly value: string;
  readonly license_id: string;
  readonly partner_id: string | null;
}

/** Each part reaches an index by equality alone. */
const FIND_KNOWN = {
  name: 'licenses.find-known',
  text: `SELECT 'digest' AS by, encode(digest, 'hex') AS value, license_id, (
           SELECT partner_id FROM licenses license WHERE license.tenant_id = $1 AND license.license_id = key.license_id) AS partner_id
         FROM license_keys key WHERE digest = ANY($2::bytea[]) AND tenant_id = $1
         UNION ALL SELECT 'external', external_id, license_id, partner_id FROM licenses
         WHERE tenant_id = $1 AND external_id = ANY($3::text[]) AND external_id IS NOT NULL
         UNION ALL SELECT 'id', license_id::text, license_id, NULL FROM licenses WHERE tenant_id = $1 AND license_id = ANY($4::uuid[])
         UNION ALL SELECT 'trial', jsonb_build_array(trial_customer_id, trial_product_id)::text, license_id, NULL
         FROM unnest($5::text[], $6::text[]) AS trial (customer_id, product_id)
         JOIN licenses ON tenant_id = $1 AND trial_customer_id = trial.customer_id AND trial_product_id = trial.product_id`,
};

/** Reads and stores the licenses of an import, which holds the lock of the tenant. */
@Injectable()
export class ImportRepository {
  constructor(private readonly licenses: LicenseRepository) {}

  async findKnown(transaction: Transaction, wanted: WantedLicenses): Promise<KnownLicenses> {
    const rows = await transaction.query<KnownRow>({
      ...FIND_KNOWN,
      values: [
        transaction.tenantId,
        wanted.digests.map((digest) => Buffer.from(digest, 'hex')),
        wanted.externalIds,
        wanted.licenseIds,
        wanted.trials.map(({ customerId }) => customerId),
        wanted.trials.map(({ productId }) => productId),
      ],
    });
    const of = (by: string) => rows.filter((row) => row.by === by);
    const isVisible = ({ partner_id }: KnownRow) =>
      transaction.partnerId === undefined || transaction.partnerId === partner_id;
    return {
      byDigest: new Map(
        of('digest').map((row) => [row.value, { licenseId: row.license_id, isVisible: isVisible(row) }]),
      ),
      byExternalId: new Map(of('external').map((row) => [externalKey(row.value, row.partner_id), row.license_id])),
      ids: new Set(of('id').map(({ value }) => value)),
      trials: new Set(of('trial').map(({ value }) => JSON.stringify(JSON.parse(value)))),
    };
  }

  /**
   * Stores licenses with their license keys. A license that somebody else stored meanwhile repeats the transaction. Throws
   * TrialAlreadyUsedError if a partner's customer had the trial from the vendor, which no statement of the partner finds.
   */
  async insert(transaction: Transaction, imported: readonly ImportedLicense[]): Promise<void> {
    await this.insertLicenses(transaction, imported);
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

  /** Asserts as `insert` does, and stores nothing, that no license of these is the second trial of a customer. Throws TrialAlreadyUsedError. */
  async assertTrialsUnused(transaction: Transaction, imported: readonly ImportedLicense[]): Promise<void> {
    const savepoint = (text: string) => transaction.query({ text, values: [] });
    await savepoint('SAVEPOINT trials');
    await this.insertLicenses(transaction, imported);
    await savepoint('ROLLBACK TO SAVEPOINT trials');
  }

  private async insertLicenses(transaction: Transaction, imported: readonly ImportedLicense[]): Promise<void> {
    const licenses = imported.map(({ license }) => license);
    const stored = await this.licenses.insertMany(transaction, licenses);
    const missing = licenses.filter(({ licenseId }) => !stored.has(licenseId));
    if (missing.length === 0) return;
    const isTrial = missing.some(({ trialCustomerId }) => trialCustomerId !== null);
    if (isTrial && transaction.partnerId !== undefined) throw new TrialAlreadyUsedError();
    throw new RetryTransaction('A license was stored meanwhile.');
  }
}
