import type { License } from '../licensing/index.js';
import { RESET_PERIODS, periodStart } from './entitlement.js';

/** Usage of a feature in one period; `used` is null if it is unknown. */
export interface PeriodUsage<Used = number> {
  readonly feature_id: string;
  readonly period_start: Date | string;
  readonly used: Used;
}

/** Returns the starts of all periods that a feature can be in. */
export function currentPeriods(now: Date): Date[] {
  return RESET_PERIODS.map((reset_period) => periodStart({ reset_period }, now));
}

/**
 * Returns a query for the usage of a license in these periods as one JSON array, null if there is none; see `toCurrentUsage`. The parameters
 * are SQL expressions.
 */
export function usageSql(tenantId: string, licenseId: string, periods: string): string {
  return `SELECT json_agg(json_build_object('feature_id', feature_id, 'period_start', period_start, 'used', used))
          FROM license_usages
          WHERE tenant_id = ${tenantId} AND license_id = ${licenseId} AND period_start = ANY(${periods})`;
}

/** Returns the usage by feature, each in the period that the feature is in at that time. A feature without usage is missing. */
export function toCurrentUsage<Used>(
  { features }: Pick<License, 'features'>,
  usages: readonly PeriodUsage<Used>[],
  at: Date,
): ReadonlyMap<string, Used> {
  const starts = new Map(features.map((feature) => [feature.feature_id, periodStart(feature, at).getTime()]));
  const current = usages.filter(
    ({ feature_id, period_start }) => starts.get(feature_id) === new Date(period_start).getTime(),
  );
  return new Map(current.map(({ feature_id, used }) => [feature_id, used]));
}
