import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { ReportRepository } from '../report.repository.js';
import { dayOf, rangeOf } from '../report.requests.js';
import { GetPeaksQuery } from './get-peaks.query.js';

@QueryHandler(GetPeaksQuery)
export class GetPeaksHandler implements IQueryHandler<GetPeaksQuery> {
  constructor(
    private readonly reports: ReportRepository,
    private readonly clock: Clock,
  ) {}

  execute({ actor: { tenantId }, request }: GetPeaksQuery) {
    const now = this.clock.now();
    return this.reports.peaks(tenantId, request, rangeOf(request, now), dayOf(now));
  }
}
