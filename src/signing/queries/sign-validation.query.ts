import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { SignedDocument, UnsignedDocument } from '../signed-document.js';

/** Signs with the tenant's active key and writes nothing. Undefined if no key is active. Internal. */
export class SignValidationQuery extends Query<SignedDocument | undefined> {
  constructor(
    readonly actor: Actor,
    readonly document: Omit<UnsignedDocument, 'tenantId'>,
  ) {
    super();
  }
}
