import { Injectable } from '@nestjs/common';
import { RunAgain, type Transaction } from '../shared/events/transaction.js';
import { Secrets } from '../shared/secrets/secrets.js';
import type { Actor } from '../shared/tenancy/actor.js';
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

/** Makes licenses with their keys and stores them: one order, or those of many that share a transaction. */
@Injectable()
export class LicenseIssuer {
  constructor(
    private readonly terms: IssuingTerms,
    private readonly licenses: LicenseRepository,
    private readonly secrets: Secrets,
    private readonly random: RandomSource,
  ) {}

  /** Throws as `Terms.make` does. */
  make(terms: Terms, order: IssueLicenseRequest): KeyedIssue {
    const made = terms.make(order);
    const key = formatLicenseKey(this.random.bytes(LICENSE_KEY_BYTES));
    made.license.licenseKeySealed = this.secrets.seal(key, made.license.sealContext);
    made.license.licenseKeyLastFour = lastFour(key);
    return { ...made, key, keyDigest: this.secrets.digest(key) };
  }

  /** One order in a transaction that is the caller's. Throws as `Terms.make` does. */
  async issue(transaction: Transaction, actor: Actor, order: IssueLicenseRequest): Promise<IssuedLicense> {
    const issue = this.make(await this.terms.read(actor, order), order);
    if (!(await this.licenses.issue(transaction, issue))) throw new RunAgain('The terms changed meanwhile.');
    transaction.record(new LicenseCreatedEvent(actor, issue.license, order.reason));
    return toIssuedLicense(issue.license, issue.key);
  }
}
