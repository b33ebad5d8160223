import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListInvitationsRequest } from './invitation.requests.js';
import type { InvitationPage } from './invitation.response.js';

export class ListInvitationsQuery extends Query<InvitationPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListInvitationsRequest,
  ) {
    super();
  }
}
