import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import { DeviceInput } from '../activation.requests.js';
import type { ActivationResponse } from '../activation.response.js';

export interface ActivateOptions extends CommandOptions {
  /** Where the request came from. A retry may come from elsewhere, so it is no part of what is asked. */
  readonly ipAddress?: string;
  /** For sample data alone: an id that stands in public documents. */
  readonly activationId?: string;
}

/**
 * Gives a device a seat. The same device again gets the activation that it has. With `lendUntil` nobody can have the seat
 * before that time, and then a device that had none before loses it by itself; CONCURRENT licenses lend every seat.
 * Throws ValidationError, LicenseNotFoundError, LicenseStateError, ActivationLimitReachedError.
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
