import { Module } from '@nestjs/common';
import { ActivationsModule } from '../activations/index.js';
import { ClientController } from './client.controller.js';
import { ActivateClientHandler } from './commands/activate-client.handler.js';
import { CheckOutClientHandler } from './commands/check-out-client.handler.js';
import { ConsumeUsageHandler } from './commands/consume-usage.handler.js';
import { ReleaseUsageHandler } from './commands/release-usage.handler.js';
import { CountryLookup } from './country-lookup.js';
import { EvidenceCollector } from './evidence-collector.js';
import { ExplainController } from './explain.controller.js';
import { PastEvidenceCollector } from './past-evidence.js';
import { ExplainLicenseHandler } from './queries/explain-license.handler.js';
import { FindCountryHandler } from './queries/find-country.handler.js';
import { FindUsageAsOfHandler } from './queries/find-usage-as-of.handler.js';
import { FindUsageHandler } from './queries/find-usage.handler.js';
import { GetEntitlementsHandler } from './queries/get-entitlements.handler.js';
import { ValidateLicenseHandler } from './queries/validate-license.handler.js';
import { UsableFeatures } from './usable-features.js';
import { UsageRepository } from './usage.repository.js';

@Module({
  imports: [ActivationsModule],
  controllers: [ClientController, ExplainController],
  providers: [
    CountryLookup,
    EvidenceCollector,
    PastEvidenceCollector,
    UsableFeatures,
    UsageRepository,
    FindCountryHandler,
    FindUsageHandler,
    FindUsageAsOfHandler,
    ValidateLicenseHandler,
    ExplainLicenseHandler,
    GetEntitlementsHandler,
    ActivateClientHandler,
    CheckOutClientHandler,
    ConsumeUsageHandler,
    ReleaseUsageHandler,
  ],
})
export class ClientApiModule {}
