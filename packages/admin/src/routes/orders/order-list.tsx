import { getRouteApi, Link } from '@tanstack/react-router';
import { useFilteredList } from '../../api/filtered-list';
import { FilterSelect, SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { useMoney } from '../../parts/money';
import { NewLink } from '../../parts/new-link';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useText, useWord } from '../../text/texts';
import { CustomerFilter } from '../customers/customer-filter';
import { OrderState, PaymentState } from './order-state';

const route = getRouteApi('/orders');
const STATUSES = ['PENDING', 'APPROVED', 'FULFILLED', 'CANCELLED'] as const;
const PAYMENTS = ['PENDING', 'PARTIAL', 'PAID', 'FAILED', 'REFUNDED'] as const;

export const OrderList = gated('orders:read', Orders);

function Orders() {
  const t = useText();
  const word = useWord();
  const money = useMoney();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/orders', 'orders', filter);
  const create = <NewLink to="/orders/new" permission="orders:write" text={t('orders.new')} />;
  return (
    <ResourceList
      title={t('orders.title')}
      hint={t('orders.hint')}
      actions={create}
      filters={filters}
      filterFields={
        <>
          <SearchField
            label={t('orders.search')}
            value={filter.external_id ?? ''}
            onChange={(external_id) => change({ external_id })}
          />
          <CustomerFilter value={filter.customer_id} onChange={(customer_id) => change({ customer_id })} />
          <FilterSelect
            label={t('orders.anyStatus')}
            value={filter.status}
            onChange={(status) => change({ status })}
            options={STATUSES.map((status) => [status, word('orderStatus', status)])}
          />
          <FilterSelect
            label={t('orders.anyPayment')}
            value={filter.payment_status}
            onChange={(payment_status) => change({ payment_status })}
            options={PAYMENTS.map((status) => [status, word('payment', status)])}
          />
        </>
      }
      list={list}
      rowKey={({ order_id }) => order_id}
      empty={
        <Empty title={t('orders.empty')} hint={t('orders.emptyHint')}>
          {create}
        </Empty>
      }
      columns={[
        {
          id: 'order',
          header: t('orders.order'),
          cell: ({ order_id, external_id }) => (
            <div className="min-w-0">
              <Link to="/orders/$orderId" params={{ orderId: order_id }} className={ROW_LINK}>
                {external_id ?? order_id.slice(-12)}
              </Link>
              <div className="truncate font-mono text-xs text-soft">{order_id}</div>
            </div>
          ),
        },
        { id: 'customer', header: t('customer'), secondary: true, cell: ({ customer_id }) => customer_id },
        { id: 'status', header: t('status'), cell: ({ status }) => <OrderState status={status} /> },
        {
          id: 'payment',
          header: t('orders.payment'),
          cell: ({ payment_status }) => <PaymentState status={payment_status} />,
        },
        {
          id: 'total',
          header: t('lines.total'),
          align: 'right',
          cell: ({ total_amount, currency }) => (
            <span className="whitespace-nowrap tabular-nums">{money(total_amount, currency)}</span>
          ),
        },
        {
          id: 'created',
          header: t('created'),
          secondary: true,
          cell: ({ created_at }) => <RelativeTime at={created_at} />,
        },
      ]}
    />
  );
}
