import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { toCustomerResponse } from '../customer.dto.js';
import { CustomerNotFoundError } from '../customer.errors.js';
import { CustomerRepository } from '../customer.repository.js';
import { GetCustomerQuery } from './get-customer.query.js';

@QueryHandler(GetCustomerQuery)
export class GetCustomerHandler implements IQueryHandler<GetCustomerQuery> {
  constructor(private readonly customers: CustomerRepository) {}

  async execute({ actor, customerId }: GetCustomerQuery) {
    const customer = await this.customers.find(actor.tenantId, customerId);
    if (!customer) throw new CustomerNotFoundError(customerId);
    return toCustomerResponse(customer);
  }
}
