import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DeviceReset } from '../../licensing/index.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { SeatAllocator } from '../seat-allocator.js';
import { ResetActivationsCommand } from './reset-activations.command.js';

@CommandHandler(ResetActivationsCommand)
export class ResetActivationsHandler implements ICommandHandler<ResetActivationsCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly allocator: SeatAllocator,
    private readonly devices: DeviceReset,
  ) {}

  execute(command: ResetActivationsCommand) {
    const { actor, licenseId, reason } = command;
    return this.allocator.serialize(actor, licenseId, () =>
      this.unitOfWork.perform(command, async (transaction) => {
        const { devices, seatsInUse, event } = await this.devices.reset(actor, licenseId, reason);
        if (event) transaction.record(event);
        return { license_id: licenseId, ...devices, current_activations: seatsInUse };
      }),
    );
  }
}
