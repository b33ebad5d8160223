import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { ReportRepository } from '../report.repository.js';
import { dayOf } from '../report.requests.js';
import { GetExpirationsQuery } from './get-expirations.query.js';

@QueryHandler(GetExpirationsQuery)
export class GetExpirationsHandler implements IQueryHandler<GetExpirationsQuery> {
  constructor(
    private readonly reports: ReportRepository,
    private readonly clock: Clock,
  ) {}

  execute({ actor: { tenantId }, request }: GetExpirationsQuery) {
    return this.reports.expirations(tenantId, request, dayOf(this.clock.now()));
  }
}
