import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicensePoolAllottedEvent } from '../events/pool.events.js';
import { PoolExhaustedError, PoolExpiredError } from '../partner.errors.js';
import { AllotLicensesCommand } from './allot-licenses.command.js';
import { LicensePoolActions } from './license-pool-actions.js';
import { balanceOf } from './pool-entry-kind.js';
import { PoolLedger } from './pool-ledger.js';

@CommandHandler(AllotLicensesCommand)
export class AllotLicensesHandler implements ICommandHandler<AllotLicensesCommand> {
  constructor(
    private readonly actions: LicensePoolActions,
    private readonly ledger: PoolLedger,
  ) {}

  execute(command: AllotLicensesCommand) {
    const { actor, request } = command;
    const { quantity, reason } = request;
    return this.actions.run(command, (transaction, pool, now, ledger) => {
      // The expiry of the licenses that were left is recorded once, so none may be added behind it.
      if (pool.expiresAt && pool.hasExpired(now)) throw new PoolExpiredError(pool.poolId, pool.expiresAt);
      const available = balanceOf(ledger);
      if (available + quantity < 0) throw new PoolExhaustedError(pool.poolId, available);
      this.ledger.append(transaction, [{ poolId: pool.poolId, kind: 'ALLOTMENT', quantity }]);
      transaction.record(new LicensePoolAllottedEvent(actor, now, pool, quantity, reason));
    });
  }
}
