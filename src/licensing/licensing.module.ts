import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BatchChangeLicensesHandler } from './commands/batch-change-licenses.handler.js';
import { BatchIssueLicensesHandler } from './commands/batch-issue-licenses.handler.js';
import { ChangeLicenseTemplateHandler } from './commands/change-license-template.handler.js';
import { ConvertTrialHandler } from './commands/convert-trial.handler.js';
import { IssueLicenseHandler } from './commands/issue-license.handler.js';
import { ReinstateLicenseHandler } from './commands/reinstate-license.handler.js';
import { RenewLicenseHandler } from './commands/renew-license.handler.js';
import { RevealLicenseKeyHandler } from './commands/reveal-license-key.handler.js';
import { RevokeLicenseHandler } from './commands/revoke-license.handler.js';
import { SuspendLicenseHandler } from './commands/suspend-license.handler.js';
import { TransferLicenseHandler } from './commands/transfer-license.handler.js';
import { UpdateLicenseHandler } from './commands/update-license.handler.js';
import { IssueGroupWriter } from './group-issuer.js';
import { IssueScheduler } from './issue-groups.js';
import { IssuanceTermsCache } from './issuing-terms.js';
import { LicenseActionsController } from './license-actions.controller.js';
import { LicenseBatchesController } from './license-batches.controller.js';
import { LicenseBatchRunner } from './license-batches.js';
import { LicenseActions } from './license-changes.js';
import { LicenseFactory } from './license-issuer.js';
import { LicenseSeats } from './license-seats.js';
import { LicenseTimer } from './license-timer.js';
import { License } from './license.entity.js';
import { LicenseRepository } from './license.repository.js';
import { LicensesController } from './licenses.controller.js';
import { FindLicenseByKeyHandler } from './queries/find-license-by-key.handler.js';
import { FindLicenseHandler } from './queries/find-license.handler.js';
import { GetLicenseHandler } from './queries/get-license.handler.js';
import { ListLicensesHandler } from './queries/list-licenses.handler.js';
import { ListRevokedLicensesHandler } from './queries/list-revoked-licenses.handler.js';
import { RandomSource } from './random-source.js';

@Module({
  imports: [TypeOrmModule.forFeature([License])],
  controllers: [LicensesController, LicenseActionsController, LicenseBatchesController],
  providers: [
    LicenseRepository,
    IssuanceTermsCache,
    LicenseFactory,
    LicenseSeats,
    IssueScheduler,
    IssueGroupWriter,
    LicenseActions,
    LicenseBatchRunner,
    LicenseTimer,
    RandomSource,
    IssueLicenseHandler,
    BatchIssueLicensesHandler,
    BatchChangeLicensesHandler,
    RevealLicenseKeyHandler,
    FindLicenseByKeyHandler,
    FindLicenseHandler,
    ChangeLicenseTemplateHandler,
    ConvertTrialHandler,
    ReinstateLicenseHandler,
    RenewLicenseHandler,
    RevokeLicenseHandler,
    SuspendLicenseHandler,
    TransferLicenseHandler,
    UpdateLicenseHandler,
    GetLicenseHandler,
    ListLicensesHandler,
    ListRevokedLicensesHandler,
  ],
  exports: [LicenseSeats],
})
export class LicensingModule {}
