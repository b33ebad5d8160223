import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseLock } from '../../licensing/index.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ActivationRepository } from '../activation.repository.js';
import { ActivationsResetEvent } from '../events/activation.events.js';
import { NO_DEVICE, SeatAllocator } from '../seat-allocator.js';
import { seatsInUse } from '../seats.js';
import { ResetActivationsCommand } from './reset-activations.command.js';

@CommandHandler(ResetActivationsCommand)
export class ResetActivationsHandler implements ICommandHandler<ResetActivationsCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly allocator: SeatAllocator,
    private readonly licenseLock: LicenseLock,
    private readonly activations: ActivationRepository,
  ) {}

  execute(command: ResetActivationsCommand) {
    return this.allocator.serialize(command.actor, command.licenseId, () =>
      this.unitOfWork.perform(command, (transaction) => this.reset(transaction, command)),
    );
  }

  private async reset(transaction: Transaction, { actor, licenseId, reason }: ResetActivationsCommand) {
    const { license, now, others } = await this.allocator.lock(transaction, licenseId, NO_DEVICE);
    const { ended, held, heldUntil } = await this.activations.endAll(transaction, licenseId, now);
    const left = ended > 0 ? await this.activations.countOthers(transaction, licenseId, NO_DEVICE) : others;
    const [before, after] = [seatsInUse(license, others), seatsInUse(license, left)];
    this.licenseLock.setSeatsInUse(transaction, license, after);
    if (ended > 0) {
      const event = new ActivationsResetEvent(actor, now, license, { ended, held, before, after }, reason);
      this.allocator.record(transaction, actor, license, event);
    }
    return {
      license_id: licenseId,
      deactivated: ended,
      held,
      held_until: heldUntil?.toISOString() ?? null,
      current_activations: after,
    };
  }
}
