import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { LicenseKeyRevealedEvent } from '../events/license-key-revealed.event.js';
import { LicenseNotFoundError } from '../license.errors.js';
import { LicenseRepository } from '../license.repository.js';
import { LicenseKeyRepository } from './license-key.repository.js';
import { RevealLicenseKeyCommand } from './reveal-license-key.command.js';

@CommandHandler(RevealLicenseKeyCommand)
export class RevealLicenseKeyHandler implements ICommandHandler<RevealLicenseKeyCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly keys: LicenseKeyRepository,
    private readonly clock: Clock,
  ) {}

  /** The license key is returned only after the event is committed. */
  execute(command: RevealLicenseKeyCommand) {
    const { actor, licenseId } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const license = await this.licenses.find(actor.tenantId, licenseId);
      if (!license) throw new LicenseNotFoundError(licenseId);
      license.assertVersion(command.options.ifMatch);
      transaction.record(new LicenseKeyRevealedEvent(actor, this.clock.now(), license));
      return { license_id: licenseId, license_key: await this.keys.findCurrent(transaction, license) };
    });
  }
}
