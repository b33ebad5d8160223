import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { checkOutFields, CheckOutLicenseCommand } from '../../offline/index.js';
import { assertOfflineUseAllowed } from '../../validation/index.js';
import { assertKeyCurrent } from '../license-key.guard.js';
import { SeatDenials } from '../seat-denials.js';
import { CheckOutClientCommand } from './check-out-client.command.js';

/** Selects the fields of the file and its device from the request. */
const File = z.object(checkOutFields);

@CommandHandler(CheckOutClientCommand)
export class CheckOutClientHandler implements ICommandHandler<CheckOutClientCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly denials: SeatDenials,
  ) {}

  async execute({ caller, request, origin, options }: CheckOutClientCommand) {
    const { actor, licenseId, evidence } = caller;
    await this.denials.assertAllowed(caller, request.fingerprint, (now) => {
      assertKeyCurrent(caller);
      assertOfflineUseAllowed(request, evidence.license, origin, now);
    });
    const from = { ...options, ipAddress: origin.ip };
    return this.commands.execute(new CheckOutLicenseCommand(actor, licenseId, File.parse(request), from));
  }
}
