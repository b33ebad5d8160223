import { Command } from '@nestjs/cqrs';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { LicenseKeyCaller, Origin } from '../../validation/index.js';
import type { ClientActivateRequest } from '../client.requests.js';
import type { ClientActivation } from '../client.response.js';

/**
 * Activates the device of a program after a check of the restrictions. Throws LicenseKeyReplacedError, LicenseRestrictedError, and the errors of
 * ActivateDeviceCommand.
 */
export class ActivateClientCommand extends Command<ClientActivation> {
  static readonly operation = 'client.activate';

  constructor(
    readonly caller: LicenseKeyCaller,
    readonly request: ClientActivateRequest,
    readonly origin: Origin,
    readonly options: CommandOptions,
  ) {
    super();
  }
}
