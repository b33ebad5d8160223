import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { ActivationResponse } from '../activation.response.js';
import type { UnlockedOptions } from '../unlocked-license.js';

/**
 * Records that a device still runs, and extends its lease if the license is floating. Records no event.
 * Throws LicenseNotFoundError, LicenseStateError, ActivationNotFoundError, HeartbeatExpiredError, DeviceNotActivatedError, DeviceBlockedError.
 */
export class HeartbeatCommand extends TenantCommand<ActivationResponse> {
  static readonly operation = 'client.heartbeat';

  constructor(
    actor: Actor,
    readonly licenseId: string,
    readonly fingerprint: string,
    override readonly options: UnlockedOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { license_id: this.licenseId, fingerprint: this.fingerprint };
  }
}
