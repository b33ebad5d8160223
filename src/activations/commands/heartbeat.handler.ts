import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ActivationNotFoundError, DeviceNotActivatedError, HeartbeatExpiredError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { HeartbeatCommand } from './heartbeat.command.js';
import { toActivationResponse } from '../activation.response.js';

@CommandHandler(HeartbeatCommand)
export class HeartbeatHandler implements ICommandHandler<HeartbeatCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly activations: ActivationRepository,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  execute(command: HeartbeatCommand) {
    return this.unitOfWork.perform(command, (transaction) => this.renew(transaction, command));
  }

  /** Extends the lease if the seat is live. No lock of the license is needed, because no seat is taken. */
  private async renew(transaction: Transaction, { actor, licenseId, fingerprint, options }: HeartbeatCommand) {
    const now = this.clock.now();
    const license = options.license ?? (await this.queries.execute(new FindLicenseQuery(actor, licenseId)));
    if (!license) throw new LicenseNotFoundError(licenseId);
    license.assertCan('heartbeat', now);
    const { toleranceMs } = this.databaseClock;
    const [latest, renewed] = await this.activations.renewLease(transaction, license, fingerprint, now, toleranceMs);
    if (renewed) return toActivationResponse(renewed, now);
    if (!latest) throw new ActivationNotFoundError();
    throw latest.status === 'DEACTIVATED' ? new DeviceNotActivatedError() : new HeartbeatExpiredError();
  }
}
