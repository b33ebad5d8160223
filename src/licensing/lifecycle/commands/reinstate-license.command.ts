import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { LicenseActionRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/** Ends a suspension. The expiry stays. */
export class ReinstateLicenseCommand extends LicenseCommand<typeof LicenseActionRequest> {
  static readonly operation = 'licenses.reinstate';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof LicenseActionRequest>,
    options: CommandOptions = {},
  ) {
    super(LicenseActionRequest, actor, licenseId, request, options);
  }
}
