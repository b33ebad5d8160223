import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import { PartnerSuspendedEvent } from '../events/partner.events.js';
import { PartnerActions } from '../partner-actions.js';
import { PartnerUpkeep } from '../partner-upkeep.js';
import { SuspendPartnerCommand } from './suspend-partner.command.js';

/** Permission that an effect on licenses requires besides that of the route. */
const NEEDED = { KEEP: undefined, SUSPEND: 'licenses:suspend', REVOKE: 'licenses:revoke' } as const;

@CommandHandler(SuspendPartnerCommand)
export class SuspendPartnerHandler implements ICommandHandler<SuspendPartnerCommand> {
  constructor(
    private readonly actions: PartnerActions,
    private readonly upkeep: PartnerUpkeep,
  ) {}

  /** The licenses follow in the background, beginning now, in whatever process, so that a crash only delays them. */
  async execute(command: SuspendPartnerCommand) {
    const { actor, partnerId, request } = command;
    const needed = NEEDED[request.license_effect];
    if (needed && !actor.may(needed)) throw new PermissionDeniedError(needed);
    const suspended = await this.actions.run(command, (partner, now) => {
      const change = partner.suspend(request.license_effect, request.reason, now);
      return change && new PartnerSuspendedEvent(actor, now, partnerId, change, request.reason, request.license_effect);
    });
    this.upkeep.runSoon();
    return suspended;
  }
}
