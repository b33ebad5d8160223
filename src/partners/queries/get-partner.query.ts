import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { PartnerResponse } from '../partner.response.js';

/** Throws PartnerNotFoundError. */
export class GetPartnerQuery extends Query<PartnerResponse> {
  constructor(
    readonly actor: Actor,
    readonly partnerId: string,
  ) {
    super();
  }
}
