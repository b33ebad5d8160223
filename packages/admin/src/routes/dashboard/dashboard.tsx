import { useQuery } from '@tanstack/react-query';
import { Link, Navigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useIntl } from 'react-intl';
import { api, bodyOf, type Schemas } from '../../api/client';
import { licenseQuery } from '../../api/queries';
import { LinkButton } from '../../parts/button';
import { BarChart } from '../../parts/bar-chart';
import { Card } from '../../parts/card';
import { cn } from '../../parts/class-names';
import { Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Empty, Loading, Refusal, Skeleton } from '../../parts/states';
import { ROW_LINK, TEXT_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord, type TextId } from '../../text/texts';
import { Seats } from '../licenses/license-status';

/** The first page: the dashboard for those who may read reports, else the licenses. */
export function Home() {
  return <Navigate to={useMay()('reports:read') ? '/dashboard' : '/licenses'} replace />;
}

export function Dashboard() {
  const t = useText();
  const may = useMay();
  return (
    <Gate permission="reports:read">
      <PageHeader
        title={t('dashboard.title')}
        name={t('dashboard.title')}
        actions={
          may('licenses:issue') && (
            <LinkButton to="/issue" look="primary">
              <Plus aria-hidden />
              {t('licenses.issue')}
            </LinkButton>
          )
        }
      />
      <div className="space-y-5">
        <Overview />
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <Expirations />
          <Activity />
          <Fullest />
          <Denials />
        </div>
        {may('events:read') && <Latest />}
      </div>
    </Gate>
  );
}

interface Read<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

