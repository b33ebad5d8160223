import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { periodStart } from '../entitlement.js';
import { UsageCorrectedEvent } from '../events/usage-corrected.event.js';
import { FeatureUnavailableError } from '../usage.errors.js';
import { UsageRepository } from '../usage.repository.js';
import { toPeriodUsageResponse } from '../usage.response.js';
import { CorrectUsageCommand } from './correct-usage.command.js';

@CommandHandler(CorrectUsageCommand)
export class CorrectUsageHandler implements ICommandHandler<CorrectUsageCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly usages: UsageRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: CorrectUsageCommand) {
    const { actor, licenseId, request } = command;
    const { feature_id: featureId, used, reason } = request;
    return this.unitOfWork.perform(command, async (transaction) => {
      const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
      if (!license) throw new LicenseNotFoundError(licenseId);
      const now = this.clock.now();
      const feature = license.features.find(({ feature_id }) => feature_id === featureId);
      const current = feature && periodStart(feature, now);
      const start = request.period_start === undefined ? current : new Date(request.period_start);
      if (!start) throw new FeatureUnavailableError(featureId, 'is not part of the license');
      const key = { licenseId, featureId, periodStart: start };
      // A period that is over is corrected, but never begun.
      const isCurrent = current?.getTime() === start.getTime();
      const before = await this.usages.lock(transaction, key, isCurrent ? now : undefined);
      if (before === undefined)
        throw new InvalidFieldError('/period_start', 'must be the start of a period with usage');
      if (before.used !== used) {
        this.usages.correct(transaction, key, used, now);
        const correction = { featureId, periodStart: start, before: before.used, after: used };
        transaction.record(new UsageCorrectedEvent(actor, now, license, correction, reason));
      }
      const updated_at = before.used === used ? before.updated_at : now;
      return toPeriodUsageResponse(license, { ...before, used, updated_at }, now);
    });
  }
}
