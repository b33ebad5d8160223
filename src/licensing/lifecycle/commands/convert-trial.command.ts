import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { ConvertTrialRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/**
 * Converts a trial into a full license, optionally with the terms of another template. Also throws LicenseNotTrialError, and with a
 * template the errors of ChangeLicenseTemplateCommand and PermissionDeniedError.
 */
export class ConvertTrialCommand extends LicenseCommand<typeof ConvertTrialRequest> {
  static readonly operation = 'licenses.convert-trial';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof ConvertTrialRequest>,
    options: CommandOptions = {},
  ) {
    super(ConvertTrialRequest, actor, licenseId, request, options);
  }

  override get partnerActions() {
    return this.request.license_template_id === undefined
      ? (['convert-trial'] as const)
      : (['convert-trial', 'change-template'] as const);
  }
}
