export { ConsumeUsageCommand } from './commands/consume-usage.command.js';
export { ReleaseUsageCommand } from './commands/release-usage.command.js';
export { currentPeriods, toCurrentUsage, usageSql, type PeriodUsage } from './current-usage.js';
export { isFeatureExpired, periodEnd, periodStart } from './entitlement.js';
export { FindUsageAsOfQuery } from './queries/find-usage-as-of.query.js';
export { FeatureUnavailableError, UsageExceededError, UsageNotHeldError } from './usage.errors.js';
export { UsageModule } from './usage.module.js';
export { Entitlement, Entitlements, toEntitlements, UsageResponse } from './usage.response.js';
