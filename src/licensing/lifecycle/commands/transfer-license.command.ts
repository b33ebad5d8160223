import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { TransferLicenseRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/**
 * Transfers a license to another customer, with its term, and its license key and devices unless the request ends those. Also throws
 * LicenseIsTrialError, CustomerNotFoundError, CustomerInactiveError, PermissionDeniedError.
 */
export class TransferLicenseCommand extends LicenseCommand<typeof TransferLicenseRequest> {
  static readonly operation = 'licenses.transfer';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof TransferLicenseRequest>,
    options: CommandOptions = {},
  ) {
    super(TransferLicenseRequest, actor, licenseId, request, options);
  }

  override get partnerActions() {
    return this.request.rotate_key ? (['transfer', 'rotate-key'] as const) : (['transfer'] as const);
  }
}
