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

/** A license with its key, which is nowhere else in the clear, and the digest it is found by. */
export interface KeyedLicenseDraft extends LicenseDraft {
  readonly key: string;
  readonly keyDigest: Buffer;
}

/** An answer as it is remembered: without the key, unless it is sealed as a whole. */
export type StoredIssueResult = IssuedLicense | Omit<IssuedLicense, 'license_key'>;

/** Makes licenses with their keys and stores them: one order, or those of many that share a transaction. */
@Injectable()
export class LicenseFactory {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly terms: IssuanceTermsCache,
    private readonly licenses: LicenseRepository,
    private readonly secrets: Secrets,
    private readonly random: RandomSource,
  ) {}

  /** Throws as `Terms.make` does. */
  create(terms: IssuanceTerms, order: IssueLicenseRequest, identity?: LicenseIdentity): KeyedLicenseDraft {
    const made = terms.make(order);
    const key = identity?.licenseKey ?? formatLicenseKey(this.random.bytes(LICENSE_KEY_BYTES));
    if (identity) made.license.licenseId = identity.licenseId;
    made.license.licenseKeySealed = this.secrets.seal(key, made.license.sealContext);
    made.license.licenseKeyLastFour = lastFour(key);
    return { ...made, key, keyDigest: this.secrets.digest(key) };
  }

  /** One order by itself, in the caller's unit of work, if it is in one. Throws as `Terms.make` does. */
  issueSingly(command: IssueLicenseCommand): Promise<IssuedLicense> {
    const { actor } = command;
    return this.unitOfWork.perform(
      command,
      (transaction) => this.issue(transaction, command),
      (kept) => this.restoreResult(actor.tenantId, kept as StoredIssueResult),
    );
  }

  /** What was answered for an order earlier, from what is kept of it and the key, which the license has. */
  async restoreResult(tenantId: string, kept: StoredIssueResult): Promise<IssuedLicense> {
    if ('license_key' in kept) return kept;
    const license = await this.licenses.find(tenantId, kept.license_id);
    if (!license) throw new Error('A license that was issued is gone.');
    return { license_key: this.secrets.unseal(license.licenseKeySealed, license.sealContext), ...kept };
  }

  private async issue(transaction: Transaction, command: IssueLicenseCommand): Promise<IssuedLicense> {
    const { actor, request, options } = command;
    const issue = this.create(await this.terms.readFresh(actor, request), request, options.identity);
    if (!(await this.licenses.issue(transaction, issue))) throw new RetryTransaction('The terms changed meanwhile.');
    transaction.record(new LicenseCreatedEvent(actor, issue.license, request.reason));
    return toIssuedLicense(issue.license, issue.key);
  }
}
