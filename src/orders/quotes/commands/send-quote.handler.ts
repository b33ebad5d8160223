import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { QuoteSentEvent } from '../../events/quote.events.js';
import { QuoteActions } from '../quote-actions.js';
import { SendQuoteCommand } from './send-quote.command.js';

@CommandHandler(SendQuoteCommand)
export class SendQuoteHandler implements ICommandHandler<SendQuoteCommand> {
  constructor(private readonly actions: QuoteActions) {}

  execute(command: SendQuoteCommand) {
    return this.actions.run(command, (quote, now) => {
      quote.send(now);
      return (change) => new QuoteSentEvent(command.actor, now, quote, change);
    });
  }
}
