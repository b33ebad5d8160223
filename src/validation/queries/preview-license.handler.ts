import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { PreviewIssueQuery } from '../../licensing/index.js';
import { CountryLookup } from '../country-lookup.js';
import { toEvaluationContext } from '../evaluation.js';
import { toIssuePreview } from '../preview.response.js';
import { PreviewLicenseQuery } from './preview-license.query.js';

@QueryHandler(PreviewLicenseQuery)
export class PreviewLicenseHandler implements IQueryHandler<PreviewLicenseQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly countries: CountryLookup,
  ) {}

  async execute({ actor, issue, validate }: PreviewLicenseQuery) {
    const previewed = await this.queries.execute(new PreviewIssueQuery(actor, issue));
    const { ip, country } = validate;
    const origin = { ip, country: country ?? this.countries.lookup(ip) };
    return toIssuePreview(previewed, validate, toEvaluationContext(validate, origin, previewed.license.issuedDate));
  }
}
