import type { z } from 'zod';
import type { Actor } from '../../shared/access/actor.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { BlockDeviceRequest } from './blocked-device.requests.js';
import type { BlockedDeviceResponse } from './blocked-device.response.js';

export interface BlockOptions extends CommandOptions {
  /** Only for sample data, whose id is in public documents. */
  readonly blockedDeviceId?: string;
}

/**
 * Blocks a device for a license, in every state of the license, and frees its seat at once, also one that a license file holds. Idempotent:
 * returns the existing block. Throws ValidationError, LicenseNotFoundError.
 */
export class BlockDeviceCommand extends TenantCommand<BlockedDeviceResponse> {
  static readonly operation = 'blocked-devices.create';

  readonly request: BlockDeviceRequest;

  constructor(
    actor: Actor,
    readonly licenseId: string,
    request: z.input<typeof BlockDeviceRequest>,
    override readonly options: BlockOptions = {},
  ) {
    super(actor, options);
    this.request = validated(BlockDeviceRequest, request);
  }

  get payload() {
    return { license_id: this.licenseId, request: this.request };
  }
}
