import type { z } from 'zod';
import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import { DeviceInput } from '../activation.requests.js';
import type { LockedLicense } from '../locked-license.js';
import type { UnlockedOptions } from '../unlocked-license.js';
import type { ActivationResponse } from '../activation.response.js';

export interface ActivateOptions extends UnlockedOptions {
  /** Address of the sender. No part of the payload, because a retry may come from another address. */
  readonly ipAddress?: string;
  /** License and device as they were locked in the open unit of work; without it the command locks them. */
  readonly locked?: LockedLicense;
  /** Only for sample data, whose id is in public documents. */
  readonly activationId?: string;
}

/**
 * Activates a device, or returns its active activation. `holdUntil` holds the seat until then; a newly taken seat also ends then. Throws
 * ValidationError, LicenseNotFoundError, LicenseStateError, DeviceBlockedError, InvalidFieldError, ActivationLimitReachedError,
 * DeactivationLimitReachedError.
 */
export class ActivateDeviceCommand extends TenantCommand<ActivationResponse> {
  static readonly operation = 'activations.create';

  readonly device: DeviceInput;

  constructor(
    actor: Actor,
    readonly licenseId: string,
    device: z.input<typeof DeviceInput>,
    override readonly options: ActivateOptions = {},
    readonly holdUntil: Date | null = null,
  ) {
    super(actor, options);
    this.device = validated(DeviceInput, device);
  }

  get payload() {
    return { license_id: this.licenseId, device: this.device, held_until: this.holdUntil };
  }
}
