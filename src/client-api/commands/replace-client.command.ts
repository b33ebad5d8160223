import { Command } from '@nestjs/cqrs';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { LicenseKeyCaller, Origin } from '../../validation/index.js';
import type { ClientReplaceRequest } from '../client.requests.js';
import type { ClientActivation } from '../client.response.js';

/**
 * Replaces another device by that of a program after a check of the restrictions. Throws LicenseKeyReplacedError, LicenseRestrictedError, and the errors of
 * ReplaceDeviceCommand.
 */
export class ReplaceClientCommand extends Command<ClientActivation> {
  static readonly operation = 'client.replace';

  constructor(
    readonly caller: LicenseKeyCaller,
    readonly request: ClientReplaceRequest,
    readonly origin: Origin,
    readonly options: CommandOptions,
  ) {
    super();
  }
}
