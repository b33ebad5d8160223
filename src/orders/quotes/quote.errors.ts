import { ConflictException, NotFoundException } from '@nestjs/common';
import type { QuoteAction, QuoteStatus } from './quote-status.js';

export class QuoteNotFoundError extends NotFoundException {
  constructor(quoteId: string) {
    super(`There is no quote ${quoteId}.`, { errorCode: 'QUOTE_NOT_FOUND' });
  }
}

/** The status of the quote does not allow the action; see QUOTE_TRANSITIONS. */
export class QuoteStateError extends ConflictException {
  constructor(quoteId: string, action: QuoteAction, status: QuoteStatus) {
    super(`Action "${action}" is not allowed while the quote ${quoteId} is ${status}.`, { errorCode: 'QUOTE_STATE' });
  }
}

export class QuoteExpiredError extends ConflictException {
  constructor(quoteId: string, validUntil: Date) {
    super(`The quote ${quoteId} was valid until ${validUntil.toISOString()}. Create a new one.`, {
      errorCode: 'QUOTE_EXPIRED',
    });
  }
}
