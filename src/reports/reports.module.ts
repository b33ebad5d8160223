import { Global, Module } from '@nestjs/common';
import { TemplateLicenseCounts } from '../templates/index.js';
import { ReportedLicenseCounts } from './reported-license-counts.js';
import { ValidationCounts } from '../validation/index.js';
import { ReportCursors } from './counting/report-cursors.js';
import { ReportFollower } from './counting/report-follower.js';
import { GetOverviewHandler } from './queries/get-overview.handler.js';
import { GetExpirationsHandler } from './queries/get-expirations.handler.js';
import { GetActivityHandler } from './queries/get-activity.handler.js';
import { GetUtilisationHandler } from './queries/get-utilisation.handler.js';
import { GetPeaksHandler } from './queries/get-peaks.handler.js';
import { GetDenialsHandler } from './queries/get-denials.handler.js';
import { GetComplianceHandler } from './queries/get-compliance.handler.js';
import { ReportRepository } from './report.repository.js';
import { ReportsController } from './reports.controller.js';
import { StoredValidationCounts } from './validations/stored-validation-counts.js';

/** Global, because validation counts what failed, and templates their licenses, by what this module implements. */
@Global()
@Module({
  controllers: [ReportsController],
  providers: [
    ReportRepository,
    ReportCursors,
    ReportFollower,
    { provide: ValidationCounts, useClass: StoredValidationCounts },
    { provide: TemplateLicenseCounts, useClass: ReportedLicenseCounts },
    GetOverviewHandler,
    GetExpirationsHandler,
    GetActivityHandler,
    GetUtilisationHandler,
    GetPeaksHandler,
    GetDenialsHandler,
    GetComplianceHandler,
  ],
  exports: [ValidationCounts, TemplateLicenseCounts],
})
export class ReportsModule {}
