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

/**
 * Issues a list of orders in the transaction of their tenant, all or none: two reads that travel with BEGIN, then three
 * inserts that travel with COMMIT, whatever the length of the list.
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

  /** In the order of the orders. Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError. */
  async issue(
    transaction: Transaction,
    actor: Actor,
    orders: readonly IssueLicenseRequest[],
  ): Promise<IssuedLicense[]> {
    const [templates, customerNames] = await Promise.all([
      this.queries.execute(
        new GetIssuableTemplatesQuery(actor, unique(orders.map((order) => order.license_template_id))),
      ),
      this.queries.execute(new GetCustomerNamesQuery(actor, unique(orders.map((order) => order.customer_id)))),
    ]);
    const byId = new Map(templates.map((found) => [found.template.templateId, found]));
    const now = this.clock.now();
    const issued = orders.map((order) => {
      const template = issuable(order.license_template_id, byId.get(order.license_template_id));
      return this.withKey(License.issue(template, order, customerNames.get(order.customer_id), now));
    });
    this.licenses.addAll(transaction, issued);
    for (const { license } of issued) transaction.record(new LicenseCreatedEvent(actor, license));
    return issued.map(({ license, key }) => toIssuedLicense(license, key));
  }

  private withKey(license: License) {
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
