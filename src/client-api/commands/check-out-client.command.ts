import { Command } from '@nestjs/cqrs';
import type { LicenseFileResponse } from '../../offline/index.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { LicenseKeyCaller, Origin } from '../../validation/index.js';
import type { ClientCheckOutRequest } from '../client.requests.js';

/**
 * Signs a license file for a program after a check of the restrictions. Throws LicenseKeyReplacedError, LicenseRestrictedError, and the errors of
 * CheckOutLicenseCommand.
 */
export class CheckOutClientCommand extends Command<LicenseFileResponse> {
  static readonly operation = 'client.check-out';

  constructor(
    readonly caller: LicenseKeyCaller,
    readonly request: ClientCheckOutRequest,
    readonly origin: Origin,
    readonly options: CommandOptions,
  ) {
    super();
  }
}
