import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseLock } from '../../licensing/index.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ActivationRepository } from '../activation.repository.js';
import { DeviceBlockedEvent } from '../events/blocked-device.events.js';
import { SeatAllocator } from '../seat-allocator.js';
import { BlockDeviceCommand } from './block-device.command.js';
import { BlockedDevice } from './blocked-device.entity.js';
import { BlockedDeviceRepository } from './blocked-device.repository.js';
import { toBlockedDeviceResponse } from './blocked-device.response.js';

@CommandHandler(BlockDeviceCommand)
export class BlockDeviceHandler implements ICommandHandler<BlockDeviceCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly allocator: SeatAllocator,
    private readonly licenseLock: LicenseLock,
    private readonly activations: ActivationRepository,
    private readonly blockedDevices: BlockedDeviceRepository,
  ) {}

  execute(command: BlockDeviceCommand) {
    return this.allocator.serialize(command.actor, command.licenseId, () =>
      this.unitOfWork.perform(command, (transaction) => this.block(transaction, command)),
    );
  }

  /** Blocks under the lock of the license, which every later grant of a seat takes or finds changed. */
  private async block(transaction: Transaction, { actor, licenseId, request, options }: BlockDeviceCommand) {
    const { fingerprint, reason } = request;
    const locked = await this.allocator.lock(transaction, licenseId, { fingerprint });
    const { license, now } = locked;
    const known = locked.isBlocked && (await this.blockedDevices.findBlock(actor.tenantId, licenseId, fingerprint));
    if (known) return toBlockedDeviceResponse(known);
    const filesUntil = await this.activations.filesUntil(transaction, licenseId, fingerprint, now);
    const blocked = BlockedDevice.create(license, fingerprint, reason, filesUntil, now);
    blocked.blockedDeviceId = options.blockedDeviceId ?? blocked.blockedDeviceId;
    this.allocator.freeSeat(transaction, actor, locked, 'BLOCKED', reason);
    this.blockedDevices.add(transaction, blocked);
    this.licenseLock.setBlockedDevices(transaction, license, license.blockedDevices + 1);
    this.allocator.record(transaction, actor, license, new DeviceBlockedEvent(actor, now, blocked, reason));
    return toBlockedDeviceResponse(blocked);
  }
}
