import { Command } from '@nestjs/cqrs';
import type { CommandOptions } from '../../shared/command-options.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { RevealedLicenseKey } from '../license.dto.js';

/** Shows the whole key, and writes down who saw it. Throws LicenseNotFoundError. */
export class RevealLicenseKeyCommand extends Command<RevealedLicenseKey> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly options: CommandOptions = {},
  ) {
    super();
  }
}
