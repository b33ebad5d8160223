import { TenantCommand } from '../../shared/events/tenant-command.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { RevocationListResponse } from '../revocation-list.dto.js';

/** The tenant's revocation list as it is now, signed anew where it changed. Throws TenantNotFoundError. */
export class PublishRevocationListCommand extends TenantCommand<RevocationListResponse> {
  constructor(actor: Actor) {
    super(actor, {});
  }
}
