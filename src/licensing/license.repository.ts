import { Injectable } from '@nestjs/common';
import { UNIQUE_VIOLATION, sqlError } from '../database/sql-errors.js';
import { RunAgain, type Transaction } from '../shared/events/transaction.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { TenantRepository } from '../shared/tenancy/tenant.repository.js';
import { License } from './license.entity.js';

/** A license and the digest of its key, by which alone the key is found. */
export interface KeyedLicense {
  readonly license: License;
  readonly keyDigest: Buffer;
}

@Injectable()
export class LicenseRepository extends TenantRepository<License> {
  constructor(unitOfWork: UnitOfWork) {
    super(License, 'licenseId', unitOfWork);
  }

  /**
   * Sends the rows of one or many licenses of the transaction's tenant, to be awaited with its commit. Digests are
   * inserted in order, so that two transactions which share some cannot wait for each other. A key that some tenant
   * already has runs the whole work again, with other keys.
   */
  addAll(transaction: Transaction, issued: readonly KeyedLicense[]): void {
    const keys = issued
      .map(({ license, keyDigest }) => ({ digest: keyDigest.toString('hex'), license_id: license.licenseId }))
      .sort((a, b) => (a.digest < b.digest ? -1 : 1));
    transaction.write({
      name: 'licenses.add',
      text: `INSERT INTO licenses (tenant_id, ${COLUMNS})
             SELECT $1, ${COLUMNS} FROM jsonb_populate_recordset(NULL::licenses, $2::jsonb)`,
      values: [transaction.tenantId, JSON.stringify(issued.map(({ license }) => toRow(license)))],
    });
    transaction.write(
      {
        name: 'license-keys.add',
        text: `INSERT INTO license_keys (digest, tenant_id, license_id)
               SELECT decode(digest, 'hex'), $1, license_id
               FROM jsonb_to_recordset($2::jsonb) AS item (digest text, license_id uuid)`,
        values: [transaction.tenantId, JSON.stringify(keys)],
      },
      (error) => (sqlError(error)?.code === UNIQUE_VIOLATION ? new RunAgain('The key is taken.') : error),
    );
  }
}

/** Bytes travel in JSON as PostgreSQL writes them, times as ISO 8601. */
function toRow(license: License): Record<string, unknown> {
  return {
    license_id: license.licenseId,
    license_key_sealed: `\\x${license.licenseKeySealed.toString('hex')}`,
    license_key_last_four: license.licenseKeyLastFour,
    customer_id: license.customerId,
    template_id: license.templateId,
    template_version: license.templateVersion,
    product_id: license.productId,
    product_name: license.productName,
    license_type: license.licenseType,
    license_model: license.licenseModel,
    status: license.status,
    issued_to: license.issuedTo,
    issued_date: license.issuedDate,
    expiry_date: license.expiryDate,
    maintenance_expiry: license.maintenanceExpiry,
    default_duration: license.defaultDuration,
    grace_period_days: license.gracePeriodDays,
    auto_renewal_enabled: license.autoRenewalEnabled,
    max_activations: license.maxActivations,
    current_activations: license.currentActivations,
    features: license.features,
    restrictions: license.restrictions,
    pricing: license.pricing,
    metadata: license.metadata,
    version: license.version,
    created_at: license.createdAt,
    updated_at: license.updatedAt,
  };
}

const COLUMNS = `license_id, license_key_sealed, license_key_last_four, customer_id, template_id,
  template_version, product_id, product_name, license_type, license_model, status, issued_to, issued_date, expiry_date,
  maintenance_expiry, default_duration, grace_period_days, auto_renewal_enabled, max_activations, current_activations,
  features, restrictions, pricing, metadata, version, created_at, updated_at`;
