import { z } from 'zod';
import type { License } from '../licensing/index.js';
import { UtcTime } from '../shared/http/schema.js';
import { LimitType, ResetPeriod } from '../templates/index.js';
import { entitlementOf } from './entitlement.js';

export const Entitlement = z
  .object({
    feature_id: z.string(),
    feature_name: z.string(),
    available: z.boolean().meta({ description: 'Enabled and not expired.' }),
    enabled: z.boolean(),
    expires_at: UtcTime.nullable(),
    limit_type: LimitType.nullable(),
    limit_value: z.int().nullable(),
    reset_period: ResetPeriod.nullable(),
    used: z.int().meta({ description: 'Usage in the current period.' }),
    remaining: z.int().nullable().meta({ description: 'Null: unlimited.' }),
    resets_at: UtcTime.nullable().meta({ description: 'Start of the next usage period. Null: never reset.' }),
  })
  .meta({ id: 'Entitlement', description: 'A feature with its availability and usage.' });
export type Entitlement = z.infer<typeof Entitlement>;

export const Entitlements = z
  .object({ license_id: z.uuid(), entitlements: z.array(Entitlement), server_time: UtcTime })
  .meta({ id: 'Entitlements', description: 'The entitlements of the license.' });
export type Entitlements = z.infer<typeof Entitlements>;

export const UsageResponse = z
  .object({ license_id: z.uuid(), entitlement: Entitlement })
  .meta({ id: 'FeatureUsage', description: 'The entitlement after the change.' });
export type UsageResponse = z.infer<typeof UsageResponse>;

export function toEntitlements(license: License, usage: ReadonlyMap<string, number>, now: Date): Entitlement[] {
  return license.features.map((feature) => entitlementOf(feature, usage.get(feature.feature_id) ?? 0, now));
}
