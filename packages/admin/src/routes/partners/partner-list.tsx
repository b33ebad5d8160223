import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { api, bodyOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { Badge, type Tone } from '../../parts/badge';
import { LinkButton } from '../../parts/button';
import { FilterSelect, SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
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
  const may = useMay();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useList(['partners', 'list', filter], (cursor) =>
    bodyOf(api.GET('/v1/partners', { params: { query: { limit: 50, ...filter, ...given({ cursor }) } as never } })),
  );
  const create = may('partners:write') && (
    <LinkButton to="/partners/new" look="primary">
      <Plus aria-hidden />
      {t('partners.new')}
    </LinkButton>
  );
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
