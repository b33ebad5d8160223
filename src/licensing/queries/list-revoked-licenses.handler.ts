import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { LicenseRepository } from '../license.repository.js';
import { ListRevokedLicensesQuery } from './list-revoked-licenses.query.js';

@QueryHandler(ListRevokedLicensesQuery)
export class ListRevokedLicensesHandler implements IQueryHandler<ListRevokedLicensesQuery> {
  constructor(private readonly licenses: LicenseRepository) {}

  execute({ actor, since }: ListRevokedLicensesQuery) {
    return this.licenses.listRevoked(actor.tenantId, since);
  }
}
