import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import { Actor } from '../../shared/access/actor.js';
import { KnownTenants } from '../../shared/access/authenticator.js';
import { CountryLookup } from '../country-lookup.js';
import { evaluate, toEvaluationContext } from '../evaluation.js';
import { EvidenceCollector } from '../evidence-collector.js';
import { toPastResponse, type ExplainResponse } from '../explain.response.js';
import { PastEvidenceCollector } from '../past-evidence.js';
import { ExplainLicenseQuery } from './explain-license.query.js';
import { toValidateResponse } from '../validation.response.js';

@QueryHandler(ExplainLicenseQuery)
export class ExplainLicenseHandler implements IQueryHandler<ExplainLicenseQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly evidence: EvidenceCollector,
    private readonly past: PastEvidenceCollector,
    private readonly tenants: KnownTenants,
    private readonly countries: CountryLookup,
    private readonly clock: Clock,
  ) {}

  async execute(query: ExplainLicenseQuery): Promise<ExplainResponse> {
    const { actor, licenseId } = query;
    const { as_of } = query.request;
    // The partner of a license never changes, so the evidence, which is read for the whole tenant, is the partner's own.
    if (actor.partnerId !== undefined && !(await this.queries.execute(new FindLicenseQuery(actor, licenseId))))
      throw new LicenseNotFoundError(licenseId);
    return as_of === undefined ? this.explainNow(query) : this.explainAsOf(query, new Date(as_of));
  }

  private async explainNow({ actor: { tenantId }, licenseId, request }: ExplainLicenseQuery) {
    const { ip, country, fingerprint, nonce } = request;
    const tenant = await this.tenants.findTenant(tenantId);
    const stored = await this.evidence.findByLicenseId(tenantId, licenseId, fingerprint);
    if (!stored) throw new LicenseNotFoundError(licenseId);
    const origin = { ip, country: country ?? this.countries.lookup(ip) };
    const found = await this.evidence.complete(stored, request, {
      tenantSuspended: tenant?.suspended !== false,
      context: toEvaluationContext(request, origin, stored.now),
    });
    return toValidateResponse(found, evaluate(request, found), nonce);
  }

  /** Explains a past result. Requires events:read, because the result is reconstructed from events. */
  private async explainAsOf({ actor, licenseId, request }: ExplainLicenseQuery, instant: Date) {
    if (!actor.may('events:read')) throw new PermissionDeniedError('events:read');
    if (instant > this.clock.now()) throw new InvalidFieldError('/as_of', 'must not be in the future');
    const reader = new Actor(actor.tenantId, actor.subject, actor.permissions, actor.bounds);
    const found = await this.past.collect(reader, licenseId, request, toEvaluationContext(request, request, instant));
    if (!found) throw new LicenseNotFoundError(licenseId);
    return toPastResponse(found, request);
  }
}
