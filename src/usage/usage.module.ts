import { Module } from '@nestjs/common';
import { LicensingModule } from '../licensing/index.js';
import { ConsumeUsageHandler } from './commands/consume-usage.handler.js';
import { CorrectUsageHandler } from './commands/correct-usage.handler.js';
import { ReleaseUsageHandler } from './commands/release-usage.handler.js';
import { FindUsageAsOfHandler } from './queries/find-usage-as-of.handler.js';
import { GetLicenseUsageHandler } from './queries/get-license-usage.handler.js';
import { LicenseUsageController } from './license-usage.controller.js';
import { UsableFeatures } from './usable-features.js';
import { UsageChanger } from './usage-changer.js';
import { UsageChanges } from './usage-changes.js';
import { UsageRepository } from './usage.repository.js';

@Module({
  imports: [LicensingModule],
  controllers: [LicenseUsageController],
  providers: [
    UsageRepository,
    UsageChanges,
    UsageChanger,
    UsableFeatures,
    FindUsageAsOfHandler,
    ConsumeUsageHandler,
    ReleaseUsageHandler,
    CorrectUsageHandler,
    GetLicenseUsageHandler,
  ],
})
export class UsageModule {}
