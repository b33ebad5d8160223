import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { LicenseOrigin } from '../license.entity.js';
import { IssueLicenseRequest } from '../license.requests.js';
import type { IssuedLicense } from '../license.response.js';

/** License to issue, with its origin. */
export interface LicenseToIssue {
  readonly request: z.input<typeof IssueLicenseRequest>;
  readonly origin?: LicenseOrigin;
}

/**
 * Issues all licenses in one unit of work, or none; the results are in the order of `licenses`. Meant for at most 1,000. Throws
 * LicenseRefusedError, which has the index and the error of the license that could not be issued; its content is checked first.
 */
export class IssueLicensesCommand extends TenantCommand<IssuedLicense[]> {
  static readonly operation = 'licenses.issue-all';

  readonly licenses: readonly { readonly request: IssueLicenseRequest; readonly origin?: LicenseOrigin }[];

  constructor(actor: Actor, licenses: readonly LicenseToIssue[], options: CommandOptions = {}) {
    super(actor, options);
    this.licenses = licenses.map(({ request, origin }) => ({
      request: validated(IssueLicenseRequest, request),
      ...(origin && { origin }),
    }));
  }

  get payload() {
    return { licenses: this.licenses };
  }
}
