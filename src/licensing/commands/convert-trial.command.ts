import type { z } from 'zod';
import type { CommandOptions } from '../../shared/events/tenant-command.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { LicenseActionRequest } from '../license-actions.dto.js';
import { LicenseCommand } from './license.command.js';

/** Makes a trial the full license that it was a trial of. Throws LicenseIsNoTrialError too. */
export class ConvertTrialCommand extends LicenseCommand<typeof LicenseActionRequest> {
  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof LicenseActionRequest>,
    options: CommandOptions = {},
  ) {
    super(LicenseActionRequest, actor, licenseId, request, options);
  }
}
