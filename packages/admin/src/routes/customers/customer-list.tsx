import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useMemo } from 'react';
import { api, bodyOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { Badge } from '../../parts/badge';
import { LinkButton } from '../../parts/button';
import { DataTable } from '../../parts/data-table';
import { FilterBar, FilterSelect, SearchField } from '../../parts/filter-bar';
import { Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { nameOfCustomer } from './customer-picker';

const route = getRouteApi('/customers');

export function CustomerList() {
  return (
    <Gate permission="customers:read">
      <Customers />
    </Gate>
  );
}

function Customers() {
  const t = useText();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(() => given(search), [search]);
  const list = useList(['customers', 'list', filter], (cursor) =>
    bodyOf(api.GET('/v1/customers', { params: { query: { limit: 50, ...filter, ...given({ cursor }) } as never } })),
  );
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: given({ ...search, ...changed }), replace: true });
  const isFiltered = Object.keys(search).length > 0;
  const create = may('customers:write') && (
    <LinkButton to="/customers/new" look="primary">
      <Plus aria-hidden />
      {t('customers.new')}
    </LinkButton>
  );
  return (
    <>
      <PageHeader title={t('customers.title')} name={t('customers.title')} actions={create} />
      <FilterBar onClear={isFiltered ? () => void navigate({ search: {}, replace: true }) : undefined}>
        <SearchField label={t('customers.search')} value={search.q ?? ''} onChange={(q) => change({ q })} />
        <FilterSelect
          label={t('active.any')}
          value={search.active}
          onChange={(active) => change({ active })}
          options={[
            ['true', t('active.true')],
            ['false', t('active.false')],
          ]}
        />
      </FilterBar>
      <DataTable
        label={t('customers.title')}
        list={list}
        rowKey={({ customer_id }) => customer_id}
        empty={
          isFiltered ? (
            <Empty title={t('list.noMatch')} hint={t('list.noMatchHint')} />
          ) : (
            <Empty title={t('customers.empty')} hint={t('customers.emptyHint')}>
              {create}
            </Empty>
          )
        }
        columns={[
          {
            id: 'name',
            header: t('customer'),
            cell: (customer) => (
              <div className="min-w-0">
                <Link
                  to="/customers/$customerId"
                  params={{ customerId: customer.customer_id }}
                  className="font-medium hover:text-accent-ink underline decoration-accent-ink/30 underline-offset-2 hover:decoration-current"
                >
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
