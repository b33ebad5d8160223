import { Module } from '@nestjs/common';
import { ActivationsModule } from '../activations/index.js';
import { LicensingModule } from '../licensing/index.js';
import { CheckOutController } from './check-out.controller.js';
import { CheckOutLicenseHandler } from './commands/check-out-license.handler.js';
import { PublishRevocationListHandler } from './commands/publish-revocation-list.handler.js';
import { LicenseListedHandler } from './events/license-listed.handler.js';
import { GetRevocationListHandler } from './queries/get-revocation-list.handler.js';
import { LicenseFilesController } from './license-files.controller.js';
import { ListLicenseFilesHandler } from './queries/list-license-files.handler.js';
import { RevocationListController } from './revocation-list.controller.js';
import { RevocationListRepository } from './revocation-list.repository.js';
import { RevocationListPublisher } from './revocation-list-publisher.js';

@Module({
  imports: [ActivationsModule, LicensingModule],
  controllers: [CheckOutController, LicenseFilesController, RevocationListController],
  providers: [
    RevocationListRepository,
    RevocationListPublisher,
    CheckOutLicenseHandler,
    PublishRevocationListHandler,
    GetRevocationListHandler,
    ListLicenseFilesHandler,
    LicenseListedHandler,
  ],
})
export class OfflineModule {}
