export {
  verifySignedValidation,
  type Entitlement,
  type ValidationRequest,
  type SignedValidation,
  type Validation,
} from './signed-validation.js';
export { LicenseClient, type ClientOptions, type Verdict } from './client.js';
export { LicenseError, type ErrorCode, type Problem, type ReplaceableDevice, type Replacement } from './errors.js';
export type { NextAction, NextStep } from './next.js';
export type { PublicKey } from './ed25519.js';
export {
  hasFeature,
  verifyLicenseFile,
  type Feature,
  type LicenseFile,
  type LicenseTerms,
  type Restriction,
} from './license-file.js';
export {
  RevocationList,
  verifyRevocationList,
  type RevocationListCheck,
  type RevocationListDocument,
} from './revocation-list.js';
export type { Activation } from './heartbeat.js';
export { memoryStore, type Store } from './store.js';
export type { SignedDocument, Trust } from './signed-document.js';
export type { VerificationContext } from './verification.js';
