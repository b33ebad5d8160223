import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { RevocationListResponse } from '../revocation-list.response.js';

/**
 * Returns the current revocation list. Signs a new one if the content changed and a second has passed, another key is active, or it is a
 * day old; the first creates a signing key. Internal. Throws TenantNotFoundError, NoActiveSigningKeyError.
 */
export class PublishRevocationListCommand extends TenantCommand<RevocationListResponse> {
  static readonly operation = 'revocation-list.publish';

  constructor(actor: Actor) {
    super(actor, {});
  }

  get payload() {
    return {};
  }
}
