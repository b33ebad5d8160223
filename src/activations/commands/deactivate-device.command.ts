import type { z } from 'zod';
import { LicenseActionRequest } from '../../licensing/index.js';
import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import type { ActivationResponse } from '../activation.response.js';
import type { UnlockedOptions } from '../unlocked-license.js';
import type { ActionReason } from '../../shared/http/action-reason.js';

/** Device by its fingerprint or by the id of its activation. */
export type DeviceSelector = { readonly fingerprint: string } | { readonly activationId: string };

/**
 * Frees the seat of a device, in every state of the license. Idempotent. Throws ValidationError, LicenseNotFoundError,
 * ActivationNotFoundError, SeatLentError, DeactivationLimitReachedError.
 */
export class DeactivateDeviceCommand extends TenantCommand<ActivationResponse> {
  static readonly operation = 'activations.deactivate';

  readonly reason: ActionReason | undefined;

  constructor(
    actor: Actor,
    readonly licenseId: string,
    readonly device: DeviceSelector,
    override readonly options: UnlockedOptions = {},
    request: z.input<typeof LicenseActionRequest> = {},
  ) {
    super(actor, options);
    this.reason = validated(LicenseActionRequest, request).reason;
  }

  get payload() {
    return { license_id: this.licenseId, device: this.device, reason: this.reason };
  }
}
