import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { UpdateLicenseRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/** Edits fields of one license. Also throws LicenseNeverExpiresError, ExpiryTooFarError, LicenseFileOutstandingError. */
export class UpdateLicenseCommand extends LicenseCommand<typeof UpdateLicenseRequest> {
  static readonly operation = 'licenses.update';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof UpdateLicenseRequest>,
    options: CommandOptions = {},
  ) {
    super(UpdateLicenseRequest, actor, licenseId, request, options);
  }
}
