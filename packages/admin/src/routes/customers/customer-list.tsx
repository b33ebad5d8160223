import { getRouteApi, Link } from '@tanstack/react-router';
import { useFilteredList } from '../../api/filtered-list';
import { Badge } from '../../parts/badge';
import { NewLink } from '../../parts/new-link';
import { ActiveFilter, ResourceList, useFilters } from '../../parts/resource-list';
import { SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import { useText } from '../../text/texts';
import { nameOfCustomer } from './customer-picker';
import { ROW_LINK } from '../../parts/text-link';

const route = getRouteApi('/customers');

export const CustomerList = gated('customers:read', Customers);

function Customers() {
  const t = useText();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/customers', 'customers', filter);
  const create = <NewLink to="/customers/new" permission="customers:write" text={t('customers.new')} />;
  return (
    <>
      <ResourceList
        title={t('customers.title')}
        actions={create}
        filters={filters}
        filterFields={
          <>
            <SearchField label={t('customers.search')} value={filter.q ?? ''} onChange={(q) => change({ q })} />
            <ActiveFilter value={filter.active} onChange={(active) => change({ active })} />
          </>
        }
        list={list}
        rowKey={({ customer_id }) => customer_id}
        empty={
          <Empty title={t('customers.empty')} hint={t('customers.emptyHint')}>
            {create}
          </Empty>
        }
        columns={[
          {
            id: 'name',
            header: t('customer'),
            cell: (customer) => (
              <div className="min-w-0">
                <Link to="/customers/$customerId" params={{ customerId: customer.customer_id }} className={ROW_LINK}>
                  {nameOfCustomer(customer)}
                </Link>
                <div className="truncate font-mono text-xs text-soft">{customer.customer_id}</div>
              </div>
            ),
          },
          { id: 'email', header: t('customer.email'), secondary: true, cell: ({ email }) => email ?? '—' },
          {
            id: 'active',
            header: t('status'),
            cell: ({ active }) => (
              <Badge tone={active ? 'good' : 'quiet'} dot>
                {active ? t('active.true') : t('active.false')}
              </Badge>
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
    </>
  );
}
