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

const route = getRouteApi('/products');

export function ProductList() {
  return (
    <Gate permission="products:read">
      <Products />
    </Gate>
  );
}

function Products() {
  const t = useText();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(() => given(search), [search]);
  const list = useList(['products', 'list', filter], (cursor) =>
    bodyOf(api.GET('/v1/products', { params: { query: { limit: 50, ...filter, ...given({ cursor }) } as never } })),
  );
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: given({ ...search, ...changed }), replace: true });
  const isFiltered = Object.keys(search).length > 0;
  const create = may('products:write') && (
    <LinkButton to="/products/new" look="primary">
      <Plus aria-hidden />
      {t('products.new')}
    </LinkButton>
  );
  return (
    <>
      <PageHeader title={t('products.title')} name={t('products.title')} actions={create} />
      <FilterBar onClear={isFiltered ? () => void navigate({ search: {}, replace: true }) : undefined}>
        <SearchField label={t('products.search')} value={search.q ?? ''} onChange={(q) => change({ q })} />
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
        label={t('products.title')}
        list={list}
        rowKey={({ product_id }) => product_id}
        empty={
          isFiltered ? (
            <Empty title={t('list.noMatch')} hint={t('list.noMatchHint')} />
          ) : (
            <Empty title={t('products.empty')} hint={t('products.emptyHint')}>
              {create}
            </Empty>
          )
        }
        columns={[
          {
            id: 'name',
            header: t('license.product'),
            cell: ({ product_id, name }) => (
              <div className="min-w-0">
                <Link
                  to="/products/$productId"
                  params={{ productId: product_id }}
                  className="font-medium hover:text-accent-ink underline decoration-accent-ink/30 underline-offset-2 hover:decoration-current"
                >
                  {name}
                </Link>
                <div className="truncate font-mono text-xs text-soft">{product_id}</div>
              </div>
            ),
          },
          { id: 'sku', header: t('product.sku'), secondary: true, cell: ({ sku }) => sku ?? '—' },
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
            id: 'updated',
            header: t('updated'),
            secondary: true,
            cell: ({ updated_at }) => <RelativeTime at={updated_at} />,
          },
        ]}
      />
    </>
  );
}
