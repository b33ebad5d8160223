import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { leaseEnd, LicenseChangedError, maxActivationsOf } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Activation, type SeatGrant } from '../activation.entity.js';
import { ActivationLimitReachedError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { ActivationChangedEvent, LicenseActivatedEvent } from '../events/activation.events.js';
import { ActivationRefusals } from '../activation-refusals.js';
import type { LockedLicense } from '../locked-license.js';
import { SeatAllocator } from '../seat-allocator.js';
import { ActivateDeviceCommand } from './activate-device.command.js';
import { toActivationResponse } from '../activation.response.js';

@CommandHandler(ActivateDeviceCommand)
export class ActivateDeviceHandler implements ICommandHandler<ActivateDeviceCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly allocator: SeatAllocator,
    private readonly activations: ActivationRepository,
    private readonly refusals: ActivationRefusals,
    private readonly clock: Clock,
  ) {}

  /** Activates the device. A refusal rolls back, so it is recorded afterwards in a transaction of its own. */
  async execute(command: ActivateDeviceCommand) {
    const { actor, licenseId, device } = command;
    try {
      return await this.allocator.serialize(actor, licenseId, () => this.activateInTurn(command));
    } catch (error) {
      if (error instanceof ActivationLimitReachedError)
        await this.refusals.record(actor, licenseId, device.fingerprint, error.seats, this.clock.now());
      throw error;
    }
  }

  /** Activates by what was read before, and with a lock if the license has changed since or more than its row must be known. */
  private async activateInTurn(command: ActivateDeviceCommand) {
    const { licenseId, device, options, holdUntil } = command;
    const isPlain = options.idempotencyKey === undefined && holdUntil === null;
    const assumed = isPlain ? this.allocator.assumeLocked(options.unlocked) : undefined;
    if (assumed) {
      try {
        return await this.unitOfWork.perform(command, (transaction) => this.activate(transaction, command, assumed));
      } catch (error) {
        if (!(error instanceof LicenseChangedError)) throw error;
      }
    }
    return this.unitOfWork.perform(command, async (transaction) => {
      const locked = options.locked ?? (await this.allocator.lock(transaction, licenseId, device));
      return this.activate(transaction, command, locked);
    });
  }

  private async activate(transaction: Transaction, command: ActivateDeviceCommand, locked: LockedLicense) {
    const { actor, licenseId, device, holdUntil } = command;
    const { license, now, toleranceMs } = locked;
    license.assertCan('activate', now);
    const { known, inUse } = await this.allocator.takeSeat(transaction, actor, locked, device);
    const grant: SeatGrant = {
      tenantId: actor.tenantId,
      licenseId,
      now,
      ipAddress: command.options.ipAddress ?? null,
      leaseExpiresAt: holdUntil ? (known ? known.leaseExpiresAt : holdUntil) : leaseEnd(license, now),
      toleranceMs,
      lentUntil: holdUntil,
    };
    const seats = { inUse, max: maxActivationsOf(license) };
    const record = (event: IntegrationEvent) => {
      this.allocator.record(transaction, actor, license, event);
    };
    if (known) {
      const before = { userId: known.userId, units: known.units };
      known.updateFrom(device, grant);
      this.activations.put(transaction, known);
      if (before.userId !== known.userId || before.units !== known.units)
        record(new ActivationChangedEvent(actor, now, known, before, seats, device.reason));
      return toActivationResponse(known, now);
    }
    const activation = Activation.create(device, grant);
    activation.activationId = command.options.activationId ?? activation.activationId;
    this.activations.add(transaction, activation);
    record(new LicenseActivatedEvent(actor, now, activation, seats, device.reason));
    transaction.finish();
    return toActivationResponse(activation, now);
  }
}
