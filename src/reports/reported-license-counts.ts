import { Injectable } from '@nestjs/common';
import { TemplateLicenseCounts } from '../templates/index.js';
import { ReportRepository } from './report.repository.js';

@Injectable()
export class ReportedLicenseCounts extends TemplateLicenseCounts {
  constructor(private readonly reports: ReportRepository) {
    super();
  }

  countByVersion(tenantId: string, templateId: string): Promise<ReadonlyMap<number, number>> {
    return this.reports.licensesByVersion(tenantId, templateId);
  }
}
