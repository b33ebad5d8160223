import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { ReportRepository } from '../report.repository.js';
import { rangeOf } from '../report.requests.js';
import { GetActivityQuery } from './get-activity.query.js';

@QueryHandler(GetActivityQuery)
export class GetActivityHandler implements IQueryHandler<GetActivityQuery> {
  constructor(
    private readonly reports: ReportRepository,
    private readonly clock: Clock,
  ) {}

  execute({ actor: { tenantId }, request }: GetActivityQuery) {
    return this.reports.activity(tenantId, request.product_id, rangeOf(request, this.clock.now()));
  }
}
