import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UsageRepository } from '../usage.repository.js';
import { FindUsageAsOfQuery } from './find-usage-as-of.query.js';

@QueryHandler(FindUsageAsOfQuery)
export class FindUsageAsOfHandler implements IQueryHandler<FindUsageAsOfQuery> {
  constructor(private readonly usages: UsageRepository) {}

  execute({ actor, license, instant }: FindUsageAsOfQuery) {
    return this.usages.readAsOf(actor.tenantId, license, instant);
  }
}
