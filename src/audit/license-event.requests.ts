import { z } from 'zod';
import { Limit } from '../shared/http/paging.js';
import { IdParameter, TimestampParameter, UuidParameter } from '../shared/http/schema.js';
import { EVENT_TYPES } from './event-types.js';
import { NAME } from './license-event.response.js';

export const ListEventsRequest = z.strictObject({
  limit: Limit,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a seq')
    .optional()
    .meta({ description: 'A `seq`; the page starts after it (asc) or before it (desc).' }),
  order: z.enum(['asc', 'desc']).default('asc').meta({ description: 'Order by `seq`.' }),
  license_id: UuidParameter.optional(),
  partner_id: UuidParameter.optional(),
  event_type: z
    .enum(EVENT_TYPES, { error: 'must be one of the event types that the documentation lists' })
    .meta({ id: 'EventType' })
    .optional(),
  resource_type: z.string().regex(NAME, 'must be a name such as license').optional(),
  resource_id: IdParameter.optional(),
  created_from: TimestampParameter.optional().meta({ description: 'Recorded at or after.' }),
  created_before: TimestampParameter.optional().meta({ description: 'Recorded before.' }),
});
export type ListEventsRequest = z.infer<typeof ListEventsRequest>;
