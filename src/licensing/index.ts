export { BatchChangeLicensesCommand } from './commands/batch-change-licenses.command.js';
export { BatchIssueLicensesCommand } from './commands/batch-issue-licenses.command.js';
export { IssueLicenseCommand } from './commands/issue-license.command.js';
export { RevealLicenseKeyCommand } from './commands/reveal-license-key.command.js';
export { ChangeLicenseTemplateCommand } from './commands/change-license-template.command.js';
export { ConvertTrialCommand } from './commands/convert-trial.command.js';
export { ReinstateLicenseCommand } from './commands/reinstate-license.command.js';
export { RenewLicenseCommand } from './commands/renew-license.command.js';
export { RevokeLicenseCommand } from './commands/revoke-license.command.js';
export { SuspendLicenseCommand } from './commands/suspend-license.command.js';
export { TransferLicenseCommand } from './commands/transfer-license.command.js';
export { UpdateLicenseCommand } from './commands/update-license.command.js';
export { LicenseCreatedEvent } from './events/license-created.event.js';
export * from './events/license-life.events.js';
export * from './events/license-time.events.js';
export { reasonCode, reasonText, type RecordedReason } from './events/recorded-reason.js';
export { LicenseActionRequest, ActionReason } from './license-actions.dto.js';
export { LicenseKeyRevealedEvent } from './events/license-key-revealed.event.js';
export {
  BatchActionResult,
  BatchIssueLine,
  BatchActionLine,
  BatchRenewLine,
  BatchIssueResult,
} from './license-batch.dto.js';
export type { BatchOutcome } from './license-batches.js';
export { LicenseStatus, type IssuedLicense, type IssueLicenseRequest, type LicenseResponse } from './license.dto.js';
export {
  ExpiryTooFarError,
  LicenseFileOutstandingError,
  LicenseNotTrialError,
  LicenseIsTrialError,
  LicenseNeverExpiresError,
  LicenseNotFoundError,
  LicenseStateError,
  TemplateProductMismatchError,
  ProductInactiveError,
  TemplateIsTrialError,
  TemplateInactiveError,
  TrialAlreadyUsedError,
  TrialNotAllowedError,
} from './license.errors.js';
export { canonicalLicenseKey } from './license-key.js';
export { licenseSealContext } from './license.entity.js';
export type { License } from './license.entity.js';
export type { LicenseAction, LicenseState } from './license-status.js';
export { assertSecretsMatch, hasIssuedLicenses } from './assert-secrets-fit.js';
export { CHANGE_EVENTS, licenseAsOf, type LicenseAsOf, type PastChange } from './license-as-of.js';
export { LicenseSeats } from './license-seats.js';
export { LicensingModule } from './licensing.module.js';
export { FindLicenseByKeyQuery, type KeyOwner } from './queries/find-license-by-key.query.js';
export { FindLicenseQuery } from './queries/find-license.query.js';
export { GetLicenseQuery } from './queries/get-license.query.js';
export { ListRevokedLicensesQuery } from './queries/list-revoked-licenses.query.js';
export { ListLicensesQuery } from './queries/list-licenses.query.js';
export {
  leaseEnd,
  leaseEndSql,
  maxActivationsOf,
  seatLimit,
  seatsInUse,
  seatMetric,
  type SeatPolicy,
  type SeatCounts,
} from './seats.js';
