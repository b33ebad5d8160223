import { getRouteApi, Link } from '@tanstack/react-router';
import { useFilteredList } from '../../api/filtered-list';
import { FilterSelect } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { NewLink } from '../../parts/new-link';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useText, useWord } from '../../text/texts';
import { CustomerFilter } from '../customers/customer-filter';
import { SubscriptionState } from './subscription-state';

const route = getRouteApi('/subscriptions');
const STATUSES = ['TRIALING', 'ACTIVE', 'PAST_DUE', 'CANCELED', 'ENDED'] as const;

export const SubscriptionList = gated('subscriptions:read', Subscriptions);

function Subscriptions() {
  const t = useText();
  const word = useWord();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/subscriptions', 'subscriptions', filter);
  const create = <NewLink to="/subscriptions/new" permission="subscriptions:write" text={t('subscriptions.new')} />;
  return (
    <ResourceList
      title={t('subscriptions.title')}
      hint={t('subscriptions.hint')}
      actions={create}
      filters={filters}
      filterFields={
        <>
          <CustomerFilter value={filter.customer_id} onChange={(customer_id) => change({ customer_id })} />
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
