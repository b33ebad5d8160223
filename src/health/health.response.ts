import { z } from 'zod';

const Indicators = z
  .record(z.string(), z.looseObject({ status: z.enum(['up', 'down']) }))
  .meta({ id: 'HealthIndicators' });

/** The form that @nestjs/terminus gives. */
export const Health = z
  .object({ status: z.literal('ok'), info: Indicators, error: Indicators, details: Indicators })
  .meta({ id: 'Health', description: 'The state of the server.' });
