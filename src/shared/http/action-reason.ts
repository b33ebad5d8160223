import { z } from 'zod';
import { text } from './schema.js';

export const ACTION_REASON_CODES = [
  'CUSTOMER_REQUEST',
  'PAYMENT_RECEIVED',
  'PAYMENT_OVERDUE',
  'REFUNDED',
  'CONTRACT_CHANGED',
  'TERMS_VIOLATED',
  'FRAUD',
  'CORRECTION',
  'OTHER',
] as const;

/** Reason of an action. Recorded in its event. */
export const ActionReason = z
  .strictObject({
    code: z.enum(ACTION_REASON_CODES).meta({ id: 'ActionReasonCode' }),
    text: text(500).optional().meta({ description: 'Free text. Erased with the customer whom the action concerns.' }),
  })
  .meta({
    id: 'ActionReason',
    description: 'Why the action was taken. Recorded in its event.',
    examples: [{ code: 'CUSTOMER_REQUEST', text: 'Ticket 4711' }],
  });
export type ActionReason = z.infer<typeof ActionReason>;

/** Request body of an action whose reason is all that it takes, and is optional. */
export const ReasonRequest = z
  .strictObject({ reason: ActionReason.optional() })
  .meta({ id: 'ReasonRequest', examples: [{ reason: { code: 'CORRECTION', text: 'Ticket 4711' } }] });
export type ReasonRequest = z.infer<typeof ReasonRequest>;
