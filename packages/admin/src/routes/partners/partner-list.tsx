import { getRouteApi, Link } from '@tanstack/react-router';
import { useFilteredList } from '../../api/filtered-list';
import { Badge, type Tone } from '../../parts/badge';
import { FilterSelect, SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { NewLink } from '../../parts/new-link';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useText, useWord } from '../../text/texts';

const route = getRouteApi('/partners');
const STATUSES = ['PENDING', 'APPROVED', 'SUSPENDED'] as const;
const TONES: Readonly<Record<string, Tone>> = { PENDING: 'info', APPROVED: 'good', SUSPENDED: 'warn' };

export function PartnerState({ status }: { status: string }) {
  const word = useWord();
  return (
    <Badge tone={TONES[status] ?? 'quiet'} dot>
      {word('partnerStatus', status)}
    </Badge>
  );
}

export const PartnerList = gated('partners:read', Partners);

function Partners() {
  const t = useText();
  const word = useWord();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/partners', 'partners', filter);
  const create = <NewLink to="/partners/new" permission="partners:write" text={t('partners.new')} />;
  return (
    <ResourceList
      title={t('partners.title')}
      hint={t('partners.hint')}
      actions={create}
      filters={filters}
      filterFields={
        <>
          <SearchField label={t('partners.search')} value={filter.q ?? ''} onChange={(q) => change({ q })} />
          <FilterSelect
            label={t('orders.anyStatus')}
            value={filter.status}
            onChange={(status) => change({ status })}
            options={STATUSES.map((status) => [status, word('partnerStatus', status)])}
          />
        </>
      }
      list={list}
      rowKey={({ partner_id }) => partner_id}
      empty={
        <Empty title={t('partners.empty')} hint={t('partners.emptyHint')}>
          {create}
        </Empty>
      }
      columns={[
        {
          id: 'name',
          header: t('partner'),
          cell: ({ partner_id, name }) => (
            <div className="min-w-0">
              <Link to="/partners/$partnerId" params={{ partnerId: partner_id }} className={ROW_LINK}>
                {name}
              </Link>
              <div className="truncate font-mono text-xs text-soft">{partner_id}</div>
            </div>
          ),
        },
        { id: 'email', header: t('customer.email'), secondary: true, cell: ({ email }) => email ?? '—' },
        { id: 'status', header: t('status'), cell: ({ status }) => <PartnerState status={status} /> },
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
