import type { IssueRow } from './issue-statement.js';
import type { IssueLicenseCommand } from './issue-license.command.js';
import type { IdempotencyClaim } from '../../shared/persistence/idempotency.js';
import type { IssuedLicense } from '../license.response.js';

/** Issue request with the license that was created for it and is not stored yet. */
export interface PreparedIssue {
  readonly pending: PendingIssue;
  readonly row: IssueRow;
  readonly result: IssuedLicense;
}

/** Issue request with the callbacks of its caller. */
export interface PendingIssue {
  readonly command: IssueLicenseCommand;
  readonly claim: IdempotencyClaim | undefined;
  /** Requests with the same idempotency key that arrived while this one was waiting or in flight. */
  readonly followers: PendingIssue[];
  /** License that was created before the group was dispatched; undefined if its terms were not cached. */
  prepared?: PreparedIssue | undefined;
  readonly resolve: (issued: IssuedLicense) => void;
  readonly reject: (error: unknown) => void;
}

export type PendingIssues = readonly [PendingIssue, ...PendingIssue[]];

/** Issue requests by tenant, each tenant's in order of arrival. */
export type IssueGroup = ReadonlyMap<string, PendingIssues>;
