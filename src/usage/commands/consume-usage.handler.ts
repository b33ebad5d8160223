import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UsageExceededError, UsageRefusal } from '../usage.errors.js';
import { periodEnd, usageLimit } from '../entitlement.js';
import { UsageChanger } from '../usage-changer.js';
import { UsageRepository } from '../usage.repository.js';
import { ConsumeUsageCommand } from './consume-usage.command.js';

@CommandHandler(ConsumeUsageCommand)
export class ConsumeUsageHandler implements ICommandHandler<ConsumeUsageCommand> {
  constructor(
    private readonly changer: UsageChanger,
    private readonly usages: UsageRepository,
  ) {}

  /** Reads the usage for a refusal after the unit of work, which sends COMMIT together with its change. */
  async execute(command: ConsumeUsageCommand) {
    try {
      return await this.changer.change(command, command.featureAmount.amount);
    } catch (error) {
      if (!(error instanceof UsageRefusal)) throw error;
      const { feature, now } = error.usable;
      const before = await this.usages.readOne(error.usable);
      throw new UsageExceededError(feature.feature_id, before, usageLimit(feature), periodEnd(feature, now));
    }
  }
}
