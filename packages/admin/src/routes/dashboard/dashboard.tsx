import { useQuery } from '@tanstack/react-query';
import { Link, Navigate } from '@tanstack/react-router';
import { useIntl } from 'react-intl';
import { api, bodyOf, type Schemas } from '../../api/client';
import { overviewQuery } from '../../api/queries';
import { BarChart } from '../../parts/bar-chart';
import { Card } from '../../parts/card';
import { Gate } from '../../parts/gate';
import { NewLink } from '../../parts/new-link';
import { PageHeader } from '../../parts/page';
import { Empty, Refusal, Skeleton } from '../../parts/states';
import { ROW_LINK, TEXT_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord, type TextId } from '../../text/texts';
import { ByTemplate } from './by-template';
import { Denials } from './denials';
import { Expirations } from './expirations';
import { Report, useDay } from './report';
import { FullestLicenses, Peaks } from './seats';

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
        actions={<NewLink to="/issue" permission="licenses:issue" text={t('licenses.issue')} />}
      />
      <div className="space-y-5">
        <Overview />
        <Expirations />
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <div className="space-y-5">
            <FullestLicenses />
            <Activity />
          </div>
          <div className="space-y-5">
            <Peaks />
            <Denials />
          </div>
        </div>
        {may('events:read') && <Latest />}
        <ByTemplate />
      </div>
    </Gate>
  );
}

interface Tile {
  readonly name: keyof Schemas['OverviewTotals'];
  readonly text: TextId;
  /** Filter of the list that the tile leads to. */
  readonly search: { readonly status: string } | { readonly trial: 'true' };
  readonly dot: string;
}

const TILES: readonly Tile[] = [
  { name: 'active', text: 'state.ACTIVE', search: { status: 'ACTIVE' }, dot: 'bg-good' },
  { name: 'pending', text: 'state.PENDING', search: { status: 'PENDING' }, dot: 'bg-accent' },
  { name: 'trials', text: 'licenses.trials', search: { trial: 'true' }, dot: 'bg-accent' },
  { name: 'in_grace', text: 'state.IN_GRACE', search: { status: 'EXPIRED' }, dot: 'bg-warn' },
  { name: 'suspended', text: 'state.SUSPENDED', search: { status: 'SUSPENDED' }, dot: 'bg-warn' },
  { name: 'expired', text: 'state.EXPIRED', search: { status: 'EXPIRED' }, dot: 'bg-bad' },
  { name: 'revoked', text: 'state.REVOKED', search: { status: 'REVOKED' }, dot: 'bg-bad' },
];

function Overview() {
  const t = useText();
  const intl = useIntl();
  const query = useQuery(overviewQuery);
  if (query.error && !query.data) {
    return (
      <Card flush>
        <Refusal error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  }
  const totals = query.data?.totals;
  const { events_behind: behind = 0, as_of: asOf = null } = query.data ?? {};
  if (totals?.licenses === 0 && behind === 0) {
    return (
      <Card flush>
        <Empty title={t('licenses.empty')} hint={t('licenses.emptyHint')}>
          <NewLink to="/issue" permission="licenses:issue" text={t('licenses.issueFirst')} />
        </Empty>
      </Card>
    );
  }
  return (
    <div>
      <ul className="grid grid-cols-2 gap-3 sm:grid-cols-4 xl:grid-cols-7">
        {TILES.map(({ name, text, search, dot }) => (
          <li key={name}>
            <Link
              to="/licenses"
              search={search}
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
      <p className="mt-2 min-h-4 text-xs text-soft">
        {asOf !== null && t('dashboard.asOf', { at: intl.formatTime(asOf), count: behind })}
      </p>
    </div>
  );
}

function Activity() {
  const t = useText();
  const day = useDay();
  const query = useQuery({ queryKey: ['reports', 'activity'], queryFn: () => bodyOf(api.GET('/v1/reports/activity')) });
  return (
    <Report className="min-h-76" title={t('dashboard.activity')} hint={t('dashboard.last30')} query={query}>
      {({ data }) => (
        <BarChart
          label={t('dashboard.activity')}
          series={[
            { name: t('dashboard.issued'), fill: 'bg-accent' },
            { name: t('dashboard.renewed'), fill: 'bg-good' },
            { name: t('dashboard.converted'), fill: 'bg-accent-ink' },
            { name: t('state.EXPIRED'), fill: 'bg-warn' },
            { name: t('state.REVOKED'), fill: 'bg-bad-fill' },
          ]}
          bars={data.map((row) => ({
            label: day(row.day),
            values: [row.issued, row.renewed, row.converted, row.expired, row.revoked],
          }))}
        />
      )}
    </Report>
  );
}

const LATEST = 6;

function Latest() {
  const t = useText();
  const word = useWord();
  const query = useQuery({
    queryKey: ['events', 'latest'],
    queryFn: () => bodyOf(api.GET('/v1/license-events', { params: { query: { order: 'desc', limit: LATEST } } })),
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
