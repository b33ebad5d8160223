import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { RevealedLicenseKey } from '../license.response.js';

/** Reveals a license key and records an event with the actor. Throws LicenseNotFoundError, PreconditionFailedError. */
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
