import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { leaseEnd, maxActivationsOf } from '../../licensing/index.js';
import { Clock } from '../../shared/clock.js';
import type { IntegrationEvent } from '../../shared/events/integration-event.js';
import type { Transaction } from '../../shared/events/transaction.js';
import { UnitOfWork } from '../../shared/events/unit-of-work.js';
import { toActivationResponse } from '../activation.dto.js';
import { Activation, type Grant } from '../activation.entity.js';
import { ActivationLimitReachedError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { ActivationChangedEvent, LicenseActivatedEvent } from '../events/activation.events.js';
import { Refusals } from '../refusals.js';
import { SeatKeeper } from '../seat-keeper.js';
import { ActivateDeviceCommand } from './activate-device.command.js';

@CommandHandler(ActivateDeviceCommand)
export class ActivateDeviceHandler implements ICommandHandler<ActivateDeviceCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keeper: SeatKeeper,
    private readonly activations: ActivationRepository,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  /** A refusal is rolled back, and then told of by itself. */
  async execute(command: ActivateDeviceCommand) {
    const { actor, licenseId, device } = command;
    try {
      return await this.keeper.inTurn(actor, licenseId, () =>
        this.unitOfWork.perform(command, (transaction) => this.activate(transaction, command)),
      );
    } catch (error) {
      if (error instanceof ActivationLimitReachedError)
        await this.refusals.note(actor, licenseId, device.fingerprint, error.seats, this.clock.now());
      throw error;
    }
  }

  private async activate(transaction: Transaction, command: ActivateDeviceCommand) {
    const { actor, licenseId, device, lendUntil } = command;
    const locked = await this.keeper.lock(transaction, licenseId, device);
    const { license, now, toleranceMs } = locked;
    license.after('activate', now);
    const { known, inUse } = await this.keeper.seatFor(transaction, actor, locked, device);
    const grant: Grant = {
      tenantId: actor.tenantId,
      licenseId,
      now,
      ipAddress: command.options.ipAddress ?? null,
      leaseExpiresAt: lendUntil ? (known ? known.leaseExpiresAt : lendUntil) : leaseEnd(license, now),
      toleranceMs,
      lentUntil: lendUntil,
    };
    const seats = { inUse, max: maxActivationsOf(license) };
    const record = (event: IntegrationEvent) => {
      this.keeper.record(transaction, actor, license, event);
    };
    if (known) {
      const before = { userId: known.userId, units: known.units };
      known.seen(device, grant);
      await this.activations.update(known);
      if (before.userId !== known.userId || before.units !== known.units)
        record(new ActivationChangedEvent(actor, now, known, before, seats, device.reason));
      return toActivationResponse(known, now);
    }
    const activation = Activation.begin(device, grant);
    activation.activationId = command.options.activationId ?? activation.activationId;
    await this.activations.insert(activation);
    record(new LicenseActivatedEvent(actor, now, activation, seats, device.reason));
    return toActivationResponse(activation, now);
  }
}
