import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities, prefixCondition, type Condition } from '../../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { CustomerRepository } from '../customer.repository.js';
import { ListCustomersQuery } from './list-customers.query.js';
import { toCustomerResponse } from '../customer.response.js';

@QueryHandler(ListCustomersQuery)
export class ListCustomersHandler implements IQueryHandler<ListCustomersQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListCustomersQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'customers' }, request);
    const conditions = [
      ...equalities({ active: request.active, partnerId: request.partner_id }),
      ...emailCondition(request.email),
      ...prefixCondition(['full_name_lower', 'last_name_lower', 'email_lower', 'company_name_lower'], request.q),
    ];
    const rows = await this.unitOfWork.readAs(actor, () => this.customers.list(actor.tenantId, conditions, page));
    return this.paginator.page(rows, page, ({ createdAt: at, customerId: id }) => ({ at, id }), toCustomerResponse);
  }
}

/** Filters by the index on `email_lower`, which also serves `q`. */
function emailCondition(email: string | undefined): Condition[] {
  return email === undefined ? [] : [{ sql: 'item.email_lower = lower(CAST(:email AS text))', parameters: { email } }];
}
