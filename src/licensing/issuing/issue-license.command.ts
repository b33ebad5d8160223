import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { LicenseOrigin } from '../license.entity.js';
import { IssueLicenseRequest } from '../license.requests.js';
import type { IssuedLicense } from '../license.response.js';

export interface IssueOptions extends CommandOptions {
  /** Order, subscription, partner or pool that the license is issued for. A part of the payload. */
  readonly origin?: LicenseOrigin;
  /** Id and license key that are fixed before the issue, only for sample data, because they are in public documents. */
  readonly identity?: { readonly licenseId: string; readonly licenseKey: string };
}

/**
 * Issues one license, like `POST /v1/licenses`. Throws ValidationError, TemplateNotFoundError, TemplateInactiveError,
 * ProductInactiveError, CustomerInactiveError, TrialNotAllowedError, TrialAlreadyUsedError.
 */
export class IssueLicenseCommand extends TenantCommand<IssuedLicense> {
  static readonly operation = 'licenses.issue';

  readonly request: IssueLicenseRequest;

  constructor(
    actor: Actor,
    request: z.input<typeof IssueLicenseRequest>,
    override readonly options: IssueOptions = {},
  ) {
    super(actor, options);
    this.request = validated(IssueLicenseRequest, request);
  }

  /** Pool that the request or its origin names; undefined: none. */
  get poolId(): string | undefined {
    return this.request.pool_id ?? this.options.origin?.poolId;
  }

  /** Tells whether the license is issued from a pool, as all of a partner's are. */
  get isPooled(): boolean {
    return this.actor.partnerId !== undefined || this.poolId !== undefined;
  }

  get payload() {
    const { origin } = this.options;
    return { request: this.request, ...(origin && { origin }) };
  }
}