function Report<T>({
  title,
  hint,
  query,
  isChart = false,
  children,
}: {
  title: string;
  hint?: string;
  query: Read<T>;
  /** A chart has its height before it is there, so that nothing moves. */
  isChart?: boolean;
  children: (data: T) => ReactNode;
}) {
  const { data, error } = query;
  return (
    <Card title={title} hint={hint} className={cn(isChart && 'min-h-76')}>
      {data !== undefined ? (
        children(data)
      ) : error ? (
        <Refusal error={error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading />
      )}
    </Card>
  );
}

const TILES: readonly { name: keyof Schemas['OverviewTotals']; text: TextId; status: string; dot: string }[] = [
  { name: 'active', text: 'state.ACTIVE', status: 'ACTIVE', dot: 'bg-good' },
  { name: 'in_grace', text: 'state.IN_GRACE', status: 'EXPIRED', dot: 'bg-warn' },
  { name: 'suspended', text: 'state.SUSPENDED', status: 'SUSPENDED', dot: 'bg-warn' },
  { name: 'expired', text: 'state.EXPIRED', status: 'EXPIRED', dot: 'bg-bad' },
  { name: 'revoked', text: 'state.REVOKED', status: 'REVOKED', dot: 'bg-bad' },
];

function Overview() {
  const t = useText();
  const intl = useIntl();
  const query = useQuery({ queryKey: ['reports', 'overview'], queryFn: () => bodyOf(api.GET('/v1/reports/overview')) });
  if (query.error && !query.data) {
    return (
      <Card flush>
        <Refusal error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  }
  const totals = query.data?.totals;
  return (
    <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
      {TILES.map(({ name, text, status, dot }) => (
        <li key={name}>
          <Link
            to="/licenses"
            search={{ status }}
            className="block rounded-xl border border-line bg-card p-4 shadow-xs transition-colors hover:border-accent"
          >
            <span className="flex items-center gap-2 text-xs text-soft">
              <span aria-hidden className={`size-2 rounded-full ${dot}`} />
              {t(text)}
            </span>
            <span className="mt-1 block text-2xl font-semibold tracking-tight tabular-nums">
              {totals ? intl.formatNumber(totals[name]) : <Skeleton className="h-8 w-12" />}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Writes a day of a report, which is one in UTC. */
function useDay(): (day: string) => string {
  const intl = useIntl();
  return (day) => intl.formatDate(`${day}T00:00:00Z`, { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

function Expirations() {
  const t = useText();
  const day = useDay();
  const query = useQuery({
    queryKey: ['reports', 'expirations'],
    queryFn: () => bodyOf(api.GET('/v1/reports/expirations', { params: { query: { days: '90' } as never } })),
  });
  return (
    <Report isChart title={t('dashboard.expirations')} hint={t('dashboard.expirationsHint')} query={query}>
      {({ data }) => (
        <BarChart
          label={t('dashboard.expirations')}
          series={[
            { name: t('dashboard.expiring'), fill: 'bg-accent' },
            { name: t('dashboard.renewing'), fill: 'bg-good' },
            { name: t('state.SUSPENDED'), fill: 'bg-warn' },
          ]}
          bars={data.map((row) => ({ label: day(row.day), values: [row.expiring, row.renewing, row.suspended] }))}
        />
      )}
    </Report>
  );
}

function Activity() {
  const t = useText();
  const day = useDay();
  const query = useQuery({ queryKey: ['reports', 'activity'], queryFn: () => bodyOf(api.GET('/v1/reports/activity')) });
  return (
    <Report isChart title={t('dashboard.activity')} hint={t('dashboard.last30')} query={query}>
      {({ data }) => (
        <BarChart
          label={t('dashboard.activity')}
          series={[
            { name: t('dashboard.issued'), fill: 'bg-accent' },
            { name: t('dashboard.renewed'), fill: 'bg-good' },
            { name: t('state.REVOKED'), fill: 'bg-bad-fill' },
          ]}
          bars={data.map((row) => ({ label: day(row.day), values: [row.issued, row.renewed, row.revoked] }))}
        />
      )}
    </Report>
  );
}

function Fullest() {
  const t = useText();
  const query = useQuery({
    queryKey: ['reports', 'utilisation'],
    queryFn: () => bodyOf(api.GET('/v1/reports/utilisation')),
  });
  return (
    <Report title={t('dashboard.fullest')} hint={t('dashboard.fullestHint')} query={query}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty title={t('dashboard.noFull')} />
        ) : (
          <ul className="divide-y divide-line">
            {data.slice(0, 8).map((row) => (
              <li key={row.license_id} className="flex flex-wrap items-center justify-between gap-3 py-2.5">
                <Link
                  to="/licenses/$licenseId"
                  params={{ licenseId: row.license_id }}
                  search={{ tab: 'devices' }}
                  className={`min-w-0 truncate text-sm text-accent-ink ${TEXT_LINK}`}
                >
                  <LicenseName licenseId={row.license_id} />
                </Link>
                <Seats used={row.seats_in_use} max={row.seats} />
              </li>
            ))}
          </ul>
        )
      }
    </Report>
  );
}

/** The holder of a license, and its id until that is known. */
function LicenseName({ licenseId }: { licenseId: string }) {
  const may = useMay();
  const { data } = useQuery({ ...licenseQuery(licenseId), enabled: may('licenses:read') });
  return data ? (
    <>
      {data.issued_to} <span className="font-mono text-xs text-soft">…{data.license_key_last_four}</span>
    </>
  ) : (
    <span className="font-mono text-xs">{licenseId}</span>
  );
}

const LATEST = 6;

function Latest() {
  const t = useText();
  const word = useWord();
  const query = useQuery({
    queryKey: ['events', 'latest'],
    queryFn: () =>
      bodyOf(api.GET('/v1/license-events', { params: { query: { order: 'desc', limit: LATEST } as never } })),
  });
  return (
    <Report title={t('dashboard.latest')} query={query}>
      {({ data }) => (
        <>
          <ol className="divide-y divide-line text-sm">
            {data.map(({ seq, event_type, license_id, created_at }) => (
              <li key={seq} className="flex flex-wrap justify-between gap-x-6 py-2">
                {license_id === null ? (
                  <span className="font-medium">{word('event', event_type)}</span>
                ) : (
                  <Link to="/licenses/$licenseId" params={{ licenseId: license_id }} className={ROW_LINK}>
                    {word('event', event_type)}
                  </Link>
                )}
                <span className="text-xs text-soft">
                  <RelativeTime at={created_at} />
                </span>
              </li>
            ))}
          </ol>
          <p className="mt-3 text-sm">
            <Link to="/events" className={`text-accent-ink ${TEXT_LINK}`}>
              {t('dashboard.allEvents')}
            </Link>
          </p>
        </>
      )}
    </Report>
  );
}

function Denials() {
  const t = useText();
  const word = useWord();
  const query = useQuery({
    queryKey: ['reports', 'denials'],
    queryFn: () => bodyOf(api.GET('/v1/reports/denials', { params: { query: { by: 'product' } } })),
  });
  return (
    <Report title={t('dashboard.denials')} hint={t('dashboard.last30')} query={query}>
      {({ data }) => {
        const counts = new Map<string, number>();
        for (const { code, denials } of data) counts.set(code, (counts.get(code) ?? 0) + denials);
        const rows = [...counts].sort(([, a], [, b]) => b - a).slice(0, 8);
        if (rows.length === 0) return <Empty title={t('dashboard.noDenials')} />;
        const most = rows[0]?.[1] ?? 1;
        return (
          <ul className="space-y-3">
            {rows.map(([code, count]) => (
              <li key={code}>
                <div className="flex justify-between gap-3 text-sm">
                  <span>{word('why', code)}</span>
                  <span className="tabular-nums">{count}</span>
                </div>
                <div aria-hidden className="mt-1 h-1.5 overflow-hidden rounded-full bg-sunken">
                  <div className="h-full rounded-full bg-bad-fill" style={{ width: `${(100 * count) / most}%` }} />
                </div>
              </li>
            ))}
          </ul>
        );
      }}
    </Report>
  );
}
