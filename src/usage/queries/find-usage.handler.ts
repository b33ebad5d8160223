import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UsageRepository } from '../usage.repository.js';
import { FindUsageQuery } from './find-usage.query.js';

@QueryHandler(FindUsageQuery)
export class FindUsageHandler implements IQueryHandler<FindUsageQuery> {
  constructor(private readonly usages: UsageRepository) {}

  execute({ actor, license, now }: FindUsageQuery) {
    return this.usages.read(actor.tenantId, license, now);
  }
}
