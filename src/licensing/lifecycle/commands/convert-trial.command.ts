import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { ConvertTrialRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/**
 * Makes a trial the full license that it was a trial of, or one on the terms of another template. Throws LicenseNotTrialError too, and
 * with a template what ChangeLicenseTemplateCommand throws.
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
}
