import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UsageNotHeldError, UsageRefusal } from '../usage.errors.js';
import { UsageChanger } from '../usage-changer.js';
import { UsageRepository } from '../usage.repository.js';
import { ReleaseUsageCommand } from './release-usage.command.js';

@CommandHandler(ReleaseUsageCommand)
export class ReleaseUsageHandler implements ICommandHandler<ReleaseUsageCommand> {
  constructor(
    private readonly changer: UsageChanger,
    private readonly usages: UsageRepository,
  ) {}

  /** Reads the usage for a refusal after the unit of work, which sends COMMIT together with its change. */
  async execute(command: ReleaseUsageCommand) {
    try {
      return await this.changer.change(command, -command.featureAmount.amount);
    } catch (error) {
      if (!(error instanceof UsageRefusal)) throw error;
      throw new UsageNotHeldError(error.usable.feature.feature_id, await this.usages.readOne(error.usable));
    }
  }
}
