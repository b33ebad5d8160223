import { z } from 'zod';
import { EXAMPLES } from '../../shared/examples.js';
import { FreeFormInput } from '../../shared/free-form.js';
import { pageParameters } from '../../shared/http/paging.js';
import { IdParameter, ResourceId, Timestamp } from '../../shared/http/schema.js';
import { Currency, Lines } from '../lines.requests.js';
import { ExternalId } from '../order.requests.js';
import { QUOTE_STATUSES } from './quote-status.js';
import { ActionReason } from '../../shared/http/action-reason.js';

export const QuoteStatus = z.enum(QUOTE_STATUSES).meta({ id: 'QuoteStatus' });

const fields = {
  customer_id: ResourceId.meta({ description: 'String or integer. The customer may be kept in another system.' }),
  currency: Currency,
  valid_until: Timestamp.meta({ description: 'From then on the quote is EXPIRED and cannot be accepted.' }),
  lines: Lines,
  metadata: FreeFormInput,
};

export const CreateQuoteRequest = z.strictObject({ ...fields, metadata: fields.metadata.default({}) }).meta({
  id: 'CreateQuoteRequest',
  examples: [
    {
      customer_id: EXAMPLES.customerId,
      currency: 'EUR',
      valid_until: '2099-12-31T00:00:00Z',
      lines: [{ kind: 'ISSUE', license_template_id: EXAMPLES.openTemplateId, quantity: 2, unit_price: 99_000 }],
    },
  ],
});
export type CreateQuoteRequest = z.infer<typeof CreateQuoteRequest>;

export const UpdateQuoteRequest = z
  .strictObject(fields)
  .partial()
  .meta({
    id: 'UpdateQuoteRequest',
    description: 'Once the quote is SENT, only `valid_until` and `metadata` can change. `lines` replaces all lines.',
    examples: [{ valid_until: '2099-12-31T00:00:00Z' }],
  });
export type UpdateQuoteRequest = z.infer<typeof UpdateQuoteRequest>;

export const SendQuoteRequest = z.strictObject({}).meta({ id: 'SendQuoteRequest', examples: [{}] });
export type SendQuoteRequest = z.infer<typeof SendQuoteRequest>;

export const AcceptQuoteRequest = z
  .strictObject({ external_id: ExternalId.optional() })
  .meta({ id: 'AcceptQuoteRequest', examples: [{ external_id: 'SO-4712' }] });
export type AcceptQuoteRequest = z.infer<typeof AcceptQuoteRequest>;

export const DeclineQuoteRequest = z
  .strictObject({ reason: ActionReason.optional() })
  .meta({ id: 'DeclineQuoteRequest', examples: [{ reason: { code: 'CUSTOMER_REQUEST' } }] });
export type DeclineQuoteRequest = z.infer<typeof DeclineQuoteRequest>;

export const ListQuotesRequest = z.strictObject({
  ...pageParameters,
  customer_id: IdParameter.optional(),
  status: QuoteStatus.optional(),
});
export type ListQuotesRequest = z.infer<typeof ListQuotesRequest>;
