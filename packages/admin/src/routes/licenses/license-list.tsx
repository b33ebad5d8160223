import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Download, Plus } from 'lucide-react';
import { actingFor } from '../../api/acting-for';
import { api, bodyOf, problemOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { productsQuery } from '../../api/queries';
import { Button, LinkButton } from '../../parts/button';
import { download } from '../../parts/download';
import { FilterSelect, SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty, Fault } from '../../parts/states';
import { RelativeTime, Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { LicenseState, Seats, type License } from './license-status';
import { ROW_LINK } from '../../parts/text-link';

const route = getRouteApi('/licenses');
const STATUSES = ['ACTIVE', 'PENDING', 'SUSPENDED', 'EXPIRED', 'REVOKED', 'INACTIVE'] as const;
const TYPES = ['PERPETUAL', 'SUBSCRIPTION', 'TRIAL', 'EVALUATION', 'CONCURRENT', 'NAMED_USER'] as const;
const SOON_DAYS = [7, 30, 90] as const;

function dayFromNow(days: number): string {
  const day = new Date();
  day.setUTCHours(0, 0, 0, 0);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString();
}

export const LicenseList = gated('licenses:read', Licenses);

function Licenses() {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const products = useQuery({ ...productsQuery, enabled: may('products:read') });
  const list = useList(['licenses', 'list', filter], (cursor) =>
    bodyOf(api.GET('/v1/licenses', { params: { query: { limit: 50, ...filter, ...given({ cursor }) } as never } })),
  );
  const soon = SOON_DAYS.find(
    (days) => filter.expires_before === dayFromNow(days) && filter.expires_from !== undefined,
  );
  return (
    <ResourceList
      title={t('licenses.title')}
      actions={
        <>
          <ExportButton query={filter} />
          {may('licenses:issue') && (
            <LinkButton to="/issue" look="primary">
              <Plus aria-hidden />
              {t('licenses.issue')}
            </LinkButton>
          )}
        </>
      }
      filters={filters}
      filterFields={
        <>
          <SearchField label={t('licenses.search')} value={filter.q ?? ''} onChange={(q) => change({ q })} />
          <FilterSelect
            label={t('licenses.anyStatus')}
            value={filter.status}
            onChange={(status) => change({ status })}
            options={STATUSES.map((status) => [status, word('state', status)])}
          />
          <FilterSelect
            label={t('licenses.anyType')}
            value={filter.license_type}
            onChange={(license_type) => change({ license_type })}
            options={TYPES.map((type) => [type, word('type', type)])}
          />
          {products.data && (
            <FilterSelect
              label={t('licenses.anyProduct')}
              value={filter.product_id}
              onChange={(product_id) => change({ product_id })}
              options={products.data.data.map(({ product_id, name }) => [product_id, name])}
            />
          )}
          <FilterSelect
            label={t('licenses.anyExpiry')}
            value={soon === undefined ? undefined : String(soon)}
            onChange={(days) =>
              change(
                days === undefined
                  ? { expires_from: undefined, expires_before: undefined }
                  : { expires_from: dayFromNow(0), expires_before: dayFromNow(Number(days)) },
              )
            }
            options={SOON_DAYS.map((days) => [String(days), t('licenses.expiresIn', { days })])}
          />
          {filter.customer_id !== undefined && <Chip text={t('licenses.ofCustomer', { id: filter.customer_id })} />}
          {filter.template_id !== undefined && <Chip text={t('licenses.ofTemplate', { id: filter.template_id })} />}
        </>
      }
      list={list}
      rowKey={({ license_id }) => license_id}
      columns={[
        { id: 'issuedTo', header: t('license.issuedTo'), cell: (license) => <Holder license={license} /> },
        {
          id: 'product',
          header: t('license.product'),
          secondary: true,
          cell: (license) => <Product license={license} />,
        },
        { id: 'status', header: t('status'), cell: (license) => <LicenseState license={license} /> },
        {
          id: 'seats',
          header: t('license.seats'),
          secondary: true,
          cell: (license) => <Seats used={license.current_activations} max={license.max_activations} />,
        },
        {
          id: 'expiry',
          header: t('license.expires'),
          cell: ({ expiry_date }) =>
            expiry_date === null ? <span className="text-soft">{t('never')}</span> : <Expiry at={expiry_date} />,
        },
      ]}
      empty={
        <Empty title={t('licenses.empty')} hint={t('licenses.emptyHint')}>
          {may('licenses:issue') && (
            <LinkButton to="/issue" look="primary">
              {t('licenses.issueFirst')}
            </LinkButton>
          )}
        </Empty>
      }
    />
  );
}

function Expiry({ at }: { at: string }) {
  return (
    <div>
      <Time at={at} dateOnly />
      <div className="text-xs text-soft">
        <RelativeTime at={at} />
      </div>
    </div>
  );
}

function Chip({ text }: { text: string }) {
  return <span className="rounded-full bg-accent-soft px-3 py-1 text-xs font-medium text-accent-ink">{text}</span>;
}

function Holder({ license }: { license: License }) {
  return (
    <div className="min-w-0">
      <Link to="/licenses/$licenseId" params={{ licenseId: license.license_id }} className={ROW_LINK}>
        {license.issued_to}
      </Link>
      <div className="font-mono text-xs text-soft">…{license.license_key_last_four}</div>
    </div>
  );
}

function Product({ license }: { license: License }) {
  const word = useWord();
  return (
    <div className="min-w-0">
      <div className="truncate">{license.product_display_name}</div>
      <div className="truncate text-xs text-soft">{word('type', license.license_type)}</div>
    </div>
  );
}

/** Exports the licenses of the view, all pages of it. */
function ExportButton({ query }: { query: Record<string, string> }) {
  const t = useText();
  const csv = useMutation({
    mutationFn: async () => {
      const tenant = actingFor();
      const response = await fetch(`/v1/licenses?${new URLSearchParams(query).toString()}`, {
        headers: { Accept: 'text/csv', ...(tenant !== undefined && { 'X-Tenant-Id': tenant }) },
      });
      if (!response.ok) throw problemOf(await response.json().catch(() => undefined), response);
      download('licenses.csv', await response.blob());
    },
  });
  return (
    <>
      {csv.error && <Fault error={csv.error} />}
      <Button
        busy={csv.isPending}
        onClick={() => {
          csv.mutate();
        }}
      >
        <Download aria-hidden />
        {t('licenses.export')}
      </Button>
    </>
  );
}
