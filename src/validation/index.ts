export { EvidenceCollector, isKeyReplaced, type StoredEvidence } from './evidence-collector.js';
export { assertOfflineUseAllowed, assertSeatAllowed } from './assert-allowed.js';
export type { LicenseKeyCaller } from './license-key-caller.js';
export { ExplainLicenseQuery } from './queries/explain-license.query.js';
export { FindCountryQuery } from './queries/find-country.query.js';
export { ValidateLicenseQuery } from './queries/validate-license.query.js';
export type { Origin } from './request-origin.js';
export { ValidationCounts, type FailedValidation } from './validation-counts.js';
export { FAILURE_CODES, SUCCESS_CODES, type FailureCode, type SuccessCode } from './validation-codes.js';
export { LicenseRestrictedError } from './validation.errors.js';
export { ValidationModule } from './validation.module.js';
export {
  declaredEnvironmentFields,
  FeatureIds,
  presentedKeyFields,
  proofRequestFields,
  ValidateRequest,
} from './validation.requests.js';
export { ValidateResponse, warningsField } from './validation.response.js';
export { keyWarnings } from './validation-codes.js';
