import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { RevocationListResponse } from '../revocation-list.response.js';

/**
 * The tenant's revocation list as it is now, signed anew where it changed and is a second old, another key is active, or it is a day old. The first one makes
 * the tenant's first key. For modules of this process. Throws TenantNotFoundError, NoActiveSigningKeyError.
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
