import type { z } from 'zod';
import { ResetPeriod, type Feature } from '../templates/index.js';

/** Every value of `reset_period`; null: never reset. */
export const RESET_PERIODS = [null, ...ResetPeriod.options];

type Resetting = Pick<Feature, 'reset_period'>;

const EPOCH = new Date(0);

/** Returns the start of the current usage period (UTC); the epoch if usage is never reset. */
export function periodStart({ reset_period: period }: Resetting, now: Date): Date {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  if (period === 'DAY') return new Date(Date.UTC(year, month, day));
  if (period === 'MONTH') return new Date(Date.UTC(year, month));
  return period === 'YEAR' ? new Date(Date.UTC(year, 0)) : EPOCH;
}

/** Returns the start of the next usage period (UTC); null if usage is never reset. */
export function periodEnd(period: { readonly reset_period: z.infer<typeof ResetPeriod> }, now: Date): Date;
export function periodEnd(period: Resetting, now: Date): Date | null;
export function periodEnd({ reset_period: period }: Resetting, now: Date): Date | null {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  if (period === 'DAY') return new Date(Date.UTC(year, month, day + 1));
  if (period === 'MONTH') return new Date(Date.UTC(year, month + 1));
  return period === 'YEAR' ? new Date(Date.UTC(year + 1, 0)) : null;
}

/** Returns the most that can be used in a period. */
export function usageLimit({ limit_value }: Pick<Feature, 'limit_value'>): number {
  return limit_value ?? Number.MAX_SAFE_INTEGER;
}

export function isFeatureExpired({ expires_at }: Feature, now: Date): boolean {
  return expires_at !== null && new Date(expires_at) <= now;
}

/** Returns the feature with its current availability and usage. */
export function entitlementOf(feature: Feature, used: number, now: Date) {
  const limit = feature.limit_value;
  return {
    feature_id: feature.feature_id,
    feature_name: feature.feature_name,
    available: feature.enabled && !isFeatureExpired(feature, now),
    enabled: feature.enabled,
    expires_at: feature.expires_at,
    limit_type: feature.limit_type,
    limit_value: limit,
    reset_period: feature.reset_period ?? null,
    used,
    remaining: limit === null ? null : Math.max(0, limit - used),
    resets_at: periodEnd(feature, now)?.toISOString() ?? null,
  };
}
