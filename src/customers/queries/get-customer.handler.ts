import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { CustomerNotFoundError } from '../customer.errors.js';
import { CustomerRepository } from '../customer.repository.js';
import { GetCustomerQuery } from './get-customer.query.js';
import { toCustomerResponse } from '../customer.response.js';

@QueryHandler(GetCustomerQuery)
export class GetCustomerHandler implements IQueryHandler<GetCustomerQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
  ) {}

  async execute({ actor, customerId }: GetCustomerQuery) {
    const customer = await this.unitOfWork.readAs(actor, () => this.customers.find(actor.tenantId, customerId));
    if (!customer) throw new CustomerNotFoundError(customerId);
    return toCustomerResponse(customer);
  }
}
