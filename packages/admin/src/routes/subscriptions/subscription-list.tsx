import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { api, bodyOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { LinkButton } from '../../parts/button';
import { FilterSelect, SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { SubscriptionState } from './subscription-state';

const route = getRouteApi('/subscriptions');
const STATUSES = ['TRIALING', 'ACTIVE', 'PAST_DUE', 'CANCELED', 'ENDED'] as const;

export const SubscriptionList = gated('subscriptions:read', Subscriptions);

function Subscriptions() {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useList(['subscriptions', 'list', filter], (cursor) =>
    bodyOf(
      api.GET('/v1/subscriptions', { params: { query: { limit: 50, ...filter, ...given({ cursor }) } as never } }),
    ),
  );
  const create = may('subscriptions:write') && (
    <LinkButton to="/subscriptions/new" look="primary">
      <Plus aria-hidden />
      {t('subscriptions.new')}
    </LinkButton>
  );
  return (
    <ResourceList
      title={t('subscriptions.title')}
      hint={t('subscriptions.hint')}
      actions={create}
      filters={filters}
      filterFields={
        <>
          <SearchField
            label={t('filter.customerId')}
            value={filter.customer_id ?? ''}
            onChange={(customer_id) => change({ customer_id })}
          />
          <FilterSelect
            label={t('orders.anyStatus')}
            value={filter.status}
            onChange={(status) => change({ status })}
            options={STATUSES.map((status) => [status, word('subscriptionStatus', status)])}
          />
        </>
      }
      list={list}
      rowKey={({ subscription_id }) => subscription_id}
      empty={
        <Empty title={t('subscriptions.empty')} hint={t('subscriptions.emptyHint')}>
          {create}
        </Empty>
      }
      columns={[
        {
          id: 'subscription',
          header: t('subscription'),
          cell: ({ subscription_id, customer_id }) => (
            <div className="min-w-0">
              <Link
                to="/subscriptions/$subscriptionId"
                params={{ subscriptionId: subscription_id }}
                className={`break-all ${ROW_LINK}`}
              >
                {subscription_id}
              </Link>
              <div className="truncate text-xs text-soft">{customer_id}</div>
            </div>
          ),
        },
        { id: 'plan', header: t('template'), secondary: true, cell: ({ template_id }) => template_id },
        {
          id: 'status',
          header: t('status'),
          cell: (subscription) => <SubscriptionState subscription={subscription} />,
        },
        {
          id: 'quantity',
          header: t('license.seats'),
          secondary: true,
          align: 'right',
          cell: ({ quantity }) => quantity ?? '—',
        },
        {
          id: 'period',
          header: t('subscription.periodEnd'),
          cell: ({ period_end }) => (period_end === null ? '—' : <RelativeTime at={period_end} />),
        },
      ]}
    />
  );
}
