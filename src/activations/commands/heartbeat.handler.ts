import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, leaseEnd, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import { hydrate } from '../../shared/hydrate.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Activation } from '../activation.entity.js';
import { ActivationNotFoundError, DeviceNotActivatedError, HeartbeatExpiredError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { DeviceBlockedError } from '../blocking/blocked-device.errors.js';
import { BlockedDeviceRepository } from '../blocking/blocked-device.repository.js';
import { Heartbeats } from '../heartbeats.js';
import { HeartbeatCommand } from './heartbeat.command.js';
import { toActivationResponse } from '../activation.response.js';

/** Refusals of a device that has no seat. */
const WITHOUT_SEAT = [ActivationNotFoundError, DeviceNotActivatedError, HeartbeatExpiredError];

@CommandHandler(HeartbeatCommand)
export class HeartbeatHandler implements ICommandHandler<HeartbeatCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly activations: ActivationRepository,
    private readonly blockedDevices: BlockedDeviceRepository,
    private readonly heartbeats: Heartbeats,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  async execute(command: HeartbeatCommand) {
    try {
      return (
        (await this.renewUnlocked(command)) ??
        (await this.unitOfWork.perform(command, (transaction) => this.renew(transaction, command)))
      );
    } catch (error) {
      throw (await this.isBlocked(command, error)) ? new DeviceBlockedError() : error;
    }
  }

  /** Looks for a block only after a refusal for lack of a seat, because a blocked device has none. */
  private async isBlocked({ actor, licenseId, fingerprint }: HeartbeatCommand, error: unknown): Promise<boolean> {
    if (!WITHOUT_SEAT.some((refusal) => error instanceof refusal)) return false;
    return (await this.blockedDevices.findBlock(actor.tenantId, licenseId, fingerprint)) !== undefined;
  }

  /** Extends the lease by what was read before. Undefined if more than the rows that were read must be known, or they have changed. */
  private async renewUnlocked({ options }: HeartbeatCommand) {
    const { unlocked, idempotencyKey } = options;
    const device = unlocked?.activation;
    if (!device || idempotencyKey !== undefined || this.unitOfWork.isOpen) return undefined;
    const { license } = unlocked;
    const now = this.clock.now();
    license.assertCan('heartbeat', now);
    if (device.statusAt(now) !== 'ACTIVE' || device.activationType === 'OFFLINE' || device.lentUntil) return undefined;
    // Requests that arrived together share the row that was read.
    const activation = hydrate(Activation, Object.assign({}, device));
    activation.renew(now, leaseEnd(license, now), this.databaseClock.toleranceMs);
    return (await this.heartbeats.store({ license, activation })) ? toActivationResponse(activation, now) : undefined;
  }

  /** Extends the lease if the seat is live. No lock of the license is needed, because no seat is taken. */
  private async renew(transaction: Transaction, { actor, licenseId, fingerprint, options }: HeartbeatCommand) {
    const now = this.clock.now();
    const license = options.unlocked?.license ?? (await this.queries.execute(new FindLicenseQuery(actor, licenseId)));
    if (!license) throw new LicenseNotFoundError(licenseId);
    license.assertCan('heartbeat', now);
    const { toleranceMs } = this.databaseClock;
    const [latest, renewed] = await this.activations.renewLease(transaction, license, fingerprint, now, toleranceMs);
    if (renewed) return toActivationResponse(renewed, now);
    if (!latest) throw new ActivationNotFoundError();
    throw latest.status === 'DEACTIVATED' ? new DeviceNotActivatedError() : new HeartbeatExpiredError();
  }
}
