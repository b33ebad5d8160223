import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { ActivationResponse } from '../activation.response.js';

/**
 * Says that a device still runs, which renews its lease where the license lends seats. No event tells of it.
 * Throws LicenseNotFoundError, LicenseStateError, ActivationNotFoundError, HeartbeatExpiredError,
 * DeviceNotActivatedError.
 */
export class HeartbeatCommand extends TenantCommand<ActivationResponse> {
  static readonly operation = 'client.heartbeat';

  constructor(
    actor: Actor,
    readonly licenseId: string,
    readonly fingerprint: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { license_id: this.licenseId, fingerprint: this.fingerprint };
  }
}
