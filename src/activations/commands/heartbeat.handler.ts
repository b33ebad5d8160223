import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, leaseEnd, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/events/transaction.js';
import { UnitOfWork } from '../../shared/events/unit-of-work.js';
import { toActivationResponse } from '../activation.dto.js';
import { ActivationNotFoundError, HeartbeatExpiredError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { HeartbeatCommand } from './heartbeat.command.js';

@CommandHandler(HeartbeatCommand)
export class HeartbeatHandler implements ICommandHandler<HeartbeatCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly activations: ActivationRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: HeartbeatCommand) {
    return this.unitOfWork.perform(command, (transaction) => this.renew(transaction, command));
  }

  /** The seat is renewed by one statement that finds it alive, or not at all: it takes none, so it needs no lock. */
  private async renew(transaction: Transaction, { actor, licenseId, fingerprint }: HeartbeatCommand) {
    const now = this.clock.now();
    const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
    if (!license) throw new LicenseNotFoundError(licenseId);
    license.after('heartbeat', now);
    const renewed = await this.activations.renew(transaction, licenseId, fingerprint, now, leaseEnd(license, now));
    const activation = await this.activations.findDevice(actor.tenantId, licenseId, fingerprint);
    if (!activation) throw new ActivationNotFoundError();
    if (!renewed) throw new HeartbeatExpiredError();
    return toActivationResponse(activation, now);
  }
}
