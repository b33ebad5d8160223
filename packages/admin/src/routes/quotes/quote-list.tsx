import { getRouteApi, Link } from '@tanstack/react-router';
import { useFilteredList } from '../../api/filtered-list';
import { FilterSelect } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { useMoney } from '../../parts/money';
import { NewLink } from '../../parts/new-link';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useText, useWord } from '../../text/texts';
import { CustomerFilter } from '../customers/customer-filter';
import { OrderState } from '../orders/order-state';

const route = getRouteApi('/quotes');
const STATUSES = ['DRAFT', 'SENT', 'ACCEPTED', 'DECLINED', 'EXPIRED'] as const;

export const QuoteList = gated('orders:read', Quotes);

function Quotes() {
  const t = useText();
  const word = useWord();
  const money = useMoney();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/quotes', 'quotes', filter);
  const create = <NewLink to="/quotes/new" permission="orders:write" text={t('quotes.new')} />;
  return (
    <ResourceList
      title={t('quotes.title')}
      hint={t('quotes.hint')}
      actions={create}
      filters={filters}
      filterFields={
        <>
          <CustomerFilter value={filter.customer_id} onChange={(customer_id) => change({ customer_id })} />
          <FilterSelect
            label={t('orders.anyStatus')}
            value={filter.status}
            onChange={(status) => change({ status })}
            options={STATUSES.map((status) => [status, word('orderStatus', status)])}
          />
        </>
      }
      list={list}
      rowKey={({ quote_id }) => quote_id}
      empty={
        <Empty title={t('quotes.empty')} hint={t('quotes.emptyHint')}>
          {create}
        </Empty>
      }
      columns={[
        {
          id: 'quote',
          header: t('order.quote'),
          cell: ({ quote_id }) => (
            <Link to="/quotes/$quoteId" params={{ quoteId: quote_id }} className={`font-mono text-xs ${ROW_LINK}`}>
              {quote_id}
            </Link>
          ),
        },
        { id: 'customer', header: t('customer'), secondary: true, cell: ({ customer_id }) => customer_id },
        { id: 'status', header: t('status'), cell: ({ status }) => <OrderState status={status} /> },
        {
          id: 'valid',
          header: t('quote.validUntil'),
          secondary: true,
          cell: ({ valid_until }) => <RelativeTime at={valid_until} />,
        },
        {
          id: 'total',
          header: t('lines.total'),
          align: 'right',
          cell: ({ total_amount, currency }) => (
            <span className="whitespace-nowrap tabular-nums">{money(total_amount, currency)}</span>
          ),
        },
      ]}
    />
  );
}
