import { Injectable } from '@nestjs/common';
import { Idempotency, type IdempotencyClaim } from '../../shared/persistence/idempotency.js';
import { operationOf } from '../../shared/messaging/tenant-command.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { LicenseCreatedEvent } from '../events/license-created.event.js';
import { formatLicenseKey, lastFour, LICENSE_KEY_BYTES } from '../keys/license-key.js';
import { RandomSource } from '../keys/random-source.js';
import { LicenseRepository } from '../license.repository.js';
import { type IssuedLicense, toIssuedLicense } from '../license.response.js';
import type { IssuanceTerms } from './issuance-terms-cache.js';
import type { IssueLicenseCommand } from './issue-license.command.js';
import { issueRow, type IssueRow } from './issue-statement.js';

/** License that is not stored yet, with what its caller gets. The result is the only place that has the license key in the clear. */
export interface PreparedIssue {
  readonly row: IssueRow;
  readonly result: IssuedLicense;
  /** Equal for issues with the same idempotency key; undefined without one. */
  readonly claimKey: string | undefined;
  /** Equal for issues of the same trial; undefined for a full license. */
  readonly trialKey: string | undefined;
}

/** Stored result of an issue. The license key is omitted, unless an earlier release sealed the result as a whole. */
export type StoredIssueResult = IssuedLicense | Omit<IssuedLicense, 'license_key'>;

/** Creates licenses with their license keys, rows and events. */
@Injectable()
export class LicenseFactory {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly licenses: LicenseRepository,
    private readonly secrets: Secrets,
    private readonly random: RandomSource,
  ) {}

  /** Throws as `IssuanceTerms.createDraft` does. */
  create(terms: IssuanceTerms, command: IssueLicenseCommand, claim: IdempotencyClaim | undefined): PreparedIssue {
    const { actor, request, options } = command;
    const { license, customerVersion } = terms.createDraft(request);
    const key = options.identity?.licenseKey ?? formatLicenseKey(this.random.bytes(LICENSE_KEY_BYTES));
    if (options.identity) license.licenseId = options.identity.licenseId;
    license.licenseKeySealed = this.secrets.seal(key, license.sealContext);
    license.licenseKeyLastFour = lastFour(key);
    const result = toIssuedLicense(license, key);
    // The claim stores the result without the license key; see restoreResult.
    const claimRow = claim && this.idempotency.toClaimRow({ claim, result: { ...result, license_key: undefined } });
    const event = new LicenseCreatedEvent(actor, license, request.reason);
    event.metadata.operation = operationOf(command);
    const insert = { license, keyDigest: this.secrets.digest(key), customerVersion, claim: claimRow };
    const { tenantId, trialCustomerId, trialProductId } = license;
    return {
      row: issueRow(insert, event),
      result,
      claimKey: claim && `${tenantId} ${claim.keyDigest}`,
      trialKey: trialCustomerId === null ? undefined : JSON.stringify([tenantId, trialCustomerId, trialProductId]),
    };
  }

  /** Restores the result of an earlier issue: the stored result, and the license key from the license. */
  async restoreResult(tenantId: string, stored: StoredIssueResult): Promise<IssuedLicense> {
    if ('license_key' in stored) return stored;
    const license = await this.licenses.find(tenantId, stored.license_id);
    if (!license) throw new Error('A license that was issued is gone.');
    return { license_key: this.secrets.unseal(license.licenseKeySealed, license.sealContext), ...stored };
  }
}
