import type { Actor } from '../../shared/access/actor.js';
import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { BlockedDeviceResponse } from './blocked-device.response.js';

/**
 * Ends the block of a device and returns it. The device gets no seat by that: it must be activated again. Throws ValidationError,
 * LicenseNotFoundError, BlockedDeviceNotFoundError.
 */
export class UnblockDeviceCommand extends TenantCommand<BlockedDeviceResponse> {
  static readonly operation = 'blocked-devices.delete';

  readonly request: ReasonRequest;

  constructor(
    actor: Actor,
    readonly licenseId: string,
    readonly blockedDeviceId: string,
    request: ReasonRequest = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ReasonRequest, request);
  }

  get payload() {
    return { license_id: this.licenseId, blocked_device_id: this.blockedDeviceId, ...this.request };
  }
}
