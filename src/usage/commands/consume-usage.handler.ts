import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { UsageExceededError } from '../usage.errors.js';
import { entitlementOf, periodEnd } from '../entitlement.js';
import { UsableFeatures } from '../usable-features.js';
import { UsageRepository } from '../usage.repository.js';
import { ConsumeUsageCommand } from './consume-usage.command.js';

@CommandHandler(ConsumeUsageCommand)
export class ConsumeUsageHandler implements ICommandHandler<ConsumeUsageCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly features: UsableFeatures,
    private readonly usages: UsageRepository,
  ) {}

  execute(command: ConsumeUsageCommand) {
    const { actor, licenseId, featureAmount } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const { license, feature, now } = await this.features.find(actor, licenseId, featureAmount.feature_id);
      const limit = feature.limit_value ?? Number.MAX_SAFE_INTEGER;
      const change = { licenseId, feature, amount: featureAmount.amount, now };
      const used = await this.usages.consume(transaction, change, limit);
      if (used === undefined) {
        const before = (await this.usages.read(actor.tenantId, license, now)).get(featureAmount.feature_id) ?? 0;
        throw new UsageExceededError(featureAmount.feature_id, before, limit, periodEnd(feature, now));
      }
      return { license_id: licenseId, entitlement: entitlementOf(feature, used, now) };
    });
  }
}
