export { ClientApiModule } from './client-api.module.js';
export { FAILURE_CODES, SUCCESS_CODES, type FailureCode, type SuccessCode } from './validation-codes.js';
export { ConsumeUsageCommand } from './commands/consume-usage.command.js';
export { ReleaseUsageCommand } from './commands/release-usage.command.js';
export { ExplainLicenseQuery } from './queries/explain-license.query.js';
export { GetEntitlementsQuery } from './queries/get-entitlements.query.js';
