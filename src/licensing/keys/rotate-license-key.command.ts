import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { LicenseCommand } from '../lifecycle/commands/license.command.js';
import { RotateLicenseKeyRequest } from './rotate-license-key.requests.js';

/** Gives a license a new license key. The former one works until the end of the overlap. */
export class RotateLicenseKeyCommand extends LicenseCommand<typeof RotateLicenseKeyRequest> {
  static readonly operation = 'licenses.rotate-key';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof RotateLicenseKeyRequest>,
    options: CommandOptions = {},
  ) {
    super(RotateLicenseKeyRequest, actor, licenseId, request, options);
  }

  override get partnerActions() {
    return ['rotate-key'] as const;
  }
}
