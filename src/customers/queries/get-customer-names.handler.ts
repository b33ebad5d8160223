import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { CustomerRepository } from '../customer.repository.js';
import { GetCustomerNamesQuery } from './get-customer-names.query.js';

@QueryHandler(GetCustomerNamesQuery)
export class GetCustomerNamesHandler implements IQueryHandler<GetCustomerNamesQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
  ) {}

  async execute({ actor, customerIds }: GetCustomerNamesQuery) {
    const customers = await this.unitOfWork.readAs(actor, () => this.customers.findMany(actor.tenantId, customerIds));
    return new Map(
      customers.map(({ customerId, displayName, active, version }) => [
        customerId,
        { name: displayName || undefined, active, version },
      ]),
    );
  }
}
