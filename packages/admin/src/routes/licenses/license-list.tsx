import { useMutation } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { actingHeaders } from '../../api/acting-for';
import { problemOf } from '../../api/client';
import { useFilteredList } from '../../api/filtered-list';
import { Button } from '../../parts/button';
import { ChoiceSelect } from '../../parts/choice-select';
import { ColumnMenu } from '../../parts/column-menu';
import { download } from '../../parts/download';
import { FilterSelect, SearchField } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { NewLink } from '../../parts/new-link';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty, Fault } from '../../parts/states';
import { useMay } from '../../shell/session';
import { useKept } from '../../shell/use-kept';
import { useText, useWord } from '../../text/texts';
import { BulkBar, UnfinishedChanges } from '../bulk/bulk-bar';
import { BULK_ACTIONS, PERMISSION_OF } from '../bulk/bulk-change';
import { useSelection } from '../bulk/selection';
import { dayFromNow, SOON_DAYS } from './expiry';
import { USUAL_COLUMNS, useLicenseColumns } from './license-columns';
import type { License } from './license-status';
import { ViewMenu } from './license-views';
import { MoreFilters } from './more-filters';

const route = getRouteApi('/licenses');
const STATUSES = ['ACTIVE', 'PENDING', 'SUSPENDED', 'EXPIRED', 'REVOKED', 'INACTIVE'] as const;
const TYPES = ['PERPETUAL', 'SUBSCRIPTION', 'TRIAL', 'EVALUATION', 'CONCURRENT', 'NAMED_USER'] as const;

export const LicenseList = gated('licenses:read', Licenses);

function Licenses() {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/licenses', 'licenses', filter, { limit: 100 });
  const soon = SOON_DAYS.find(
    (days) => filter.expires_before === dayFromNow(days) && filter.expires_from !== undefined,
  );
  const columns = useLicenseColumns();
  const [shown, show] = useKept('license-columns', USUAL_COLUMNS);
  const selection = useSelection(filter);
  const selectable = BULK_ACTIONS.some((action) => may(PERMISSION_OF[action]))
    ? {
        isTicked: ({ license_id }: License) => selection.has(license_id),
        onTick: selection.tick,
        labelOf: ({ issued_to }: License) => t('bulk.select', { name: issued_to }),
        labelOfAll: t('bulk.selectShown'),
        disabled: selection.selection.kind === 'matching',
      }
    : undefined;
  return (
    <ResourceList
      title={t('licenses.title')}
      actions={
        <>
          <ViewMenu filter={filter} onShow={filters.show} />
          <ColumnMenu columns={columns.slice(1)} shown={shown} onChange={show} />
          <ExportButton query={filter} />
          <NewLink to="/issue" permission="licenses:issue" text={t('licenses.issue')} />
        </>
      }
      filters={filters}
      filterFields={
        <>
          <SearchField
            label={t('licenses.search')}
            value={filter.q ?? ''}
            onChange={(q) => change({ q })}
            holdsBackKeys
          />
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
          <MoreFilters filter={filter} onChange={change} />
          {filter.customer_id !== undefined && <Chip text={t('licenses.ofCustomer', { id: filter.customer_id })} />}
          {filter.order_id !== undefined && <Chip text={t('licenses.ofOrder', { id: filter.order_id })} />}
          {filter.has_free_seats === 'false' && <Chip text={t('licenses.full')} />}
          {filter.trial === 'true' && <Chip text={t('licenses.trials')} />}
          {filter.partner_id !== undefined && <Chip text={t('licenses.ofPartner', { id: filter.partner_id })} />}
          {filter.template_id !== undefined && <Chip text={t('licenses.ofTemplate', { id: filter.template_id })} />}
        </>
      }
      list={list}
      rowKey={({ license_id }) => license_id}
      columns={columns.filter(({ id }, index) => index === 0 || shown.includes(id))}
      selection={selectable}
      above={
        <>
          <UnfinishedChanges />
          <BulkBar selection={selection} />
        </>
      }
      empty={
        <Empty title={t('licenses.empty')} hint={t('licenses.emptyHint')}>
          <NewLink to="/issue" permission="licenses:issue" text={t('licenses.issueFirst')} />
        </Empty>
      }
    />
  );
}

function Chip({ text }: { text: string }) {
  return <span className="rounded-full bg-accent-soft px-3 py-1 text-xs font-medium text-accent-ink">{text}</span>;
}

/** Exports the licenses of the view, all pages of it. */
function ExportButton({ query }: { query: Record<string, string> }) {
  const t = useText();
  const csv = useMutation({
    mutationFn: async () => {
      const response = await fetch(`/v1/licenses?${new URLSearchParams(query).toString()}`, {
        headers: { Accept: 'text/csv', ...actingHeaders() },
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
