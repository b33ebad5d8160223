import { Injectable } from '@nestjs/common';
import { RunAgain, type Transaction } from '../shared/events/transaction.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { Secrets } from '../shared/secrets/secrets.js';
import type { IssueLicenseCommand, LicenseIdentity } from './commands/issue-license.command.js';
import { LicenseCreatedEvent } from './events/license-created.event.js';
import { IssuingTerms, type MadeLicense, type Terms } from './issuing-terms.js';
import { toIssuedLicense, type IssuedLicense, type IssueLicenseRequest } from './license.dto.js';
import { formatLicenseKey, lastFour, LICENSE_KEY_BYTES } from './license-key.js';
import { LicenseRepository } from './license.repository.js';
import { RandomSource } from './random-source.js';

/** A license with its key, which is nowhere else in the clear, and the digest it is found by. */
export interface KeyedIssue extends MadeLicense {
  readonly key: string;
  readonly keyDigest: Buffer;
}

/** An answer as it is remembered: without the key, unless it is sealed as a whole. */
export type KeptIssue = IssuedLicense | Omit<IssuedLicense, 'license_key'>;

/** Makes licenses with their keys and stores them: one order, or those of many that share a transaction. */
@Injectable()
export class LicenseIssuer {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly terms: IssuingTerms,
    private readonly licenses: LicenseRepository,
    private readonly secrets: Secrets,
    private readonly random: RandomSource,
  ) {}

  /** Throws as `Terms.make` does. */
  make(terms: Terms, order: IssueLicenseRequest, identity?: LicenseIdentity): KeyedIssue {
    const made = terms.make(order);
    const key = identity?.licenseKey ?? formatLicenseKey(this.random.bytes(LICENSE_KEY_BYTES));
    if (identity) made.license.licenseId = identity.licenseId;
    made.license.licenseKeySealed = this.secrets.seal(key, made.license.sealContext);
    made.license.licenseKeyLastFour = lastFour(key);
    return { ...made, key, keyDigest: this.secrets.digest(key) };
  }

  /** One order by itself, in the caller's unit of work, if it is in one. Throws as `Terms.make` does. */
  perform(command: IssueLicenseCommand): Promise<IssuedLicense> {
    const { actor } = command;
    return this.unitOfWork.perform(
      command,
      (transaction) => this.issue(transaction, command),
      (kept) => this.restore(actor.tenantId, kept as KeptIssue),
    );
  }

  /** What was answered for an order earlier, from what is kept of it and the key, which the license has. */
  async restore(tenantId: string, kept: KeptIssue): Promise<IssuedLicense> {
    if ('license_key' in kept) return kept;
    const license = await this.licenses.find(tenantId, kept.license_id);
    if (!license) throw new Error('A license that was issued is gone.');
    return { license_key: this.secrets.open(license.licenseKeySealed, license.sealContext), ...kept };
  }

  private async issue(transaction: Transaction, command: IssueLicenseCommand): Promise<IssuedLicense> {
    const { actor, order, options } = command;
    const issue = this.make(await this.terms.read(actor, order), order, options.identity);
    if (!(await this.licenses.issue(transaction, issue))) throw new RunAgain('The terms changed meanwhile.');
    transaction.record(new LicenseCreatedEvent(actor, issue.license, order.reason));
    return toIssuedLicense(issue.license, issue.key);
  }
}
