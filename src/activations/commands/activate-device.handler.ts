import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseLock, leaseEnd, maxActivationsOf } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import { hydrate } from '../../shared/hydrate.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Activation, type SeatGrant } from '../activation.entity.js';
import { ActivationRepository } from '../activation.repository.js';
import { DeactivationCounter } from '../deactivation-counter.js';
import { DeviceBlockedError } from '../blocking/blocked-device.errors.js';
import { ActivationChangedEvent, LicenseActivatedEvent } from '../events/activation.events.js';
import { ActivationRefusals } from '../activation-refusals.js';
import { Heartbeats } from '../heartbeats.js';
import type { LockedLicense } from '../locked-license.js';
import { SeatAllocator } from '../seat-allocator.js';
import { decideSeat } from '../seat-decision.js';
import { seatMetric } from '../seats.js';
import { ActivateDeviceCommand } from './activate-device.command.js';
import { toActivationResponse } from '../activation.response.js';

@CommandHandler(ActivateDeviceCommand)
export class ActivateDeviceHandler implements ICommandHandler<ActivateDeviceCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly allocator: SeatAllocator,
    private readonly activations: ActivationRepository,
    private readonly refusals: ActivationRefusals,
    private readonly licenseLock: LicenseLock,
    private readonly deactivations: DeactivationCounter,
    private readonly heartbeats: Heartbeats,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  /** Activates the device. A refusal rolls back, so it is recorded afterwards in a transaction of its own. */
  async execute(command: ActivateDeviceCommand) {
    const { actor, licenseId, device } = command;
    try {
      return (
        (await this.keepSeat(command)) ??
        (await this.allocator.serialize(actor, licenseId, () => this.activateInTurn(command)))
      );
    } catch (error) {
      throw await this.refusals.report(actor, licenseId, device.fingerprint, error, this.clock.now());
    }
  }

  /**
   * Notes, like a heartbeat, that a device with a seat was seen. Undefined if its request changes more than times, or more than the rows that
   * were read must be known, or they have changed.
   */
  private async keepSeat(command: ActivateDeviceCommand) {
    const { options, holdUntil } = command;
    const { unlocked, idempotencyKey } = options;
    const known = unlocked?.activation;
    if (!known || holdUntil || idempotencyKey !== undefined || this.unitOfWork.isOpen) return undefined;
    const { license } = unlocked;
    const now = this.clock.now();
    if (known.statusAt(now) !== 'ACTIVE' || known.lentUntil || license.awaitedStart) return undefined;
    if (seatMetric(license) === 'users' && known.userId === null) return undefined;
    license.assertCan('activate', now);
    // Requests that arrived together share the row that was read.
    const activation = hydrate(Activation, Object.assign({}, known));
    activation.updateFrom(
      command.device,
      grantOf(command, { license, now, toleranceMs: this.databaseClock.toleranceMs }),
    );
    if (!activation.equalsButForTimes(known)) return undefined;
    return (await this.heartbeats.store({ license, activation })) ? toActivationResponse(activation, now) : undefined;
  }

  /** Activates by what was read before, and with a lock if the license has changed since or more than its row must be known. */
  private async activateInTurn(command: ActivateDeviceCommand) {
    return (
      (await this.activateUnlocked(command)) ??
      this.unitOfWork.perform(command, async (transaction) => {
        const { licenseId, device, options } = command;
        const { locked: held, unlocked } = options;
        const locked = held ?? (await this.allocator.lock(transaction, licenseId, device, unlocked?.license));
        return this.activate(transaction, command, locked);
      })
    );
  }

  private async activateUnlocked(command: ActivateDeviceCommand) {
    const assumed = command.holdUntil ? undefined : this.allocator.assumeLocked(command);
    if (!assumed || assumed.device?.status === 'ACTIVE') return undefined;
    const { license, now, others } = assumed;
    license.assertCan('activate', now);
    if (assumed.isBlocked) throw new DeviceBlockedError();
    if (decideSeat(license, others, 1, 0) !== 'GRANT') return undefined;
    const inUse = others.activations + 1;
    const { activation, event } = newActivation(command, assumed, inUse);
    const isStored = await this.allocator.storeUnlocked(command, license, { inUse, activation, event });
    return isStored ? toActivationResponse(activation, now) : undefined;
  }

  private async activate(transaction: Transaction, command: ActivateDeviceCommand, locked: LockedLicense) {
    const { actor, device } = command;
    const { license, now } = locked;
    license.assertCan('activate', now);
    if (locked.isBlocked) throw new DeviceBlockedError();
    await this.licenseLock.start(transaction, license, actor, now);
    const { known, inUse } = await this.allocator.takeSeat(transaction, actor, locked, device);
    if (known) {
      const before = { userId: known.userId, units: known.units };
      known.updateFrom(device, grantOf(command, locked, known));
      // The former user gives up the seat as by a deactivation.
      if (seatMetric(license) === 'users' && before.userId !== null && before.userId !== known.userId)
        this.deactivations.count(transaction, actor, license, now);
      this.activations.put(transaction, known);
      if (before.userId !== known.userId || before.units !== known.units) {
        const seats = { inUse, max: maxActivationsOf(license) };
        const changed = new ActivationChangedEvent(actor, now, known, before, seats, device.reason);
        this.allocator.record(transaction, actor, license, changed);
      }
      return toActivationResponse(known, now);
    }
    const { activation, event } = newActivation(command, locked, inUse);
    this.activations.add(transaction, activation);
    this.allocator.record(transaction, actor, license, event);
    transaction.finish();
    return toActivationResponse(activation, now);
  }
}

function newActivation(command: ActivateDeviceCommand, locked: LockedLicense, inUse: number) {
  const { actor, device, options } = command;
  const activation = Activation.create(device, grantOf(command, locked));
  activation.activationId = options.activationId ?? activation.activationId;
  const seats = { inUse, max: maxActivationsOf(locked.license) };
  return { activation, event: new LicenseActivatedEvent(actor, locked.now, activation, seats, device.reason) };
}

function grantOf(
  { actor, licenseId, options, holdUntil }: ActivateDeviceCommand,
  { license, now, toleranceMs }: Pick<LockedLicense, 'license' | 'now' | 'toleranceMs'>,
  known?: Activation,
): SeatGrant {
  return {
    tenantId: actor.tenantId,
    licenseId,
    now,
    ipAddress: options.ipAddress ?? null,
    leaseExpiresAt: holdUntil ? (known ? known.leaseExpiresAt : holdUntil) : leaseEnd(license, now),
    toleranceMs,
    lentUntil: holdUntil,
  };
}
