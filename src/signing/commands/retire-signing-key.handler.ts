import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { SigningKeyRetiredEvent } from '../events/signing-key.events.js';
import { SigningKeyActions } from '../signing-key-actions.js';
import { RetireSigningKeyCommand } from './retire-signing-key.command.js';

@CommandHandler(RetireSigningKeyCommand)
export class RetireSigningKeyHandler implements ICommandHandler<RetireSigningKeyCommand> {
  constructor(private readonly changes: SigningKeyActions) {}

  execute(command: RetireSigningKeyCommand) {
    const { actor, kid, request } = command;
    return this.changes.run(command, (key, now) => {
      key.assertMayEnd(request.force);
      key.retire(now);
      return new SigningKeyRetiredEvent(actor, now, kid, request.reason);
    });
  }
}
