import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicensePoolUpdatedEvent } from '../events/pool.events.js';
import { LicensePoolActions } from './license-pool-actions.js';
import { LicensePoolRepository } from './license-pool.repository.js';
import { UpdateLicensePoolCommand } from './update-license-pool.command.js';

@CommandHandler(UpdateLicensePoolCommand)
export class UpdateLicensePoolHandler implements ICommandHandler<UpdateLicensePoolCommand> {
  constructor(
    private readonly actions: LicensePoolActions,
    private readonly pools: LicensePoolRepository,
  ) {}

  execute(command: UpdateLicensePoolCommand) {
    const { actor, request } = command;
    return this.actions.run(command, async (transaction, pool, now) => {
      const change = pool.update(request, now);
      if (!change) return;
      await this.pools.update(pool);
      transaction.record(new LicensePoolUpdatedEvent(actor, now, pool, change));
    });
  }
}
