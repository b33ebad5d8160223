import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import { Authenticator } from '../../shared/access/authenticator.js';
import { CountryLookup } from '../country-lookup.js';
import { evaluate } from '../evaluation.js';
import { EvidenceCollector } from '../evidence-collector.js';
import { toPastResponse, type ExplainResponse } from '../explain.response.js';
import { PastEvidenceCollector } from '../past-evidence.js';
import { toEvaluationContext } from '../restrictions.js';
import { ExplainLicenseQuery } from './explain-license.query.js';
import { toValidateResponse } from '../validation.response.js';

@QueryHandler(ExplainLicenseQuery)
export class ExplainLicenseHandler implements IQueryHandler<ExplainLicenseQuery> {
  constructor(
    private readonly evidence: EvidenceCollector,
    private readonly past: PastEvidenceCollector,
    private readonly authenticator: Authenticator,
    private readonly countries: CountryLookup,
    private readonly clock: Clock,
  ) {}

  execute(query: ExplainLicenseQuery): Promise<ExplainResponse> {
    const now = this.clock.now();
    const { as_of } = query.question;
    return as_of === undefined ? this.explainNow(query, now) : this.explainAsOf(query, new Date(as_of), now);
  }

  private async explainNow({ actor, licenseId, question }: ExplainLicenseQuery, now: Date) {
    const { ip, country } = question;
    const tenant = await this.authenticator.findTenant(actor.tenantId);
    const found = await this.evidence.collect(actor, licenseId, question, {
      tenantSuspended: tenant?.suspended !== false,
      surroundings: toEvaluationContext(question, { ip, country: country ?? this.countries.lookup(ip) }, now),
    });
    if (!found) throw new LicenseNotFoundError(licenseId);
    return toValidateResponse(found, evaluate(question, found), question.nonce);
  }

  /** Explains a past result. Requires events:read, because the result is reconstructed from events. */
  private async explainAsOf({ actor, licenseId, question }: ExplainLicenseQuery, instant: Date, now: Date) {
    if (!actor.may('events:read')) throw new PermissionDeniedError('events:read');
    if (instant > now) throw new InvalidFieldError('/as_of', 'must not be in the future');
    const found = await this.past.collect(actor, licenseId, question, toEvaluationContext(question, question, instant));
    if (!found) throw new LicenseNotFoundError(licenseId);
    return toPastResponse(found, question);
  }
}
