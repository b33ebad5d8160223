import { getRouteApi, Link } from '@tanstack/react-router';
import { useFilteredList } from '../../api/filtered-list';
import { Badge } from '../../parts/badge';
import { ChoiceSelect } from '../../parts/choice-select';
import { NameOf } from '../../parts/name-of';
import { NewLink } from '../../parts/new-link';
import { ActiveFilter, ResourceList, useFilters } from '../../parts/resource-list';
import { SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { useTermInWords } from './term';
import { ROW_LINK } from '../../parts/text-link';

const route = getRouteApi('/templates');

export const TemplateList = gated('templates:read', Templates);

function Templates() {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const term = useTermInWords();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/license-templates', 'templates', filter);
  const create = <NewLink to="/templates/new" permission="templates:write" text={t('templates.new')} />;
  return (
    <>
      <ResourceList
        title={t('templates.title')}
        hint={t('templates.hint')}
        actions={create}
        filters={filters}
        filterFields={
          <>
            <SearchField label={t('templates.search')} value={filter.q ?? ''} onChange={(q) => change({ q })} />
            {may('products:read') && (
              <ChoiceSelect
                isFilter
                aria-label={t('licenses.anyProduct')}
                of="products"
                none={t('licenses.anyProduct')}
                value={filter.product_id ?? ''}
                onChange={(id) => change({ product_id: id || undefined })}
              />
            )}
            <ActiveFilter value={filter.active} onChange={(active) => change({ active })} />
          </>
        }
        list={list}
        rowKey={({ template_id }) => template_id}
        empty={
          <Empty title={t('templates.empty')} hint={t('templates.emptyHint')}>
            {create}
          </Empty>
        }
        columns={[
          {
            id: 'name',
            header: t('template.name'),
            cell: ({ template_id, template_name }) => (
              <div className="min-w-0">
                <Link to="/templates/$templateId" params={{ templateId: template_id }} className={ROW_LINK}>
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
            cell: ({ product_id }) => <NameOf of="products" id={product_id} />,
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
