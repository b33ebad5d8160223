import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { ReasonedActionRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/** Suspends a license. Its terms and activations are kept until it is reinstated. */
export class SuspendLicenseCommand extends LicenseCommand<typeof ReasonedActionRequest> {
  static readonly operation = 'licenses.suspend';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof ReasonedActionRequest>,
    options: CommandOptions = {},
  ) {
    super(ReasonedActionRequest, actor, licenseId, request, options);
  }
}
