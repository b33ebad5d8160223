import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../shared/time/clock.js';
import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Change } from '../../shared/persistence/change.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import type { QuoteCommand } from './commands/quote.command.js';
import type { Quote } from './quote.entity.js';
import { QuoteNotFoundError } from './quote.errors.js';
import { QuoteRepository } from './quote.repository.js';
import { toQuoteResponse, type QuoteResponse } from './quote.response.js';

type ToEvent = (change: Change) => IntegrationEvent;

/** Changes a quote, and returns the event of the change. `extend` adds members to the response. */
type ActionEffect<Result extends QuoteResponse> = (
  quote: Quote,
  now: Date,
  transaction: Transaction,
  extend: (more: Omit<Result, keyof QuoteResponse>) => void,
) => Promise<ToEvent> | ToEvent;

/** Runs actions on quotes: one at a time per quote, under its row lock, with its event. An action that changes nothing has none. */
@Injectable()
export class QuoteActions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly quotes: QuoteRepository,
    private readonly clock: Clock,
  ) {}

  /** Throws QuoteNotFoundError, PreconditionFailedError and the errors of `effect`. */
  run<Result extends QuoteResponse>(
    command: QuoteCommand<z.ZodType, Result>,
    effect: ActionEffect<Result>,
  ): Promise<Result> {
    const { actor, quoteId, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const quote = await this.quotes.findForUpdate(actor.tenantId, quoteId);
      if (!quote) throw new QuoteNotFoundError(quoteId);
      quote.assertVersion(options.ifMatch);
      // The time is read under the lock, so that a later action has a later time.
      const now = this.clock.now();
      const before = quote.snapshot();
      let more = {};
      const toEvent = await effect(quote, now, transaction, (added) => (more = added));
      const change = quote.changeSince(before, now);
      if (change) {
        await this.quotes.update(quote);
        transaction.record(toEvent(change));
      }
      return { ...toQuoteResponse(quote, now), ...more } as Result;
    });
  }
}
