import { z } from 'zod';
import { ResourceId } from '../../shared/http/schema.js';
import { integer } from '../../shared/http/schema-messages.js';
import { define } from './definition.js';
import type { QuoteToOrderInput } from './quote-to-order.js';

const Input = z.strictObject({
  quote_id: z.uuid(),
  external_id: ResourceId.optional(),
  subscription_id: ResourceId.optional(),
  fulfil: z.boolean().default(true),
  order_timeout_days: integer(1, 90).default(30),
  confirmation: z.boolean().default(true),
});

const nothing = z.strictObject({});

export const QUOTE_TO_ORDER = define<QuoteToOrderInput>({
  name: 'quote-to-order',
  input: Input,
  requires: [
    'customers:read',
    'orders:read',
    'orders:write',
    'orders:fulfil',
    'licenses:read',
    'licenses:issue',
    'licenses:renew',
    'licenses:change-template',
    'licenses:revoke',
    'templates:read',
    'emails:send',
  ],
  requiresWith: { subscription_id: ['subscriptions:read', 'subscriptions:write'] },
  signals: {
    // The run accepts the quote, so that the sender needs the right to do that. The others only make it look at the order.
    accepted: { permission: 'orders:write', data: nothing },
    approved: { data: nothing },
    paid: { data: nothing },
    fulfilled: { data: nothing },
  },
  subjectOf: ({ quote_id }) => ({ quoteId: quote_id }),
});
