import { Injectable } from '@nestjs/common';
import { ImportedDevices, leaseEnd, type License, type LicenseDevices } from '../licensing/index.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { Activation } from './activation.entity.js';
import { ActivationRepository } from './activation.repository.js';
import { seatLimit } from './seats.js';

/** Stores imported devices as activations. Each takes one seat, whatever the license counts; leases begin with the import. */
@Injectable()
export class StoredImportedDevices extends ImportedDevices {
  constructor(private readonly activations: ActivationRepository) {
    super();
  }

  limit(license: License): number | null {
    return seatLimit(license);
  }

  async insert(transaction: Transaction, licenses: readonly LicenseDevices[], now: Date): Promise<void> {
    const rows = licenses.flatMap(({ license, devices }) =>
      devices.map((device) => toActivation(license, device, now)),
    );
    if (rows.length > 0) await this.activations.insertMany(transaction, rows);
  }
}

function toActivation(license: License, device: LicenseDevices['devices'][number], now: Date): Activation {
  const { activated_at, last_seen_at, ...reported } = device;
  const { tenantId, licenseId } = license;
  const grant = { tenantId, licenseId, now, ipAddress: null, lentUntil: null, toleranceMs: 0 };
  const leaseExpiresAt = leaseEnd(license, now);
  const activation = Activation.create({ ...reported, activation_type: 'ONLINE' }, { ...grant, leaseExpiresAt });
  const firstSeenAt = activated_at === undefined ? now : new Date(activated_at);
  activation.firstSeenAt = firstSeenAt;
  activation.lastSeenAt = last_seen_at === undefined ? firstSeenAt : new Date(last_seen_at);
  return activation;
}
