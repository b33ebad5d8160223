import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CursorTime, NEWEST_FIRST } from '../../shared/http/paging.js';
import { Paginator } from '../../shared/http/paginator.js';
import type { SortOrder } from '../../shared/persistence/page-request.js';
import { equalities, range, type Condition } from '../../shared/persistence/tenant-scoped.repository.js';
import { Clock } from '../../shared/time/clock.js';
import type { Subscription } from '../subscription.entity.js';
import { SubscriptionRepository } from '../subscription.repository.js';
import type { ListSubscriptionsRequest } from '../subscription.requests.js';
import { toSubscriptionResponse } from '../subscription.response.js';
import type { SubscriptionStatus } from '../subscription-status.js';
import { SubscriptionUpdater } from '../subscription-updater.js';
import { ListSubscriptionsQuery } from './list-subscriptions.query.js';

/** Sort order of the index that the filter by the end of the period uses. */
const PERIOD_ENDS_SOONEST_FIRST: SortOrder = { by: 'item.periodEnd', descending: false, bound: ':at', at: CursorTime };

@QueryHandler(ListSubscriptionsQuery)
export class ListSubscriptionsHandler implements IQueryHandler<ListSubscriptionsQuery> {
  constructor(
    private readonly subscriptions: SubscriptionRepository,
    private readonly updater: SubscriptionUpdater,
    private readonly paginator: Paginator,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, request }: ListSubscriptionsQuery) {
    const byPeriod = (request.period_ends_from ?? request.period_ends_before) !== undefined;
    const order = byPeriod ? PERIOD_ENDS_SOONEST_FIRST : NEWEST_FIRST;
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'subscriptions' }, request, order);
    const now = this.clock.now();
    const rows = await this.subscriptions.list(actor.tenantId, conditionsOf(request, now), page);
    // The reads of the licenses share one statement.
    const licenses = await Promise.all(rows.map((row) => this.updater.licenseOf(actor, row)));
    const responses = new Map(rows.map((row, at) => [row, toSubscriptionResponse(row, licenses[at] ?? null, now)]));
    const position = ({ createdAt, periodEnd, subscriptionId: id }: Subscription) => ({
      at: byPeriod ? (periodEnd ?? '') : createdAt,
      id,
    });
    return this.paginator.page(
      rows,
      page,
      position,
      (row) => responses.get(row) ?? toSubscriptionResponse(row, null, now),
    );
  }
}

function conditionsOf(request: ListSubscriptionsRequest, now: Date): Condition[] {
  return [
    ...equalities({
      customerId: request.customer_id,
      templateId: request.template_id,
      licenseId: request.license_id,
    }),
    ...inStatus(request.status, now),
    ...range('periodEnd', request.period_ends_from, request.period_ends_before),
  ];
}

/** Returns `Subscription.statusAt` as SQL conditions. */
function inStatus(status: SubscriptionStatus | undefined, now: Date): Condition[] {
  if (status === undefined) return [];
  if (status === 'ENDED') return [{ sql: 'item.endsAt <= :now', parameters: { now } }];
  return [...equalities({ status }), { sql: 'item.endsAt IS NULL OR item.endsAt > :now', parameters: { now } }];
}
