import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseKeyRotatedEvent } from '../events/license-action.events.js';
import { LicenseActions } from '../lifecycle/license-actions.js';
import { LicenseKeyRotation } from './license-key-rotation.js';
import { RotateLicenseKeyCommand } from './rotate-license-key.command.js';

@CommandHandler(RotateLicenseKeyCommand)
export class RotateLicenseKeyHandler implements ICommandHandler<RotateLicenseKeyCommand> {
  constructor(
    private readonly actions: LicenseActions,
    private readonly rotation: LicenseKeyRotation,
  ) {}

  execute(command: RotateLicenseKeyCommand) {
    const { actor, request } = command;
    return this.actions.run(command, async (license, now, extend) => {
      const rotated = await this.rotation.rotate(license, now, request.overlap_seconds);
      extend(rotated.members);
      return rotated.change && new LicenseKeyRotatedEvent(actor, now, license, rotated.change, request.reason);
    });
  }
}
