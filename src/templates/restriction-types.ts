import { z } from 'zod';
import { text } from '../shared/http/schema.js';

export const Restriction = z
  .strictObject({
    restriction_type: z
      .enum(['GEOGRAPHIC', 'DOMAIN', 'IP_RANGE', 'MAC_ADDRESS', 'HARDWARE_ID', 'TIME_BASED'])
      .meta({ id: 'RestrictionType' }),
    values: z.array(text(255)).min(1),
    operator: z
      .enum(['ALLOW', 'DENY'])
      .meta({ id: 'RestrictionOperator', description: 'ALLOW: only these values. DENY: all but these.' }),
  })
  .meta({ id: 'Restriction', examples: [{ restriction_type: 'GEOGRAPHIC', values: ['US', 'CA'], operator: 'ALLOW' }] });
export type Restriction = z.infer<typeof Restriction>;
