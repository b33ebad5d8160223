import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { SigningKeyRevokedEvent } from '../events/signing-key.events.js';
import { SigningKeyActions } from '../signing-key-actions.js';
import { RevokeSigningKeyCommand } from './revoke-signing-key.command.js';

@CommandHandler(RevokeSigningKeyCommand)
export class RevokeSigningKeyHandler implements ICommandHandler<RevokeSigningKeyCommand> {
  constructor(private readonly changes: SigningKeyActions) {}

  execute(command: RevokeSigningKeyCommand) {
    const { actor, kid, request } = command;
    return this.changes.run(command, (key, now) => {
      key.assertMayEnd(request.force);
      key.revoke(now);
      return new SigningKeyRevokedEvent(actor, now, kid, request.reason);
    });
  }
}
