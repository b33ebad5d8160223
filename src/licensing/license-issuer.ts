import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetCustomerNamesQuery } from '../customers/index.js';
import { Clock } from '../shared/clock.js';
import type { Transaction } from '../shared/events/transaction.js';
import { Secrets } from '../shared/secrets/secrets.js';
import type { Actor } from '../shared/tenancy/actor.js';
import { GetIssuableTemplatesQuery, TemplateNotFoundError, type IssuableTemplate } from '../templates/index.js';
import { LicenseCreatedEvent } from './events/license-created.event.js';
import { toIssuedLicense, type IssuedLicense, type IssueLicenseRequest } from './license.dto.js';
import { License } from './license.entity.js';
import { ProductInactiveError, TemplateInactiveError } from './license.errors.js';
import { formatLicenseKey, lastFour, LICENSE_KEY_BYTES } from './license-key.js';
import { LicenseRepository } from './license.repository.js';
import { RandomSource } from './random-source.js';

/** A license with its key, which is nowhere else in the clear, and the digest it is found by. */
export interface KeyedIssue {
  readonly license: License;
  readonly key: string;
  readonly keyDigest: Buffer;
}

/** What orders need to know, read for all of them at once. */
export interface Terms {
  /** Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError. */
  issue(order: IssueLicenseRequest): KeyedIssue;
}

/**
 * Issues orders of one tenant, whatever their number, by two reads that travel with BEGIN and three inserts that travel
 * with COMMIT.
 */
@Injectable()
export class LicenseIssuer {
  constructor(
    private readonly queries: QueryBus,
    private readonly licenses: LicenseRepository,
    private readonly secrets: Secrets,
    private readonly random: RandomSource,
    private readonly clock: Clock,
  ) {}

  /** Templates and names of customers, as they are in the unit of work that this is called in. */
  async read(actor: Actor, orders: readonly IssueLicenseRequest[]): Promise<Terms> {
    const [templates, customerNames] = await Promise.all([
      this.queries.execute(
        new GetIssuableTemplatesQuery(actor, unique(orders.map((order) => order.license_template_id))),
      ),
      this.queries.execute(new GetCustomerNamesQuery(actor, unique(orders.map((order) => order.customer_id)))),
    ]);
    const byId = new Map(templates.map((found) => [found.template.templateId, found]));
    const now = this.clock.now();
    return {
      issue: (order) => {
        const template = issuable(order.license_template_id, byId.get(order.license_template_id));
        return this.withKey(License.issue(template, order, customerNames.get(order.customer_id), now));
      },
    };
  }

  /** Sends the rows and records the events of licenses of the transaction's tenant. */
  write(transaction: Transaction, issues: readonly { readonly actor: Actor; readonly issue: KeyedIssue }[]): void {
    this.licenses.addAll(
      transaction,
      issues.map(({ issue }) => issue),
    );
    for (const { actor, issue } of issues) transaction.record(new LicenseCreatedEvent(actor, issue.license));
  }

  /** One order in a transaction that is the caller's. Throws as `Terms.issue` does. */
  async issue(transaction: Transaction, actor: Actor, order: IssueLicenseRequest): Promise<IssuedLicense> {
    const issue = (await this.read(actor, [order])).issue(order);
    this.write(transaction, [{ actor, issue }]);
    return toIssuedLicense(issue.license, issue.key);
  }

  private withKey(license: License): KeyedIssue {
    const key = formatLicenseKey(this.random.bytes(LICENSE_KEY_BYTES));
    license.licenseKeySealed = this.secrets.seal(key, license.sealContext);
    license.licenseKeyLastFour = lastFour(key);
    return { license, key, keyDigest: this.secrets.digest(key) };
  }
}

function issuable(templateId: string, found: IssuableTemplate | undefined) {
  if (!found) throw new TemplateNotFoundError(templateId);
  if (!found.template.active) throw new TemplateInactiveError(templateId);
  if (!found.productActive) throw new ProductInactiveError(found.template.productId);
  return found.template;
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
