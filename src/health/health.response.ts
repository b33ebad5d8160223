import { z } from 'zod';

const Indicators = z
  .record(z.string(), z.looseObject({ status: z.enum(['up', 'down']) }))
  .meta({ id: 'HealthIndicators' });

/** Response shape of @nestjs/terminus. */
export const Health = z
  .object({ status: z.literal('ok'), info: Indicators, error: Indicators, details: Indicators })
  .meta({ id: 'Health', description: 'The state of the server.' });
