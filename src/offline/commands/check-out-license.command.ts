import type { z } from 'zod';
import type { ActivateOptions } from '../../activations/index.js';
import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import { CheckOutRequest } from '../license-file.requests.js';
import type { LicenseFileResponse } from '../license-file.response.js';

/**
 * Signs a license file. For a device, the file holds a seat until it expires; no action frees the seat before. Throws ValidationError,
 * LicenseNotFoundError, LicenseStateError, ActivationLimitReachedError.
 */
export class CheckOutLicenseCommand extends TenantCommand<LicenseFileResponse> {
  static readonly operation = 'licenses.check-out';

  readonly request: CheckOutRequest;

  constructor(
    actor: Actor,
    readonly licenseId: string,
    request: z.input<typeof CheckOutRequest>,
    override readonly options: ActivateOptions = {},
  ) {
    super(actor, options);
    this.request = validated(CheckOutRequest, request);
  }

  get payload() {
    return { license_id: this.licenseId, request: this.request };
  }
}
