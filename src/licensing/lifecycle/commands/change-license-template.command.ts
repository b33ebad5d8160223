import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { ChangeLicenseTemplateRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/**
 * Applies the terms of another template of the same product. Also throws PermissionDeniedError, TemplateNotFoundError, TemplateInactiveError,
 * ProductInactiveError, TemplateProductMismatchError, TemplateIsTrialError, LicenseIsTrialError, LicenseFileOutstandingError.
 */
export class ChangeLicenseTemplateCommand extends LicenseCommand<typeof ChangeLicenseTemplateRequest> {
  static readonly operation = 'licenses.change-template';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof ChangeLicenseTemplateRequest>,
    options: CommandOptions = {},
  ) {
    super(ChangeLicenseTemplateRequest, actor, licenseId, request, options);
  }

  override get partnerActions() {
    return this.request.new_term === undefined
      ? (['change-template'] as const)
      : (['change-template', 'renew'] as const);
  }
}
