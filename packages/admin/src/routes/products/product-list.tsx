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
import { ROW_LINK } from '../../parts/text-link';

const route = getRouteApi('/products');

export const ProductList = gated('products:read', Products);

function Products() {
  const t = useText();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/products', 'products', filter);
  const create = <NewLink to="/products/new" permission="products:write" text={t('products.new')} />;
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
