import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../shared/time/clock.js';
import { UnitOfWork } from '../../../shared/persistence/unit-of-work.js';
import { QuoteCreatedEvent } from '../../events/quote.events.js';
import { LineReferences } from '../../line-references.js';
import { Quote } from '../quote.entity.js';
import { QuoteRepository } from '../quote.repository.js';
import { toQuoteResponse } from '../quote.response.js';
import { CreateQuoteCommand } from './create-quote.command.js';

@CommandHandler(CreateQuoteCommand)
export class CreateQuoteHandler implements ICommandHandler<CreateQuoteCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly quotes: QuoteRepository,
    private readonly references: LineReferences,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateQuoteCommand) {
    const { actor, request } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const quote = Quote.create(actor.tenantId, request, now, command.options.quoteId);
      await this.references.assertCustomer(actor, quote.customerId);
      await this.references.assertValid(actor, quote.lines);
      await this.quotes.insert(quote);
      transaction.record(new QuoteCreatedEvent(actor, now, quote));
      return toQuoteResponse(quote, now);
    });
  }
}
