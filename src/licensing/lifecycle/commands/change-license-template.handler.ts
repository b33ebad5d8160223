import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { PermissionDeniedError } from '../../../shared/access/access.errors.js';
import { GetIssuableTemplatesQuery } from '../../../templates/index.js';
import { assertIssuable } from '../../assert-issuable.js';
import { assertRenewalAllowed } from '../../partner-allowance.js';
import { LicenseTemplateChangedEvent } from '../../events/license-action.events.js';
import { LicenseActions } from '../license-actions.js';
import { PoolMoves } from '../pool-moves.js';
import { SeatCounter } from '../../seat-counter.js';
import { ChangeLicenseTemplateCommand } from './change-license-template.command.js';

@CommandHandler(ChangeLicenseTemplateCommand)
export class ChangeLicenseTemplateHandler implements ICommandHandler<ChangeLicenseTemplateCommand> {
  constructor(
    private readonly actions: LicenseActions,
    private readonly queries: QueryBus,
    private readonly poolMoves: PoolMoves,
    private readonly seatCounter: SeatCounter,
  ) {}

  async execute(command: ChangeLicenseTemplateCommand) {
    const { actor, request } = command;
    const { license_template_id: templateId, new_term: newTerm } = request;
    if (newTerm && !actor.may('licenses:renew')) throw new PermissionDeniedError('licenses:renew');
    return this.actions.run(command, async (license, now, extend, pool) => {
      const [issuable] = await this.queries.execute(new GetIssuableTemplatesQuery(actor, [templateId]));
      const { licenseType, licenseModel } = license;
      const template = assertIssuable(templateId, issuable);
      const change = await this.poolMoves.change(actor, license, request, { now, pool }, (poolId) => {
        if (pool && newTerm === 'FROM_EXPIRY') assertRenewalAllowed(license, {}, now, pool);
        return license.changeTemplate(template, now, {
          resetOverrides: request.reset_overrides ?? false,
          newTerm,
          poolId,
        });
      });
      extend({ replaced: change?.replaced ?? {} });
      if (!change) return undefined;
      await this.seatCounter.recount(license, { licenseType, licenseModel }, now);
      return new LicenseTemplateChangedEvent(actor, now, license, change, request.reason).withSeats(license);
    });
  }
}
