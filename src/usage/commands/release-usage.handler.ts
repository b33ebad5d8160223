import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { UsageNotHeldError, UsageRefusal } from '../usage.errors.js';
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

  /** Reads the usage for a refusal after the unit of work, which sends COMMIT together with its change. */
  async execute(command: ReleaseUsageCommand) {
    try {
      return await this.unitOfWork.perform(command, (transaction) => this.release(transaction, command));
    } catch (error) {
      if (!(error instanceof UsageRefusal)) throw error;
      throw new UsageNotHeldError(error.usable.feature.feature_id, await this.usages.readOne(error.usable));
    }
  }

  private async release(transaction: Transaction, command: ReleaseUsageCommand) {
    const usable = await this.features.find(command);
    const { feature, now } = usable;
    const { licenseId, featureAmount } = command;
    const change = { licenseId, feature, amount: featureAmount.amount, now };
    const used = await this.usages.release(transaction, change);
    if (used === undefined) throw new UsageRefusal(usable);
    return { license_id: licenseId, entitlement: entitlementOf(feature, used, now) };
  }
}
