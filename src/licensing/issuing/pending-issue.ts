import type { IssueRow } from './issue-statement.js';
import type { IssueLicenseCommand } from './issue-license.command.js';
import type { IdempotencyClaim } from '../../shared/persistence/idempotency.js';
import type { IssuedLicense } from '../license.response.js';

/** An order and the license that was made for it. */
export interface PreparedIssue {
  readonly ticket: PendingIssue;
  readonly row: IssueRow;
  readonly result: IssuedLicense;
}

/** An order and who waits for it. */
export interface PendingIssue {
  readonly command: IssueLicenseCommand;
  readonly claim: IdempotencyClaim | undefined;
  /** Orders with the same idempotency key that came while this one waited or was on its way. */
  readonly followers: PendingIssue[];
  /** Its license, where there was time to make it before its group. */
  prepared?: PreparedIssue | undefined;
  readonly resolve: (issued: IssuedLicense) => void;
  readonly reject: (error: unknown) => void;
}

export type PendingIssues = readonly [PendingIssue, ...PendingIssue[]];

/** Orders by tenant, of each as they came. */
export type IssueGroup = ReadonlyMap<string, PendingIssues>;
