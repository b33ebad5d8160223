import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CursorTime } from '../../shared/http/paging.js';
import { Paginator } from '../../shared/http/paginator.js';
import type { SortOrder } from '../../shared/persistence/page-request.js';
import { equalities, range } from '../../shared/persistence/tenant-scoped.repository.js';
import { BillingEventRepository } from '../billing-event.repository.js';
import { toBillingEventResponse } from '../billing-event.response.js';
import { SubscriptionNotFoundError } from '../subscription.errors.js';
import { SubscriptionRepository } from '../subscription.repository.js';
import { ListBillingEventsQuery } from './list-billing-events.query.js';

const LATEST_FIRST: SortOrder = { by: 'item.occurredAt', descending: true, bound: ':at', at: CursorTime };

@QueryHandler(ListBillingEventsQuery)
export class ListBillingEventsHandler implements IQueryHandler<ListBillingEventsQuery> {
  constructor(
    private readonly subscriptions: SubscriptionRepository,
    private readonly events: BillingEventRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, subscriptionId, request }: ListBillingEventsQuery) {
    const scope = { tenantId: actor.tenantId, list: 'subscription-events', of: subscriptionId };
    const page = this.paginator.request(scope, request, LATEST_FIRST);
    if (!(await this.subscriptions.find(actor.tenantId, subscriptionId)))
      throw new SubscriptionNotFoundError(subscriptionId);
    const conditions = [
      ...equalities({ subscriptionId, kind: request.kind }),
      ...range('occurredAt', request.occurred_from, request.occurred_before),
    ];
    const rows = await this.events.list(actor.tenantId, conditions, page);
    return this.paginator.page(rows, page, ({ occurredAt: at, eventId: id }) => ({ at, id }), toBillingEventResponse);
  }
}
