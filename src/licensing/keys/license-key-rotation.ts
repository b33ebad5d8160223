import { Injectable } from '@nestjs/common';
import type { Change } from '../../shared/persistence/change.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import type { License } from '../license.entity.js';
import type { RotatedKey } from '../license.response.js';
import { LicenseKeyRepository } from './license-key.repository.js';
import { lastFour, LicenseKeySource } from './license-key.js';

/** Replaces the license key of a license, in the unit of work that holds its lock. */
@Injectable()
export class LicenseKeyRotation {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: LicenseKeyRepository,
    private readonly source: LicenseKeySource,
  ) {}

  /** The former license key works for `overlapSeconds`, and keys that it replaced no longer than it. Throws LicenseStateError, KeyOverlapRunningError. */
  async rotate(
    license: License,
    now: Date,
    overlapSeconds: number,
  ): Promise<{ change: Change | undefined; members: RotatedKey }> {
    let licenseKey = this.source.next();
    // The event and the version of the license change with the last four characters.
    while (lastFour(licenseKey) === license.licenseKeyLastFour) licenseKey = this.source.next();
    const change = license.rotateKey(lastFour(licenseKey), now);
    const validUntil = new Date(now.getTime() + overlapSeconds * 1_000);
    await this.unitOfWork.run(license.tenantId, (transaction) =>
      this.keys.replace(transaction, license, licenseKey, now, validUntil),
    );
    return { change, members: { license_key: licenseKey, former_key_valid_until: validUntil.toISOString() } };
  }
}
