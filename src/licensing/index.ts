export { BatchChangeLicensesCommand } from './batches/batch-change-licenses.command.js';
export { BatchIssueLicensesCommand } from './batches/batch-issue-licenses.command.js';
export { IssueLicenseCommand } from './issuing/issue-license.command.js';
export { IssueLicensesCommand, type LicenseToIssue } from './issuing/issue-licenses.command.js';
export { PARTNER_ACTIONS, PARTNER_OVERRIDES, type PartnerAction, type PartnerOverride } from './partner-allowance.js';
export { PoolAllowance, type LockedPools, type PoolGrant, type PoolRequest } from './issuing/pool-allowance.js';
export { RevealLicenseKeyCommand } from './keys/reveal-license-key.command.js';
export { FindLicensesCommand } from './keys/find-licenses.command.js';
export { LicensesFoundEvent } from './events/licenses-found.event.js';
export { RotateLicenseKeyCommand } from './keys/rotate-license-key.command.js';
export { ChangeLicenseTemplateCommand } from './lifecycle/commands/change-license-template.command.js';
export { ConvertTrialCommand } from './lifecycle/commands/convert-trial.command.js';
export { FollowSubscriptionCommand } from './lifecycle/commands/follow-subscription.command.js';
export { LinkSubscriptionCommand } from './lifecycle/commands/link-subscription.command.js';
export { ReinstateLicenseCommand } from './lifecycle/commands/reinstate-license.command.js';
export { RenewLicenseCommand } from './lifecycle/commands/renew-license.command.js';
export { RevokeLicenseCommand } from './lifecycle/commands/revoke-license.command.js';
export { SuspendLicenseCommand } from './lifecycle/commands/suspend-license.command.js';
export { TransferLicenseCommand } from './lifecycle/commands/transfer-license.command.js';
export { UpdateLicenseCommand } from './lifecycle/commands/update-license.command.js';
export { ImportLicensesCommand, type ImportRecord } from './importing/import-licenses.command.js';
export { ImportLine } from './importing/import-line.requests.js';
export { ImportResult } from './importing/import.response.js';
export { ImportedDevices, type LicenseDevices } from './importing/imported-devices.js';
export { mapColumns, ownMapping, type ColumnMapping } from './importing/column-mapping.js';
export { COLUMN_MAPPINGS } from './importing/column-mappings.js';
export { LicenseImportedEvent } from './events/license-imported.event.js';
export { LicenseCreatedEvent } from './events/license-created.event.js';
export * from './events/license-action.events.js';
export * from './events/license-timer.events.js';
export { LicenseActionRequest } from './license-action.requests.js';
export { LicenseKeyRevealedEvent } from './events/license-key-revealed.event.js';
export {
  BatchIssueLine,
  BatchActionLine,
  BatchChangeTemplateLine,
  BatchReinstateLine,
  BatchRenewLine,
  BatchTransferLine,
} from './batches/license-batch.requests.js';
export { SelectLicensesQuery } from './queries/select-licenses.query.js';
export { BatchActionResult, BatchIssueResult } from './batches/license-batch.response.js';
export type { BatchOutcome } from './batches/license-batch-runner.js';
export { ISSUE_PROBLEMS } from './issuing/issue-problems.js';
export { LicensePreview } from './previews/license-preview.response.js';
export { PreviewIssueQuery, type IssueToPreview, type PreviewedIssue } from './previews/preview-issue.query.js';
export { LaterIssueTerms, LicenseStatus, IssueLicenseRequest } from './license.requests.js';
export { devicesResetFields, IssuedLicense, SelectedLicense, type LicenseResponse } from './license.response.js';
export {
  ExpiryTooFarError,
  LicenseFileOutstandingError,
  LicenseNotTrialError,
  LicenseIsTrialError,
  LicenseNeverExpiresError,
  LicenseNotFoundError,
  LicenseRefusedError,
  LicenseStateError,
  SubscriptionManagedError,
  TemplateProductMismatchError,
  ProductInactiveError,
  TemplateIsTrialError,
  TemplateInactiveError,
  TrialAlreadyUsedError,
  TrialNotAllowedError,
} from './license.errors.js';
export type { AppliedTerms, FollowProblem, SubscriptionTerms } from './subscription-terms.js';
export type { LicenseOptions } from './license-options.js';
export {
  LicenseKeySource,
  canonicalLicenseKey,
  FORGOTTEN as FORGOTTEN_KEY,
  isOwnKey,
  KEY_OWNER_SQL,
  licenseKeyDigests,
  storedKeyDigest,
  type KeyTenant,
  type LicenseKeyDigests,
} from './keys/license-key.js';
export { licenseSealContext } from './license.entity.js';
export type { License, LicenseOrigin } from './license.entity.js';
export type { LicenseAction, LicenseState } from './license-status.js';
export { assertSecretsMatch, hasIssuedLicenses } from './keys/assert-secrets-match.js';
export { CHANGE_EVENTS, licenseAsOf, type LicenseAsOf, type PastChange } from './license-as-of.js';
export { isUnchangedSql, LicenseLock, lockUnchangedSql, setSeatsInUseSql } from './license-lock.js';
export { LicenseReader, readLicense } from './license-reader.js';
export { DeviceReset } from './device-reset.js';
export { SeatCounter, type CountedTerms } from './seat-counter.js';
export { LicensingModule } from './licensing.module.js';
export { FindLicenseQuery } from './queries/find-license.query.js';
export { GetLicenseQuery } from './queries/get-license.query.js';
export { ListRevokedLicensesQuery } from './queries/list-revoked-licenses.query.js';
export { ListLicensesQuery } from './queries/list-licenses.query.js';
export { leaseEnd, leaseEndSql, leasingLicensesSql } from './lease-end.js';
export { maxActivationsOf, startsWithUse } from './max-activations.js';
export { assertFirstTerm, Overrides } from './license-overrides.js';
