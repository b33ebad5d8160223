import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { UsageCommand } from './commands/usage.command.js';
import { entitlementOf } from './entitlement.js';
import { UsableFeatures } from './usable-features.js';
import { UsageChanges } from './usage-changes.js';
import { UsageRefusal } from './usage.errors.js';

/** Executes commands that consume or release usage. */
@Injectable()
export class UsageChanger {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly features: UsableFeatures,
    private readonly changes: UsageChanges,
  ) {}

  /**
   * Changes usage by an amount, negative to release: in a transaction where an idempotency key or a unit of work needs one, else together
   * with other requests. Throws UsageRefusal, and the errors of UsableFeatures.
   */
  change(command: UsageCommand, amount: number) {
    if (command.options.idempotencyKey === undefined && !this.unitOfWork.isOpen)
      return this.changeUsable(command, amount);
    return this.unitOfWork.perform(command, (transaction) => this.changeUsable(command, amount, transaction));
  }

  private async changeUsable(command: UsageCommand, amount: number, transaction?: Transaction) {
    const usable = await this.features.find(command);
    const used = await this.changes.store({ ...usable, amount }, transaction);
    if (used === undefined) throw new UsageRefusal(usable);
    return { license_id: command.licenseId, entitlement: entitlementOf(usable.feature, used, usable.now) };
  }
}
