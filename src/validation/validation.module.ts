import { Module } from '@nestjs/common';
import { ActivationsModule } from '../activations/index.js';
import { LicensingModule } from '../licensing/index.js';
import { SigningModule } from '../signing/index.js';
import { CountryLookup } from './country-lookup.js';
import { EvidenceCollector } from './evidence-collector.js';
import { ExplainController } from './explain.controller.js';
import { PastEvidenceCollector } from './past-evidence.js';
import { ExplainLicenseHandler } from './queries/explain-license.handler.js';
import { PreviewController } from './preview.controller.js';
import { FindCountryHandler } from './queries/find-country.handler.js';
import { PreviewLicenseHandler } from './queries/preview-license.handler.js';
import { ValidateLicenseHandler } from './queries/validate-license.handler.js';

@Module({
  imports: [ActivationsModule, LicensingModule, SigningModule],
  controllers: [ExplainController, PreviewController],
  providers: [
    CountryLookup,
    EvidenceCollector,
    PastEvidenceCollector,
    ValidateLicenseHandler,
    ExplainLicenseHandler,
    FindCountryHandler,
    PreviewLicenseHandler,
  ],
  exports: [EvidenceCollector],
})
export class ValidationModule {}
