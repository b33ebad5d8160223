import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities } from '../../shared/persistence/tenant-scoped.repository.js';
import { Clock } from '../../shared/time/clock.js';
import { InvitationRepository } from './invitation.repository.js';
import { toInvitationResponse } from './invitation.response.js';
import { ListInvitationsQuery } from './list-invitations.query.js';

@QueryHandler(ListInvitationsQuery)
export class ListInvitationsHandler implements IQueryHandler<ListInvitationsQuery> {
  constructor(
    private readonly invitations: InvitationRepository,
    private readonly paginator: Paginator,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, request }: ListInvitationsQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'partner-invitations' }, request);
    const rows = await this.invitations.list(actor.tenantId, equalities({ partnerId: request.partner_id }), page);
    const now = this.clock.now();
    return this.paginator.page(
      rows,
      page,
      ({ createdAt: at, invitationId: id }) => ({ at, id }),
      (invitation) => toInvitationResponse(invitation, now),
    );
  }
}
