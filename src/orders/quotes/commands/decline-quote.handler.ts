import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { QuoteDeclinedEvent } from '../../events/quote.events.js';
import { QuoteActions } from '../quote-actions.js';
import { DeclineQuoteCommand } from './decline-quote.command.js';

@CommandHandler(DeclineQuoteCommand)
export class DeclineQuoteHandler implements ICommandHandler<DeclineQuoteCommand> {
  constructor(private readonly actions: QuoteActions) {}

  execute(command: DeclineQuoteCommand) {
    const { actor, request } = command;
    return this.actions.run(command, (quote, now) => {
      quote.decline(now);
      return (change) => new QuoteDeclinedEvent(actor, now, quote, change, request.reason);
    });
  }
}
