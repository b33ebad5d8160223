import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { ClaimRow } from '../../shared/persistence/idempotency.js';
import type { License } from '../license.entity.js';

/** License that is not stored yet, with its event, and the claim and result of its idempotency key, if it has one. */
export interface NewLicense {
  readonly license: License;
  readonly event: IntegrationEvent;
  readonly keyDigest: Buffer;
  /** Version of the customer row that its name was taken from: 0 without a row, null if no name was taken from one. */
  readonly customerVersion: number | null;
  readonly claim?: ClaimRow | undefined;
}

/** Ids of the licenses that issueAll stored or refused. */
export interface IssueAllResult {
  readonly stored: ReadonlySet<string>;
  /** Licenses not stored, because the customer had a trial of the product before. */
  readonly usedTrials: ReadonlySet<string>;
}
