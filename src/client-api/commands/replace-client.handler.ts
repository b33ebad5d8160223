import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { deviceFields, ReplaceDeviceCommand } from '../../activations/index.js';
import { Clock } from '../../shared/time/clock.js';
import { assertSeatAllowed, keyWarnings } from '../../validation/index.js';
import { ReplaceClientCommand } from './replace-client.command.js';

/** Selects the fields of the device from the request. */
const Device = z.object(deviceFields);

@CommandHandler(ReplaceClientCommand)
export class ReplaceClientHandler implements ICommandHandler<ReplaceClientCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly clock: Clock,
  ) {}

  async execute({ caller: { actor, licenseId, evidence }, request, origin, options }: ReplaceClientCommand) {
    assertSeatAllowed(request, evidence.license, origin, this.clock.now());
    const { activation_id, replacement_token } = request;
    const replacement = { activation_id, replacement_token };
    const from = { ...options, ipAddress: origin.ip };
    const activation = await this.commands.execute(
      new ReplaceDeviceCommand(actor, licenseId, Device.parse(request), replacement, from),
    );
    return { ...activation, warnings: keyWarnings(evidence) };
  }
}
