import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ReportRepository } from '../report.repository.js';
import { GetOverviewQuery } from './get-overview.query.js';

@QueryHandler(GetOverviewQuery)
export class GetOverviewHandler implements IQueryHandler<GetOverviewQuery> {
  constructor(private readonly reports: ReportRepository) {}

  execute({ actor: { tenantId }, request }: GetOverviewQuery) {
    return this.reports.overview(tenantId, request);
  }
}
