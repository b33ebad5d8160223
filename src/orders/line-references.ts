import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { assertCustomerAllowed } from '../customers/index.js';
import { assertFirstTerm, FindLicenseQuery, LicenseNotFoundError } from '../licensing/index.js';
import type { Actor } from '../shared/access/actor.js';
import { GetIssuableTemplatesQuery, isTrialType, TemplateNotFoundError } from '../templates/index.js';
import type { LineTerms } from './line.entity.js';

/**
 * Checks that the customer, and templates and licenses of lines, exist, and that a line has no term which its template can never issue.
 * Whether they can be issued from, renewed or changed, fulfilment decides.
 */
@Injectable()
export class LineReferences {
  constructor(private readonly queries: QueryBus) {}

  /** Throws CustomerNotFoundError, where the tenant requires that customers exist. */
  assertCustomer(actor: Actor, customerId: string): Promise<void> {
    return assertCustomerAllowed(this.queries, actor, customerId);
  }

  /** Throws TemplateNotFoundError, InvalidFieldError, LicenseNotFoundError. */
  async assertValid(actor: Actor, lines: readonly LineTerms[]): Promise<void> {
    const templateIds = [...new Set(lines.flatMap(({ templateId }) => templateId ?? []))];
    const licenseIds = [...new Set(lines.flatMap(({ licenseId }) => licenseId ?? []))];
    const templates = await this.queries.execute(new GetIssuableTemplatesQuery(actor, templateIds));
    const types = new Map(templates.map(({ template }) => [template.templateId, template.licenseType]));
    const missing = templateIds.find((id) => !types.has(id));
    if (missing !== undefined) throw new TemplateNotFoundError(missing);
    for (const [at, { templateId, issueTerms }] of lines.entries()) {
      const licenseType = types.get(templateId ?? '');
      const overrides = issueTerms?.overrides;
      if (licenseType && overrides)
        assertFirstTerm(overrides, { licenseType, trial: isTrialType(licenseType) }, `/lines/${at}/overrides`);
    }
    for (const id of licenseIds) {
      if (!(await this.queries.execute(new FindLicenseQuery(actor, id)))) throw new LicenseNotFoundError(id);
    }
  }
}
