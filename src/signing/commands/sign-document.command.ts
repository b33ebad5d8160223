import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { SignedDocument, UnsignedDocument } from '../signed-document.js';

/**
 * Signs with the tenant's active key; the first signature of a tenant creates its first key. Internal. Throws TenantNotFoundError,
 * NoActiveSigningKeyError.
 */
export class SignDocumentCommand extends TenantCommand<SignedDocument> {
  static readonly operation = 'documents.sign';

  constructor(
    actor: Actor,
    readonly document: Omit<UnsignedDocument, 'tenantId'>,
  ) {
    super(actor, {});
  }

  get payload() {
    return { document: this.document };
  }
}
