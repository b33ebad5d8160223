import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { UsageNotHeldError } from '../usage.errors.js';
import { entitlementOf } from '../entitlement.js';
import { UsableFeatures } from '../usable-features.js';
import { UsageRepository } from '../usage.repository.js';
import { ReleaseUsageCommand } from './release-usage.command.js';

@CommandHandler(ReleaseUsageCommand)
export class ReleaseUsageHandler implements ICommandHandler<ReleaseUsageCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly features: UsableFeatures,
    private readonly usages: UsageRepository,
  ) {}

  execute(command: ReleaseUsageCommand) {
    const { actor, licenseId, featureAmount } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const { license, feature, now } = await this.features.find(actor, licenseId, featureAmount.feature_id);
      const used = await this.usages.release(transaction, { licenseId, feature, amount: featureAmount.amount, now });
      if (used === undefined) {
        throw new UsageNotHeldError(
          featureAmount.feature_id,
          (await this.usages.read(actor.tenantId, license, now)).get(featureAmount.feature_id) ?? 0,
        );
      }
      return { license_id: licenseId, entitlement: entitlementOf(feature, used, now) };
    });
  }
}
