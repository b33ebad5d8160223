import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { ReportRepository } from '../report.repository.js';
import { rangeOf } from '../report.requests.js';
import { GetDenialsQuery } from './get-denials.query.js';

@QueryHandler(GetDenialsQuery)
export class GetDenialsHandler implements IQueryHandler<GetDenialsQuery> {
  constructor(
    private readonly reports: ReportRepository,
    private readonly clock: Clock,
  ) {}

  execute({ actor: { tenantId }, request }: GetDenialsQuery) {
    return this.reports.denials(tenantId, request, rangeOf(request, this.clock.now()));
  }
}
