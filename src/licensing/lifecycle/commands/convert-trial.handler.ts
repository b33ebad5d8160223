import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { PermissionDeniedError } from '../../../shared/access/access.errors.js';
import { GetIssuableTemplatesQuery } from '../../../templates/index.js';
import { LicenseTrialConvertedEvent } from '../../events/license-action.events.js';
import { assertIssuable } from '../../assert-issuable.js';
import { LicenseActions } from '../license-actions.js';
import { PoolMoves } from '../pool-moves.js';
import { SeatCounter } from '../../seat-counter.js';
import { ConvertTrialCommand } from './convert-trial.command.js';

@CommandHandler(ConvertTrialCommand)
export class ConvertTrialHandler implements ICommandHandler<ConvertTrialCommand> {
  constructor(
    private readonly actions: LicenseActions,
    private readonly queries: QueryBus,
    private readonly poolMoves: PoolMoves,
    private readonly seatCounter: SeatCounter,
  ) {}

  async execute(command: ConvertTrialCommand) {
    const { actor, request } = command;
    const { license_template_id: templateId } = request;
    if (templateId !== undefined && !actor.may('licenses:change-template')) {
      throw new PermissionDeniedError('licenses:change-template');
    }
    return this.actions.run(command, async (license, now, extend, pool) => {
      if (templateId === undefined) {
        const change = license.convertTrial(now);
        return (
          change &&
          new LicenseTrialConvertedEvent(
            actor,
            now,
            license,
            { before: change.before, after: change.after },
            request.reason,
          )
        );
      }
      const [issuable] = await this.queries.execute(new GetIssuableTemplatesQuery(actor, [templateId]));
      const { licenseType, licenseModel } = license;
      const template = assertIssuable(templateId, issuable);
      const change = await this.poolMoves.change(actor, license, request, { now, pool }, (poolId) =>
        license.convertTrial(now, template, { resetOverrides: request.reset_overrides ?? false, poolId }),
      );
      extend({ replaced: change?.replaced ?? {} });
      if (!change) return undefined;
      await this.seatCounter.recount(license, { licenseType, licenseModel }, now);
      return new LicenseTrialConvertedEvent(actor, now, license, change, request.reason).withSeats(license);
    });
  }
}
