import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { deviceFields, ReplaceDeviceCommand } from '../../activations/index.js';
import { assertSeatAllowed } from '../../validation/index.js';
import { ActivationProofs } from '../activation-proofs.js';
import { assertKeyCurrent } from '../license-key.guard.js';
import { SeatDenials } from '../seat-denials.js';
import { ReplaceClientCommand } from './replace-client.command.js';

/** Selects the fields of the device from the request. */
const Device = z.object(deviceFields);

@CommandHandler(ReplaceClientCommand)
export class ReplaceClientHandler implements ICommandHandler<ReplaceClientCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly proofs: ActivationProofs,
    private readonly denials: SeatDenials,
  ) {}

  async execute({ caller, request, origin, options }: ReplaceClientCommand) {
    const { actor, licenseId, evidence } = caller;
    await this.denials.assertAllowed(caller, request.fingerprint, (now) => {
      assertKeyCurrent(caller);
      assertSeatAllowed(request, evidence.license, origin, now);
    });
    const { activation_id, replacement_token } = request;
    const replacement = { activation_id, replacement_token };
    const from = { ...options, ipAddress: origin.ip };
    const activation = await this.commands.execute(
      new ReplaceDeviceCommand(actor, licenseId, Device.parse(request), replacement, from),
    );
    return this.proofs.complete(activation, caller, request, origin);
  }
}
