import { omit, pick, type Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { Quote } from '../quotes/quote.entity.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** Free-form data of the vendor, which may be personal. */
const PERSONAL = ['metadata'];

export class QuoteCreatedEvent extends IntegrationEvent {
  readonly type = 'quote.created';

  constructor(actor: Actor, now: Date, quote: Quote) {
    const after = quote.snapshot();
    super(
      actor,
      now,
      { resourceType: 'quote', resourceId: quote.quoteId },
      { after: omit(after, PERSONAL) },
      { after: pick(after, PERSONAL) },
    );
  }
}

/** Action on a quote: changed fields before and after by wire name, and the reason. */
abstract class QuoteChangedEvent extends IntegrationEvent {
  constructor(actor: Actor, now: Date, quote: Quote, { before, after }: Change, reason?: RecordedReason) {
    super(
      actor,
      now,
      { resourceType: 'quote', resourceId: quote.quoteId },
      {
        customer_id: quote.customerId,
        ...reasonCode(reason),
        before: omit(before, PERSONAL),
        after: omit(after, PERSONAL),
      },
      { before: pick(before, PERSONAL), after: pick(after, PERSONAL), ...reasonText(reason) },
    );
  }
}

export class QuoteUpdatedEvent extends QuoteChangedEvent {
  readonly type = 'quote.updated';
}

export class QuoteSentEvent extends QuoteChangedEvent {
  readonly type = 'quote.sent';
}

export class QuoteAcceptedEvent extends QuoteChangedEvent {
  readonly type = 'quote.accepted';
}

export class QuoteDeclinedEvent extends QuoteChangedEvent {
  readonly type = 'quote.declined';
}

export class QuoteExpiredEvent extends QuoteChangedEvent {
  readonly type = 'quote.expired';
}
