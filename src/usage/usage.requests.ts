import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { text, Timestamp } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { ActionReason } from '../shared/http/action-reason.js';

export const CorrectUsageRequest = z
  .strictObject({
    feature_id: text(100),
    period_start: Timestamp.optional().meta({
      description: 'Start of a period with usage. Default: that of the current period.',
    }),
    used: integer(0, Number.MAX_SAFE_INTEGER).meta({ description: 'Corrected usage, which may exceed the limit.' }),
    reason: ActionReason,
  })
  .meta({
    id: 'CorrectUsageRequest',
    examples: [{ feature_id: EXAMPLES.featureId, used: 40, reason: { code: 'CORRECTION', text: 'Ticket 4711' } }],
  });
export type CorrectUsageRequest = z.infer<typeof CorrectUsageRequest>;
