import type { z } from 'zod';
import type { Actor } from '../../shared/access/actor.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { DeviceInput } from '../activation.requests.js';
import type { ActivationResponse } from '../activation.response.js';

export interface ReplaceOptions extends CommandOptions {
  /** Address of the sender. No part of the payload, because a retry may come from another address. */
  readonly ipAddress?: string;
}

/** Device that gives up its seat, and the token of the refusal. */
export interface Replacement {
  readonly activation_id: string;
  readonly replacement_token: string;
}

/**
 * Ends the activation of another device and activates this one in one transaction. A device that is active already keeps its activation,
 * and the other one too. Throws ValidationError, LicenseNotFoundError, LicenseStateError, DeviceBlockedError, ReplacementTokenInvalidError,
 * ActivationNotFoundError, SeatLentError, DeactivationLimitReachedError, ActivationLimitReachedError.
 */
export class ReplaceDeviceCommand extends TenantCommand<ActivationResponse> {
  static readonly operation = 'activations.replace';

  readonly device: DeviceInput;

  constructor(
    actor: Actor,
    readonly licenseId: string,
    device: z.input<typeof DeviceInput>,
    readonly replacement: Replacement,
    override readonly options: ReplaceOptions = {},
  ) {
    super(actor, options);
    this.device = validated(DeviceInput, device);
  }

  get payload() {
    return { license_id: this.licenseId, device: this.device, replacement: this.replacement };
  }
}
