import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { indexedEqualities } from '../../shared/persistence/tenant-scoped.repository.js';
import { CustomerNotFoundError } from '../customer.errors.js';
import { CustomerRepository } from '../customer.repository.js';
import { CustomerNoteRepository } from './customer-note.repository.js';
import { toCustomerNoteResponse } from './customer-note.response.js';
import { ListCustomerNotesQuery } from './list-customer-notes.query.js';

@QueryHandler(ListCustomerNotesQuery)
export class ListCustomerNotesHandler implements IQueryHandler<ListCustomerNotesQuery> {
  constructor(
    private readonly customers: CustomerRepository,
    private readonly notes: CustomerNoteRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor: { tenantId }, customerId, request }: ListCustomerNotesQuery) {
    const page = this.paginator.request({ tenantId, list: 'customer-notes', of: customerId }, request);
    if (!(await this.customers.find(tenantId, customerId))) throw new CustomerNotFoundError(customerId);
    const rows = await this.notes.list(tenantId, indexedEqualities({ customerId }), page);
    return this.paginator.page(rows, page, ({ createdAt: at, noteId: id }) => ({ at, id }), toCustomerNoteResponse);
  }
}
