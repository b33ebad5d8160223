import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { Paginator } from '../../shared/http/paginator.js';
import { ReportRepository } from '../report.repository.js';
import { GetComplianceQuery } from './get-compliance.query.js';

/** By the id of the license alone. */
const ORDER = { by: 'item.licenseId', descending: false, bound: ':at', at: z.uuid() };

@QueryHandler(GetComplianceQuery)
export class GetComplianceHandler implements IQueryHandler<GetComplianceQuery> {
  constructor(
    private readonly reports: ReportRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor: { tenantId }, request }: GetComplianceQuery) {
    const page = this.paginator.request({ tenantId, list: 'compliance' }, request, ORDER);
    const rows = await this.reports.compliance(tenantId, request.finding, page);
    const positionOf = ({ license_id: id }: (typeof rows)[number]) => ({ at: id, id });
    return this.paginator.page(rows, page, positionOf, (row) => ({
      ...row,
      last_validated_at: row.last_validated_at?.toISOString() ?? null,
    }));
  }
}
