import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { Timestamp } from '../shared/http/schema.js';
import { evaluationFields } from './validation.requests.js';

export const ExplainRequest = z
  .strictObject({
    ...evaluationFields,
    ip: z.union([z.ipv4(), z.ipv6()]).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be a country of ISO 3166-1 in two capital letters')
      .optional(),
    as_of: Timestamp.optional().meta({
      description: 'Explain the result at this past time, from the event log. Also requires `events:read`.',
    }),
  })
  .meta({ id: 'ExplainRequest', examples: [{ fingerprint: EXAMPLES.fingerprint, country: 'DE', ip: '203.0.113.7' }] });
export type ExplainRequest = z.infer<typeof ExplainRequest>;
