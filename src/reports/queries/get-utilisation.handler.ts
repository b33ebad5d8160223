import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ReportRepository } from '../report.repository.js';
import { GetUtilisationQuery } from './get-utilisation.query.js';

@QueryHandler(GetUtilisationQuery)
export class GetUtilisationHandler implements IQueryHandler<GetUtilisationQuery> {
  constructor(private readonly reports: ReportRepository) {}

  execute({ actor: { tenantId }, request }: GetUtilisationQuery) {
    return this.reports.utilisation(tenantId, request);
  }
}
