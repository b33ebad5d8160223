import { TenantCommand, type CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import type { LicenseResponse } from '../../license.response.js';
import type { AppliedTerms, FollowProblem, SubscriptionTerms } from '../../subscription-terms.js';

export interface FollowRequest {
  readonly terms: SubscriptionTerms;
  /** Result of the last command; null: none since the license was linked. */
  readonly applied: AppliedTerms | null;
  /** Throws what the license refuses. Otherwise it takes over the rest, and the result names the problem. */
  readonly strict?: boolean;
}

export interface FollowResult {
  readonly license: LicenseResponse;
  readonly applied: AppliedTerms | null;
  readonly problem: FollowProblem | null;
}

/**
 * Lets a linked license follow its subscription: template, seats, expiry, grace period, suspension. What was revoked or suspended by hand
 * stays so. Throws LicenseNotFoundError, and with `strict` the errors of a change of template, LicenseStateError and ExpiryTooFarError.
 */
export class FollowSubscriptionCommand extends TenantCommand<FollowResult> {
  static readonly operation = 'licenses.follow-subscription';

  constructor(
    actor: Actor,
    readonly licenseId: string,
    readonly request: FollowRequest,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { license_id: this.licenseId, request: this.request };
  }
}
