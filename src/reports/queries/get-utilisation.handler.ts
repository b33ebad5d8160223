import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { ReportRepository } from '../report.repository.js';
import { dayOf } from '../report.requests.js';
import { GetUtilisationQuery } from './get-utilisation.query.js';

@QueryHandler(GetUtilisationQuery)
export class GetUtilisationHandler implements IQueryHandler<GetUtilisationQuery> {
  constructor(
    private readonly reports: ReportRepository,
    private readonly clock: Clock,
  ) {}

  execute({ actor: { tenantId }, request }: GetUtilisationQuery) {
    return this.reports.utilisation(tenantId, request, dayOf(this.clock.now()));
  }
}
