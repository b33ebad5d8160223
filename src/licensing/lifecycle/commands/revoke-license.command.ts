import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { ReasonedActionRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/** Revokes a license permanently. The license and its events are kept. */
export class RevokeLicenseCommand extends LicenseCommand<typeof ReasonedActionRequest> {
  static readonly operation = 'licenses.revoke';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof ReasonedActionRequest>,
    options: CommandOptions = {},
  ) {
    super(ReasonedActionRequest, actor, licenseId, request, options);
  }
}
