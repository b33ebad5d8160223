import { Module } from '@nestjs/common';
import { ActivationsModule } from '../activations/index.js';
import { LicensingModule } from '../licensing/index.js';
import { CheckOutController } from './check-out.controller.js';
import { CheckOutLicenseHandler } from './commands/check-out-license.handler.js';
import { PublishRevocationListHandler } from './commands/publish-revocation-list.handler.js';
import { LicenseListedHandler } from './events/license-listed.handler.js';
import { GetRevocationListHandler } from './queries/get-revocation-list.handler.js';
import { RevocationListController } from './revocation-list.controller.js';
import { RevocationListRepository } from './revocation-list.repository.js';
import { RevocationListPublisher } from './revocation-list-publisher.js';

@Module({
  imports: [ActivationsModule, LicensingModule],
  controllers: [CheckOutController, RevocationListController],
  providers: [
    RevocationListRepository,
    RevocationListPublisher,
    CheckOutLicenseHandler,
    PublishRevocationListHandler,
    GetRevocationListHandler,
    LicenseListedHandler,
  ],
})
export class OfflineModule {}
