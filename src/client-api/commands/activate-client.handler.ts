import { CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { ActivateDeviceCommand, deviceFields } from '../../activations/index.js';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { assertSeatAllowed } from '../../validation/index.js';
import { ActivateClientCommand } from './activate-client.command.js';

/** Selects the fields of the device from the request. */
const Device = z.object(deviceFields);

@CommandHandler(ActivateClientCommand)
export class ActivateClientHandler implements ICommandHandler<ActivateClientCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  async execute({ caller: { actor, licenseId }, request, origin, options }: ActivateClientCommand) {
    const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
    if (!license) throw new LicenseNotFoundError(licenseId);
    assertSeatAllowed(request, license, origin, this.clock.now());
    const from = { ...options, ipAddress: origin.ip };
    return this.commands.execute(new ActivateDeviceCommand(actor, licenseId, Device.parse(request), from));
  }
}
