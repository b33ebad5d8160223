import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { LicenseLock, LicenseNotFoundError, startsWithUse } from '../licensing/index.js';
import { Clock } from '../shared/time/clock.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { UsageCommand } from './commands/usage.command.js';
import { entitlementOf } from './entitlement.js';
import type { UsableFeature } from './usable-feature.js';
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
    private readonly licenseLock: LicenseLock,
    private readonly clock: Clock,
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
    const usable = await this.features.find(command, amount > 0);
    if (!startsWithUse(usable.license)) return this.store(usable, amount, transaction);
    if (transaction) return this.startAndStore(command, amount, transaction);
    return this.unitOfWork.perform(command, (begun) => this.startAndStore(command, amount, begun));
  }

  /** Starts the license under its lock, unless another request has, and changes the usage. A refusal starts nothing. */
  private async startAndStore(command: UsageCommand, amount: number, transaction: Transaction) {
    const { actor, licenseId } = command;
    const license = await this.licenseLock.acquire(actor.tenantId, licenseId);
    if (!license) throw new LicenseNotFoundError(licenseId);
    const now = this.clock.now();
    await this.licenseLock.start(transaction, license, actor, now);
    return this.store(this.features.findIn(license, command, now), amount, transaction);
  }

  private async store(usable: UsableFeature, amount: number, transaction?: Transaction) {
    const used = await this.changes.store({ ...usable, amount }, transaction);
    if (used === undefined) throw new UsageRefusal(usable);
    return { license_id: usable.license.licenseId, entitlement: entitlementOf(usable.feature, used, usable.now) };
  }
}
