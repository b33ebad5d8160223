import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListPartnersRequest } from '../partner.requests.js';
import type { PartnerPage } from '../partner.response.js';

export class ListPartnersQuery extends Query<PartnerPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListPartnersRequest,
  ) {
    super();
  }
}
