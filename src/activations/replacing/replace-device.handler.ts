import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { maxActivationsOf } from '../../licensing/index.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { ActivationRefusals } from '../activation-refusals.js';
import { ActivationLimitReachedError, ActivationNotFoundError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { toActivationResponse } from '../activation.response.js';
import { DeviceBlockedError } from '../blocking/blocked-device.errors.js';
import { ActivateDeviceCommand } from '../commands/activate-device.command.js';
import { DeactivationCounter } from '../deactivation-counter.js';
import { LicenseDeactivatedEvent } from '../events/activation.events.js';
import type { LockedLicense } from '../locked-license.js';
import { SeatAllocator } from '../seat-allocator.js';
import type { OtherActivations } from '../seat-decision.js';
import { seatsInUse } from '../seats.js';
import { ReplaceDeviceCommand } from './replace-device.command.js';
import { ReplacementTokenInvalidError } from './replacement.errors.js';
import { ReplacementTokens } from './replacement-tokens.js';

@CommandHandler(ReplaceDeviceCommand)
export class ReplaceDeviceHandler implements ICommandHandler<ReplaceDeviceCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly allocator: SeatAllocator,
    private readonly activations: ActivationRepository,
    private readonly refusals: ActivationRefusals,
    private readonly deactivations: DeactivationCounter,
    private readonly tokens: ReplacementTokens,
    private readonly clock: Clock,
  ) {}

  /** Replaces the device. A refusal rolls back, so it is recorded afterwards in a transaction of its own. */
  async execute(command: ReplaceDeviceCommand) {
    const { actor, licenseId, device } = command;
    try {
      return await this.allocator.serialize(actor, licenseId, () =>
        this.unitOfWork.perform(command, (transaction) => this.replace(transaction, command)),
      );
    } catch (error) {
      const now = this.clock.now();
      const refusal = error instanceof ActivationLimitReachedError ? await this.asStored(error, command, now) : error;
      throw await this.refusals.report(actor, licenseId, device.fingerprint, refusal, now);
    }
  }

  /** Returns the refusal with the way to a seat by the devices that are stored, the one that was not replaced included. */
  private async asStored(
    { seats, refused }: ActivationLimitReachedError,
    { actor, device: { fingerprint } }: ReplaceDeviceCommand,
    now: Date,
  ) {
    const { license, missing } = refused;
    const { deactivateCount, heldUntil } = await this.unitOfWork.read(actor.tenantId, (transaction) =>
      this.activations.release(transaction, license, fingerprint, missing, now),
    );
    return new ActivationLimitReachedError({ ...seats, deactivateCount, heldUntil }, refused);
  }

  private async replace(transaction: Transaction, command: ReplaceDeviceCommand) {
    const { actor, licenseId, device, options } = command;
    const locked = await this.allocator.lock(transaction, licenseId, device);
    const { license, now } = locked;
    license.assertCan('activate', now);
    if (locked.isBlocked) throw new DeviceBlockedError();
    // A repeated request, whose first response was lost, finds the device activated.
    if (locked.device?.statusAt(now) === 'ACTIVE') return toActivationResponse(locked.device, now);
    this.assertToken(command, locked);
    const others = await this.end(transaction, command, locked);
    const { ipAddress } = options;
    const from = {
      locked: { ...locked, others, stored: locked.others },
      ...(ipAddress !== undefined && { ipAddress }),
    };
    return this.commands.execute(new ActivateDeviceCommand(actor, licenseId, device, from));
  }

  private assertToken(
    { actor, device, replacement }: ReplaceDeviceCommand,
    { license, device: last, now }: LockedLicense,
  ) {
    const refused = {
      tenantId: actor.tenantId,
      licenseId: license.licenseId,
      fingerprint: device.fingerprint,
      lastActivationId: last?.activationId ?? null,
    };
    if (!license.selfServiceReplacement || !this.tokens.isValid(replacement.replacement_token, refused, now))
      throw new ReplacementTokenInvalidError();
  }

  /**
   * Ends the activation of the other device, and counts those that remain. One that has ended meanwhile is no deactivation: its seat may
   * still be free.
   */
  private async end(
    transaction: Transaction,
    { actor, licenseId, device, replacement }: ReplaceDeviceCommand,
    { license, now, others }: LockedLicense,
  ): Promise<OtherActivations> {
    const replaced = await this.activations.findForUpdate(actor.tenantId, replacement.activation_id);
    if (replaced?.licenseId !== licenseId) throw new ActivationNotFoundError('fix_request');
    if (!replaced.end(now)) return others;
    await this.activations.update(replaced);
    const left = await this.activations.countOthers(transaction, licenseId, device);
    const seats = { inUse: seatsInUse(license, left), max: maxActivationsOf(license) };
    this.deactivations.count(transaction, actor, license, now);
    const ended = new LicenseDeactivatedEvent(actor, now, replaced, seats, 'REPLACED');
    this.allocator.record(transaction, actor, license, ended);
    return left;
  }
}
