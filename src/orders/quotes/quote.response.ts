import { z } from 'zod';
import { FreeForm } from '../../shared/free-form.js';
import { pageOf } from '../../shared/http/paging.js';
import { UtcTime } from '../../shared/http/schema.js';
import { Amount } from '../lines.requests.js';
import { LineResponse, toLineResponse } from '../lines.response.js';
import type { Quote } from './quote.entity.js';
import { QuoteStatus } from './quote.requests.js';

export const QuoteSummary = z
  .object({
    quote_id: z.uuid(),
    tenant_id: z.string(),
    customer_id: z.string(),
    status: QuoteStatus,
    currency: z.string(),
    total_amount: Amount,
    valid_until: UtcTime,
    order_id: z.uuid().nullable().meta({ description: 'Order that the acceptance made.' }),
    metadata: FreeForm,
    sent_at: UtcTime.nullable(),
    decided_at: UtcTime.nullable().meta({ description: 'When the quote was accepted or declined.' }),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'QuoteSummary', description: 'The quote without its lines.' });
export type QuoteSummary = z.infer<typeof QuoteSummary>;

export const QuoteResponse = QuoteSummary.extend({ lines: z.array(LineResponse) }).meta({
  id: 'Quote',
  description: 'The quote with its lines.',
});
export type QuoteResponse = z.infer<typeof QuoteResponse>;

export const AcceptedQuote = QuoteResponse.extend({
  order_created: z.boolean().meta({ description: 'False if an earlier request had accepted the quote.' }),
}).meta({ id: 'AcceptedQuote', description: 'The quote with the id of its order.' });
export type AcceptedQuote = z.infer<typeof AcceptedQuote>;

export const QuotePage = pageOf(QuoteSummary).meta({ id: 'QuotePage' });
export type QuotePage = z.infer<typeof QuotePage>;

/** Returns the quote as of `now`, without its lines. */
export function toQuoteSummary(quote: Quote, now: Date): QuoteSummary {
  return {
    quote_id: quote.quoteId,
    tenant_id: quote.tenantId,
    customer_id: quote.customerId,
    status: quote.statusAt(now),
    currency: quote.currency,
    total_amount: quote.totalAmount,
    valid_until: quote.validUntil.toISOString(),
    order_id: quote.orderId,
    metadata: quote.metadata,
    sent_at: quote.sentAt?.toISOString() ?? null,
    decided_at: quote.decidedAt?.toISOString() ?? null,
    version: quote.version,
    created_at: quote.createdAt.toISOString(),
    updated_at: quote.updatedAt.toISOString(),
  };
}

/** Returns the quote as of `now`. */
export function toQuoteResponse(quote: Quote, now: Date): QuoteResponse {
  return { ...toQuoteSummary(quote, now), lines: quote.lines.map(toLineResponse) };
}
