import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { maxActivationsOf } from '../../licensing/index.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { hydrate } from '../../shared/hydrate.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Activation } from '../activation.entity.js';
import { ActivationNotFoundError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { DeactivationCounter } from '../deactivation-counter.js';
import { LicenseDeactivatedEvent } from '../events/activation.events.js';
import { SeatAllocator } from '../seat-allocator.js';
import { DeactivateDeviceCommand } from './deactivate-device.command.js';
import { toActivationResponse } from '../activation.response.js';

@CommandHandler(DeactivateDeviceCommand)
export class DeactivateDeviceHandler implements ICommandHandler<DeactivateDeviceCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly allocator: SeatAllocator,
    private readonly activations: ActivationRepository,
  ) {}

  execute(command: DeactivateDeviceCommand) {
    const { actor, licenseId } = command;
    return this.allocator.serialize(
      actor,
      licenseId,
      async () =>
        (await this.deactivateUnlocked(command)) ??
        this.unitOfWork.perform(command, (transaction) => this.deactivate(transaction, command)),
    );
  }

  /** Frees the seat by what was read before. Undefined if that needs the lock. */
  private async deactivateUnlocked(command: DeactivateDeviceCommand) {
    const assumed = this.allocator.assumeLocked(command);
    if (!assumed?.device) return undefined;
    const { license, now, others } = assumed;
    if (DeactivationCounter.appliesTo(command.actor, license)) return undefined;
    // Requests that arrived together share the row that was read.
    const activation = hydrate(Activation, Object.assign({}, assumed.device));
    if (!activation.end(now)) return undefined;
    const seats = { inUse: others.activations, max: maxActivationsOf(license) };
    const event = new LicenseDeactivatedEvent(command.actor, now, activation, seats, 'REQUESTED', command.reason);
    const isStored = await this.allocator.storeUnlocked(command, license, { inUse: seats.inUse, activation, event });
    return isStored ? toActivationResponse(activation, now) : undefined;
  }

  private async deactivate(transaction: Transaction, command: DeactivateDeviceCommand) {
    const { actor, licenseId, device, reason, options } = command;
    const selected =
      'activationId' in device ? await this.activations.find(actor.tenantId, device.activationId) : device;
    if (!selected) throw new ActivationNotFoundError('fix_request');
    const { fingerprint } = selected;
    const locked = await this.allocator.lock(transaction, licenseId, { fingerprint }, options.unlocked?.license);
    const { now, device: found } = locked;
    // Without an activation there is nothing to do, so the next action is none.
    if (found?.licenseId !== licenseId) throw new ActivationNotFoundError('none');
    // The named activation may have ended, and a newer one of the device must stay active.
    if ('activationId' in device && found.activationId !== device.activationId) {
      const ended = await this.activations.find(actor.tenantId, device.activationId);
      if (ended?.licenseId !== licenseId) throw new ActivationNotFoundError('fix_request');
      return toActivationResponse(ended, now);
    }
    this.allocator.freeSeat(transaction, actor, locked, 'REQUESTED', reason);
    return toActivationResponse(found, now);
  }
}
