import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ForeignKeyRegister } from '../shared/persistence/foreign-key-register.js';
import { BatchChangeLicensesHandler } from './batches/batch-change-licenses.handler.js';
import { BatchIssueLicensesHandler } from './batches/batch-issue-licenses.handler.js';
import { ChangeLicenseTemplateHandler } from './lifecycle/commands/change-license-template.handler.js';
import { ConvertTrialHandler } from './lifecycle/commands/convert-trial.handler.js';
import { IssueLicenseHandler } from './issuing/issue-license.handler.js';
import { IssueLicensesHandler } from './issuing/issue-licenses.handler.js';
import { FollowSubscriptionHandler } from './lifecycle/commands/follow-subscription.handler.js';
import { LinkSubscriptionHandler } from './lifecycle/commands/link-subscription.handler.js';
import { ReinstateLicenseHandler } from './lifecycle/commands/reinstate-license.handler.js';
import { RenewLicenseHandler } from './lifecycle/commands/renew-license.handler.js';
import { RevealLicenseKeyHandler } from './keys/reveal-license-key.handler.js';
import { RevokeLicenseHandler } from './lifecycle/commands/revoke-license.handler.js';
import { SuspendLicenseHandler } from './lifecycle/commands/suspend-license.handler.js';
import { TransferLicenseHandler } from './lifecycle/commands/transfer-license.handler.js';
import { UpdateLicenseHandler } from './lifecycle/commands/update-license.handler.js';
import { IssueReplay } from './issuing/issue-replay.js';
import { IssueRepository } from './issuing/issue.repository.js';
import { IssuanceTermsCache } from './issuing/issuance-terms-cache.js';
import { PoolReservations } from './issuing/pool-reservations.js';
import { LicenseActionsController } from './lifecycle/license-actions.controller.js';
import { LicenseBatchesController } from './batches/license-batches.controller.js';
import { LicenseBatchRunner } from './batches/license-batch-runner.js';
import { LicenseActions } from './lifecycle/license-actions.js';
import { PoolMoves } from './lifecycle/pool-moves.js';
import { LicenseFactory } from './issuing/license-factory.js';
import { LicenseLock } from './license-lock.js';
import { LicenseTimer } from './lifecycle/license-timer.js';
import { ImportLicensesHandler } from './importing/import-licenses.handler.js';
import { ImportRepository } from './importing/import.repository.js';
import { ImportsController } from './importing/imports.controller.js';
import { ImportTemplates } from './importing/import-templates.js';
import { LicenseImporter } from './importing/license-importer.js';
import { License } from './license.entity.js';
import { LicenseReader } from './license-reader.js';
import { MetadataFilterUpdater } from './metadata-filters/metadata-filter-updater.js';
import { MetadataFilters } from './metadata-filters/metadata-filters.js';
import { MetadataValuesRepository } from './metadata-filters/metadata-values.repository.js';
import { MetadataFilterIndex } from '../shared/persistence/metadata-filter-index.js';
import { LicenseRepository } from './license.repository.js';
import { FindLicensesController, LicensesController } from './licenses.controller.js';
import { FindLicenseHandler } from './queries/find-license.handler.js';
import { GetLicenseHandler } from './queries/get-license.handler.js';
import { ListLicensesAsJsonHandler } from './queries/list-licenses-as-json.handler.js';
import { ListLicensesHandler } from './queries/list-licenses.handler.js';
import { ListRevokedLicensesHandler } from './queries/list-revoked-licenses.handler.js';
import { PreviewIssueHandler } from './previews/preview-issue.handler.js';
import { SelectLicensesHandler } from './queries/select-licenses.handler.js';
import { LicenseKeySource } from './keys/license-key.js';
import { LicenseKeyRepository } from './keys/license-key.repository.js';
import { LicenseKeyRotation } from './keys/license-key-rotation.js';
import { LicenseKeysController } from './keys/license-keys.controller.js';
import { FindLicensesHandler } from './keys/find-licenses.handler.js';
import { RotateLicenseKeyHandler } from './keys/rotate-license-key.handler.js';
import { StoredForeignKeys } from './keys/stored-foreign-keys.js';

/** Global, because the settings of tenants ask for imported license keys by what this module implements. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([License])],
  controllers: [
    LicensesController,
    LicenseActionsController,
    LicenseBatchesController,
    LicenseKeysController,
    FindLicensesController,
    ImportsController,
  ],
  providers: [
    LicenseRepository,
    LicenseReader,
    IssuanceTermsCache,
    LicenseFactory,
    LicenseLock,
    IssueReplay,
    IssueRepository,
    PoolReservations,
    LicenseActions,
    PoolMoves,
    LicenseBatchRunner,
    LicenseTimer,
    LicenseKeySource,
    IssueLicenseHandler,
    IssueLicensesHandler,
    BatchIssueLicensesHandler,
    BatchChangeLicensesHandler,
    ImportRepository,
    LicenseImporter,
    ImportTemplates,
    ImportLicensesHandler,
    LicenseKeyRepository,
    LicenseKeyRotation,
    { provide: ForeignKeyRegister, useClass: StoredForeignKeys },
    MetadataValuesRepository,
    MetadataFilters,
    { provide: MetadataFilterIndex, useClass: MetadataFilterUpdater },
    RevealLicenseKeyHandler,
    RotateLicenseKeyHandler,
    FindLicensesHandler,
    FindLicenseHandler,
    ChangeLicenseTemplateHandler,
    ConvertTrialHandler,
    FollowSubscriptionHandler,
    LinkSubscriptionHandler,
    ReinstateLicenseHandler,
    RenewLicenseHandler,
    RevokeLicenseHandler,
    SuspendLicenseHandler,
    TransferLicenseHandler,
    UpdateLicenseHandler,
    PreviewIssueHandler,
    GetLicenseHandler,
    ListLicensesHandler,
    ListLicensesAsJsonHandler,
    ListRevokedLicensesHandler,
    SelectLicensesHandler,
  ],
  exports: [LicenseLock, LicenseReader, ForeignKeyRegister, MetadataFilterIndex],
})
export class LicensingModule {}
