import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  ActivateDeviceCommand,
  ActivationRefusals,
  SeatAllocator,
  type LockedLicense,
  seatLimit,
} from '../../activations/index.js';
import { LicenseLock, LicenseNotFoundError, type License } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { SignDocumentCommand } from '../../signing/index.js';
import { LicenseCheckedOutEvent } from '../events/license-checked-out.event.js';
import { licenseFileContent, fileValidity } from '../license-file.js';
import { CheckOutLicenseCommand } from './check-out-license.command.js';
import type { Validity } from '../license-file-validity.js';
import { toLicenseFileResponse } from '../license-file.response.js';

@CommandHandler(CheckOutLicenseCommand)
export class CheckOutLicenseHandler implements ICommandHandler<CheckOutLicenseCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly allocator: SeatAllocator,
    private readonly refusals: ActivationRefusals,
    private readonly licenseLock: LicenseLock,
    private readonly clock: Clock,
  ) {}

  /** Rolls a refusal back and records its event in a transaction of its own. */
  async execute(command: CheckOutLicenseCommand) {
    const { actor, licenseId, request } = command;
    try {
      return await this.allocator.serialize(actor, licenseId, () =>
        this.unitOfWork.perform(command, (transaction) => this.checkOut(transaction, command)),
      );
    } catch (error) {
      throw await this.refusals.report(actor, licenseId, request.fingerprint, error, this.clock.now());
    }
  }

  /** Signs under the lock of the license, so that no file appears after a concurrent suspension or revocation. */
  private async checkOut(transaction: Transaction, command: CheckOutLicenseCommand) {
    const { actor, licenseId, request } = command;
    const { fingerprint, user_id } = request;
    const locked =
      fingerprint === undefined
        ? undefined
        : await this.allocator.lock(transaction, licenseId, { fingerprint, user_id });
    const license = locked?.license ?? (await this.licenseLock.acquire(actor.tenantId, licenseId));
    if (!license) throw new LicenseNotFoundError(licenseId);
    const now = locked?.now ?? this.clock.now();
    license.assertCan('check-out', now);
    await this.licenseLock.start(transaction, license, actor, now);
    const validity = fileValidity(license.expiryAt(now), request.ttl_seconds, license.fileTtlMaxSeconds, now);
    const activationId = await this.holdSeat(command, license, locked, validity);
    const { issuedAt, expiresAt } = validity;
    const change = this.licenseLock.recordFile(transaction, license, expiresAt);
    const content = licenseFileContent(license, request, activationId, validity);
    const { kid, text } = await this.commands.execute(
      new SignDocumentCommand(actor, { type: 'license', issuedAt, expiresAt, content }),
    );
    const { reason } = request;
    const file = { kid, activationId, fingerprint };
    const event = new LicenseCheckedOutEvent(actor, license, file, validity, change, reason);
    this.allocator.record(transaction, actor, license, event);
    return toLicenseFileResponse({ license, activationId, kid, text }, validity);
  }

  private async holdSeat(
    { actor, request, options }: CheckOutLicenseCommand,
    license: License,
    locked: LockedLicense | undefined,
    { expiresAt }: Validity,
  ) {
    const { fingerprint, user_id, units, name, hostname, platform, version, metadata, reason } = request;
    if (fingerprint === undefined || !locked) {
      if (seatLimit(license) !== null)
        throw new InvalidFieldError('/fingerprint', 'is required: this license counts seats');
      // A file for any device would be one for a blocked device.
      if (license.blockedDevices > 0)
        throw new InvalidFieldError('/fingerprint', 'is required: a device of this license is blocked');
      return null;
    }
    const about = { user_id, units, name, hostname, platform, version, metadata, reason };
    const device = { ...about, fingerprint, activation_type: 'OFFLINE' as const };
    const from = { locked, ...(options.ipAddress !== undefined && { ipAddress: options.ipAddress }) };
    const activate = new ActivateDeviceCommand(actor, license.licenseId, device, from, expiresAt);
    return (await this.commands.execute(activate)).activation_id;
  }
}
