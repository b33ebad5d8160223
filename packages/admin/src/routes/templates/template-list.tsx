import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useMemo } from 'react';
import { api, bodyOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { productsQuery } from '../../api/queries';
import { Badge } from '../../parts/badge';
import { LinkButton } from '../../parts/button';
import { DataTable } from '../../parts/data-table';
import { FilterBar, FilterSelect, SearchField } from '../../parts/filter-bar';
import { Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { useTermInWords } from './term';

const route = getRouteApi('/templates');

export function TemplateList() {
  return (
    <Gate permission="templates:read">
      <Templates />
    </Gate>
  );
}

function Templates() {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const term = useTermInWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(() => given(search), [search]);
  const products = useQuery({ ...productsQuery, enabled: may('products:read') });
  const list = useList(['templates', 'list', filter], (cursor) =>
    bodyOf(
      api.GET('/v1/license-templates', { params: { query: { limit: 50, ...filter, ...given({ cursor }) } as never } }),
    ),
  );
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: given({ ...search, ...changed }), replace: true });
  const isFiltered = Object.keys(search).length > 0;
  const create = may('templates:write') && (
    <LinkButton to="/templates/new" look="primary">
      <Plus aria-hidden />
      {t('templates.new')}
    </LinkButton>
  );
  return (
    <>
      <PageHeader
        title={t('templates.title')}
        name={t('templates.title')}
        hint={t('templates.hint')}
        actions={create}
      />
      <FilterBar onClear={isFiltered ? () => void navigate({ search: {}, replace: true }) : undefined}>
        <SearchField label={t('templates.search')} value={search.q ?? ''} onChange={(q) => change({ q })} />
        {products.data && (
          <FilterSelect
            label={t('licenses.anyProduct')}
            value={search.product_id}
            onChange={(product_id) => change({ product_id })}
            options={products.data.data.map(({ product_id, name }) => [product_id, name])}
          />
        )}
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
        label={t('templates.title')}
        list={list}
        rowKey={({ template_id }) => template_id}
        empty={
          isFiltered ? (
            <Empty title={t('list.noMatch')} hint={t('list.noMatchHint')} />
          ) : (
            <Empty title={t('templates.empty')} hint={t('templates.emptyHint')}>
              {create}
            </Empty>
          )
        }
        columns={[
          {
            id: 'name',
            header: t('template.name'),
            cell: ({ template_id, template_name }) => (
              <div className="min-w-0">
                <Link
                  to="/templates/$templateId"
                  params={{ templateId: template_id }}
                  className="font-medium hover:text-accent-ink underline decoration-accent-ink/30 underline-offset-2 hover:decoration-current"
                >
                  {template_name}
                </Link>
                <div className="truncate font-mono text-xs text-soft">{template_id}</div>
              </div>
            ),
          },
          {
            id: 'product',
            header: t('license.product'),
            secondary: true,
            cell: ({ product_id }) =>
              products.data?.data.find((product) => product.product_id === product_id)?.name ?? product_id,
          },
          {
            id: 'type',
            header: t('template.type'),
            cell: ({ license_type }) => <Badge tone="info">{word('type', license_type)}</Badge>,
          },
          { id: 'term', header: t('license.term'), secondary: true, cell: (template) => term(template) },
          {
            id: 'seats',
            header: t('license.seats'),
            secondary: true,
            align: 'right',
            cell: ({ max_activations }) => max_activations ?? t('seats.unlimitedShort'),
          },
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
