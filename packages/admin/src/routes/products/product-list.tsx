import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { api, bodyOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { Badge } from '../../parts/badge';
import { LinkButton } from '../../parts/button';
import { ActiveFilter, ResourceList, useFilters } from '../../parts/resource-list';
import { SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { ROW_LINK } from '../../parts/text-link';

const route = getRouteApi('/products');

export const ProductList = gated('products:read', Products);

function Products() {
  const t = useText();
  const may = useMay();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useList(['products', 'list', filter], (cursor) =>
    bodyOf(api.GET('/v1/products', { params: { query: { limit: 50, ...filter, ...given({ cursor }) } as never } })),
  );
  const create = may('products:write') && (
    <LinkButton to="/products/new" look="primary">
      <Plus aria-hidden />
      {t('products.new')}
    </LinkButton>
  );
  return (
    <>
      <ResourceList
        title={t('products.title')}
        actions={create}
        filters={filters}
        filterFields={
          <>
            <SearchField label={t('products.search')} value={filter.q ?? ''} onChange={(q) => change({ q })} />
            <ActiveFilter value={filter.active} onChange={(active) => change({ active })} />
          </>
        }
        list={list}
        rowKey={({ product_id }) => product_id}
        empty={
          <Empty title={t('products.empty')} hint={t('products.emptyHint')}>
            {create}
          </Empty>
        }
        columns={[
          {
            id: 'name',
            header: t('license.product'),
            cell: ({ product_id, name }) => (
              <div className="min-w-0">
                <Link to="/products/$productId" params={{ productId: product_id }} className={ROW_LINK}>
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
