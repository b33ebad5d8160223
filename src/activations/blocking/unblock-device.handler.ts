import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseLock, LicenseNotFoundError } from '../../licensing/index.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { DeviceUnblockedEvent } from '../events/blocked-device.events.js';
import { SeatAllocator } from '../seat-allocator.js';
import { BlockedDeviceNotFoundError } from './blocked-device.errors.js';
import { BlockedDeviceRepository } from './blocked-device.repository.js';
import { toBlockedDeviceResponse } from './blocked-device.response.js';
import { UnblockDeviceCommand } from './unblock-device.command.js';

@CommandHandler(UnblockDeviceCommand)
export class UnblockDeviceHandler implements ICommandHandler<UnblockDeviceCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly allocator: SeatAllocator,
    private readonly licenseLock: LicenseLock,
    private readonly blockedDevices: BlockedDeviceRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: UnblockDeviceCommand) {
    return this.unitOfWork.perform(command, (transaction) => this.unblock(transaction, command));
  }

  private async unblock(
    transaction: Transaction,
    { actor, licenseId, blockedDeviceId, request }: UnblockDeviceCommand,
  ) {
    const license = await this.licenseLock.acquire(actor.tenantId, licenseId);
    if (!license) throw new LicenseNotFoundError(licenseId);
    const blocked = await this.blockedDevices.find(actor.tenantId, blockedDeviceId);
    if (blocked?.licenseId !== licenseId || blocked.endedAt) throw new BlockedDeviceNotFoundError(blockedDeviceId);
    const now = this.clock.now();
    this.blockedDevices.end(transaction, blocked, now);
    this.licenseLock.setBlockedDevices(transaction, license, license.blockedDevices - 1);
    this.allocator.record(transaction, actor, license, new DeviceUnblockedEvent(actor, now, blocked, request.reason));
    return toBlockedDeviceResponse(blocked);
  }
}
