import { Module } from '@nestjs/common';
import { ConsumeUsageHandler } from './commands/consume-usage.handler.js';
import { ReleaseUsageHandler } from './commands/release-usage.handler.js';
import { FindUsageAsOfHandler } from './queries/find-usage-as-of.handler.js';
import { FindUsageHandler } from './queries/find-usage.handler.js';
import { GetEntitlementsHandler } from './queries/get-entitlements.handler.js';
import { UsableFeatures } from './usable-features.js';
import { UsageRepository } from './usage.repository.js';

@Module({
  providers: [
    UsageRepository,
    UsableFeatures,
    FindUsageHandler,
    FindUsageAsOfHandler,
    GetEntitlementsHandler,
    ConsumeUsageHandler,
    ReleaseUsageHandler,
  ],
})
export class UsageModule {}
