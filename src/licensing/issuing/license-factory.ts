import { Injectable } from '@nestjs/common';
import { RetryTransaction, type Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import type { IssueLicenseCommand, LicenseIdentity } from './issue-license.command.js';
import { LicenseCreatedEvent } from '../events/license-created.event.js';
import { IssuanceTermsCache, type LicenseDraft, type IssuanceTerms } from './issuance-terms-cache.js';
import { type IssueLicenseRequest } from '../license.requests.js';
import { formatLicenseKey, lastFour, LICENSE_KEY_BYTES } from '../keys/license-key.js';
import { LicenseRepository } from '../license.repository.js';
import { RandomSource } from '../keys/random-source.js';
import { type IssuedLicense, toIssuedLicense } from '../license.response.js';

/** License with its license key, which exists in the clear only here, and the digest of the license key for look-up. */
export interface KeyedLicenseDraft extends LicenseDraft {
  readonly key: string;
  readonly keyDigest: Buffer;
}

/** Stored result of an issue. The license key is omitted, unless the result is sealed as a whole. */
export type StoredIssueResult = IssuedLicense | Omit<IssuedLicense, 'license_key'>;

/** Creates licenses with their license keys, and issues one singly. */
@Injectable()
export class LicenseFactory {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly terms: IssuanceTermsCache,
    private readonly licenses: LicenseRepository,
    private readonly secrets: Secrets,
    private readonly random: RandomSource,
  ) {}

  /** Throws as `IssuanceTerms.createDraft` does. */
  create(terms: IssuanceTerms, request: IssueLicenseRequest, identity?: LicenseIdentity): KeyedLicenseDraft {
    const draft = terms.createDraft(request);
    const key = identity?.licenseKey ?? formatLicenseKey(this.random.bytes(LICENSE_KEY_BYTES));
    if (identity) draft.license.licenseId = identity.licenseId;
    draft.license.licenseKeySealed = this.secrets.seal(key, draft.license.sealContext);
    draft.license.licenseKeyLastFour = lastFour(key);
    return { ...draft, key, keyDigest: this.secrets.digest(key) };
  }

  /** Issues one license in the caller's unit of work, or in its own. Throws as `IssuanceTerms.createDraft` does. */
  issueSingly(command: IssueLicenseCommand): Promise<IssuedLicense> {
    const { actor } = command;
    return this.unitOfWork.perform(
      command,
      (transaction) => this.issue(transaction, command),
      (stored) => this.restoreResult(actor.tenantId, stored as StoredIssueResult),
    );
  }

  /** Restores the result of an earlier issue: the stored result, and the license key from the license. */
  async restoreResult(tenantId: string, stored: StoredIssueResult): Promise<IssuedLicense> {
    if ('license_key' in stored) return stored;
    const license = await this.licenses.find(tenantId, stored.license_id);
    if (!license) throw new Error('A license that was issued is gone.');
    return { license_key: this.secrets.unseal(license.licenseKeySealed, license.sealContext), ...stored };
  }

  private async issue(transaction: Transaction, command: IssueLicenseCommand): Promise<IssuedLicense> {
    const { actor, request, options } = command;
    const keyedDraft = this.create(await this.terms.readFresh(actor, request), request, options.identity);
    if (!(await this.licenses.issue(transaction, keyedDraft)))
      throw new RetryTransaction('The terms have changed since they were read.');
    transaction.record(new LicenseCreatedEvent(actor, keyedDraft.license, request.reason));
    return toIssuedLicense(keyedDraft.license, keyedDraft.key);
  }
}
