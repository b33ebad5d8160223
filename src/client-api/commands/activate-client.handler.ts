import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { ActivateDeviceCommand, deviceFields } from '../../activations/index.js';
import { assertSeatAllowed } from '../../validation/index.js';
import { ActivationProofs } from '../activation-proofs.js';
import { assertKeyCurrent } from '../license-key.guard.js';
import { SeatDenials } from '../seat-denials.js';
import { ActivateClientCommand } from './activate-client.command.js';

/** Selects the fields of the device from the request. */
const Device = z.object(deviceFields);

@CommandHandler(ActivateClientCommand)
export class ActivateClientHandler implements ICommandHandler<ActivateClientCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly proofs: ActivationProofs,
    private readonly denials: SeatDenials,
  ) {}

  async execute({ caller, request, origin, options }: ActivateClientCommand) {
    const { actor, licenseId, evidence } = caller;
    await this.denials.assertAllowed(caller, request.fingerprint, (now) => {
      assertKeyCurrent(caller);
      assertSeatAllowed(request, evidence.license, origin, now);
    });
    const from = { ...options, ipAddress: origin.ip, unlocked: evidence };
    const activation = await this.commands.execute(
      new ActivateDeviceCommand(actor, licenseId, Device.parse(request), from),
    );
    return this.proofs.complete(activation, caller, request, origin);
  }
}
