import { TenantCommand, type CommandOptions } from '../../shared/events/tenant-command.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { ActivationResponse } from '../activation.dto.js';

/** A device by its own name for itself, or by the id of its activation. */
export type DeviceName = { readonly fingerprint: string } | { readonly activationId: string };

/**
 * Gives the seat of a device back, in whatever state the license is. Doing it twice is harmless: the second time nothing
 * changes. Throws LicenseNotFoundError, ActivationNotFoundError, SeatLentError.
 */
export class DeactivateDeviceCommand extends TenantCommand<ActivationResponse> {
  constructor(
    actor: Actor,
    readonly licenseId: string,
    readonly device: DeviceName,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }
}
