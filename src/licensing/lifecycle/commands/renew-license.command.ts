import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { RenewLicenseRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/** Renews a license. Also throws LicenseNeverExpiresError, ExpiryTooFarError. */
export class RenewLicenseCommand extends LicenseCommand<typeof RenewLicenseRequest> {
  static readonly operation = 'licenses.renew';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof RenewLicenseRequest>,
    options: CommandOptions = {},
  ) {
    super(RenewLicenseRequest, actor, licenseId, request, options);
  }

  override get partnerActions() {
    return ['renew'] as const;
  }
}
