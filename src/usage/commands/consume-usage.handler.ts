import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import type { Feature } from '../../templates/index.js';
import { UsageExceededError, UsageRefusal } from '../usage.errors.js';
import { entitlementOf, periodEnd } from '../entitlement.js';
import { UsableFeatures } from '../usable-features.js';
import { UsageConsumer } from '../usage-consumer.js';
import { UsageRepository } from '../usage.repository.js';
import { ConsumeUsageCommand } from './consume-usage.command.js';

const limitOf = ({ limit_value }: Feature) => limit_value ?? Number.MAX_SAFE_INTEGER;

@CommandHandler(ConsumeUsageCommand)
export class ConsumeUsageHandler implements ICommandHandler<ConsumeUsageCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly features: UsableFeatures,
    private readonly consumer: UsageConsumer,
    private readonly usages: UsageRepository,
  ) {}

  /** Reads the usage for a refusal after the unit of work, which sends COMMIT together with its change. */
  async execute(command: ConsumeUsageCommand) {
    try {
      return await this.consume(command);
    } catch (error) {
      if (!(error instanceof UsageRefusal)) throw error;
      const { feature, now } = error.usable;
      const before = await this.usages.readOne(error.usable);
      throw new UsageExceededError(feature.feature_id, before, limitOf(feature), periodEnd(feature, now));
    }
  }

  /** Consumes in a transaction where an idempotency key or a unit of work needs one, else together with other requests. */
  private consume(command: ConsumeUsageCommand) {
    if (command.options.idempotencyKey === undefined && !this.unitOfWork.isOpen) return this.consumeUsable(command);
    return this.unitOfWork.perform(command, (transaction) => this.consumeUsable(command, transaction));
  }

  private async consumeUsable(command: ConsumeUsageCommand, transaction?: Transaction) {
    const usable = await this.features.find(command);
    const { license, feature, now } = usable;
    const { amount } = command.featureAmount;
    const used = await this.consumer.consume({ license, feature, amount, limit: limitOf(feature), now }, transaction);
    if (used === undefined) throw new UsageRefusal(usable);
    return { license_id: command.licenseId, entitlement: entitlementOf(feature, used, now) };
  }
}
