import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { ActivateDeviceCommand, deviceFields } from '../../activations/index.js';
import { Clock } from '../../shared/time/clock.js';
import { assertSeatAllowed, keyWarnings } from '../../validation/index.js';
import { ActivateClientCommand } from './activate-client.command.js';

/** Selects the fields of the device from the request. */
const Device = z.object(deviceFields);

@CommandHandler(ActivateClientCommand)
export class ActivateClientHandler implements ICommandHandler<ActivateClientCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly clock: Clock,
  ) {}

  async execute({ caller: { actor, licenseId, evidence }, request, origin, options }: ActivateClientCommand) {
    assertSeatAllowed(request, evidence.license, origin, this.clock.now());
    const from = { ...options, ipAddress: origin.ip, unlocked: evidence };
    const activation = await this.commands.execute(
      new ActivateDeviceCommand(actor, licenseId, Device.parse(request), from),
    );
    return { ...activation, warnings: keyWarnings(evidence) };
  }
}
