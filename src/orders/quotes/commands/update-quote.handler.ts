import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { QuoteUpdatedEvent } from '../../events/quote.events.js';
import { LineReferences } from '../../line-references.js';
import { QuoteActions } from '../quote-actions.js';
import { QuoteRepository } from '../quote.repository.js';
import { UpdateQuoteCommand } from './update-quote.command.js';

@CommandHandler(UpdateQuoteCommand)
export class UpdateQuoteHandler implements ICommandHandler<UpdateQuoteCommand> {
  constructor(
    private readonly actions: QuoteActions,
    private readonly quotes: QuoteRepository,
    private readonly references: LineReferences,
  ) {}

  execute(command: UpdateQuoteCommand) {
    const { actor, request } = command;
    return this.actions.run(command, async (quote, now, transaction) => {
      const replacesLines = quote.update(request, now);
      if (request.customer_id !== undefined) await this.references.assertCustomer(actor, quote.customerId);
      if (replacesLines) {
        await this.references.assertValid(actor, quote.lines);
        this.quotes.replaceLines(transaction, quote);
      }
      return (change) => new QuoteUpdatedEvent(actor, now, quote, change);
    });
  }
}
