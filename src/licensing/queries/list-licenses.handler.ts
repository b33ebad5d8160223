import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { pageRequest, toPage } from '../../shared/http/paging.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { equalities, prefixCondition, range } from '../../shared/tenancy/tenant.repository.js';
import { toLicenseResponse, type ListLicensesRequest } from '../license.dto.js';
import { LicenseRepository } from '../license.repository.js';
import { ListLicensesQuery } from './list-licenses.query.js';

@QueryHandler(ListLicensesQuery)
export class ListLicensesHandler implements IQueryHandler<ListLicensesQuery> {
  constructor(private readonly licenses: LicenseRepository) {}

  async execute({ actor, request }: ListLicensesQuery) {
    const page = pageRequest(request, UuidParameter);
    const rows = await this.licenses.list(actor.tenantId, conditionsOf(request), page);
    return toPage(rows, page.limit, ({ createdAt, licenseId: id }) => ({ createdAt, id }), toLicenseResponse);
  }
}

function conditionsOf(request: ListLicensesRequest) {
  return [
    ...equalities({
      customerId: request.customer_id,
      productId: request.product_id,
      templateId: request.template_id,
      status: request.status,
      licenseType: request.license_type,
    }),
    ...range('issuedDate', request.issued_from, request.issued_before),
    ...range('expiryDate', request.expires_from, request.expires_before),
    ...prefixCondition(['issued_to_lower'], request.q),
  ];
}
