import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { RevealedLicenseKey } from '../license.response.js';

/** Shows the whole key, and writes down who saw it. Throws LicenseNotFoundError. */
export class RevealLicenseKeyCommand extends TenantCommand<RevealedLicenseKey> {
  static readonly operation = 'licenses.reveal-key';

  constructor(
    actor: Actor,
    readonly licenseId: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { license_id: this.licenseId };
  }
}
