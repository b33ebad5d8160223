import { TenantCommand } from '../../shared/events/tenant-command.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { SignedDocument, UnsignedDocument } from '../signed-document.js';

/** Signs with the tenant's active key, which is made where there is none. For modules of this process. Throws TenantNotFoundError. */
export class SignDocumentCommand extends TenantCommand<SignedDocument> {
  constructor(
    actor: Actor,
    readonly document: Omit<UnsignedDocument, 'tenantId'>,
  ) {
    super(actor, {});
  }
}
