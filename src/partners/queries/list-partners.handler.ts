import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities, prefixCondition } from '../../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { PartnerRepository } from '../partner.repository.js';
import { toPartnerResponse } from '../partner.response.js';
import { ListPartnersQuery } from './list-partners.query.js';

@QueryHandler(ListPartnersQuery)
export class ListPartnersHandler implements IQueryHandler<ListPartnersQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly partners: PartnerRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListPartnersQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'partners' }, request);
    const conditions = [...equalities({ status: request.status }), ...prefixCondition(['name_lower'], request.q)];
    const rows = await this.unitOfWork.readAs(actor, () => this.partners.list(actor.tenantId, conditions, page));
    return this.paginator.page(rows, page, ({ createdAt: at, partnerId: id }) => ({ at, id }), toPartnerResponse);
  }
}
