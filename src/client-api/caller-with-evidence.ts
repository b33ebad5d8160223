import type { LicenseKeyCaller, StoredEvidence } from '../validation/index.js';

/** Caller of a route behind EvidenceGuard. */
export interface CallerWithEvidence extends LicenseKeyCaller {
  readonly evidence: StoredEvidence;
}
