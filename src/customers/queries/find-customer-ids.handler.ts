import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { CustomerRepository } from '../customer.repository.js';
import { FindCustomerIdsQuery } from './find-customer-ids.query.js';

@QueryHandler(FindCustomerIdsQuery)
export class FindCustomerIdsHandler implements IQueryHandler<FindCustomerIdsQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
  ) {}

  execute({ actor, email, limit }: FindCustomerIdsQuery) {
    return this.unitOfWork.readAs(actor, () => this.customers.findIdsByEmail(actor.tenantId, email, limit + 1));
  }
}
