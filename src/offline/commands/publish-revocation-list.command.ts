import { TenantCommand } from '../../shared/events/tenant-command.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { RevocationListResponse } from '../revocation-list.dto.js';

/** The tenant's revocation list, signed anew where it changed and is a second old or more. Throws TenantNotFoundError. */
export class PublishRevocationListCommand extends TenantCommand<RevocationListResponse> {
  constructor(actor: Actor) {
    super(actor, {});
  }
}
