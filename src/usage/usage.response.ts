import { z } from 'zod';
import type { License } from '../licensing/index.js';
import { UtcTime } from '../shared/http/schema.js';
import { LimitType, ResetPeriod } from '../templates/index.js';
import { entitlementOf, periodStart } from './entitlement.js';
import type { StoredUsage } from './stored-usage.js';

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

export const PeriodUsageResponse = z
  .object({
    feature_id: z.string(),
    period_start: UtcTime.nullable().meta({ description: 'Null: the usage is never reset.' }),
    used: z.int(),
    current: z.boolean().meta({ description: 'Whether the feature is in this period now.' }),
    updated_at: UtcTime,
  })
  .meta({ id: 'PeriodUsage', description: 'Usage of a feature in one period.' });
export type PeriodUsageResponse = z.infer<typeof PeriodUsageResponse>;

export const LicenseUsage = z
  .object({
    license_id: z.uuid(),
    usage: z.array(PeriodUsageResponse).meta({ description: 'By feature, the latest period first; at most 1,000.' }),
  })
  .meta({ id: 'LicenseUsage', description: 'Usage of the license by feature and period.' });
export type LicenseUsage = z.infer<typeof LicenseUsage>;

export function toPeriodUsageResponse(
  { features }: Pick<License, 'features'>,
  { feature_id, period_start, used, updated_at }: StoredUsage,
  now: Date,
): PeriodUsageResponse {
  const feature = features.find((each) => each.feature_id === feature_id);
  return {
    feature_id,
    period_start: period_start.getTime() === 0 ? null : period_start.toISOString(),
    used,
    current: feature !== undefined && periodStart(feature, now).getTime() === period_start.getTime(),
    updated_at: updated_at.toISOString(),
  };
}
