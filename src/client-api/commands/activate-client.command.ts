import { Command } from '@nestjs/cqrs';
import type { ActivationResponse } from '../../activations/index.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { ClientActivateRequest } from '../client.requests.js';
import type { Origin } from '../client.guard.js';
import type { LicenseKeyCaller } from '../license-key.guard.js';

/**
 * Gives the device of a program a seat, where the license may be used there. Throws LicenseNotFoundError,
 * LicenseRestrictedError, and what ActivateDeviceCommand throws.
 */
export class ActivateClientCommand extends Command<ActivationResponse> {
  static readonly operation = 'client.activate';

  constructor(
    readonly licensee: LicenseKeyCaller,
    readonly request: ClientActivateRequest,
    readonly origin: Origin,
    readonly options: CommandOptions,
  ) {
    super();
  }
}
