import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Download, Pause, Play, Trash2 } from 'lucide-react';
import { useState, useSyncExternalStore } from 'react';
import { Badge, type Tone } from '../../parts/badge';
import { Button, LinkButton } from '../../parts/button';
import { Card } from '../../parts/card';
import { toSpreadsheet } from '../../parts/csv';
import { DataTable } from '../../parts/data-table';
import { Dialog, DialogActions } from '../../parts/dialog';
import { download } from '../../parts/download';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ProblemLine } from '../../parts/problem-line';
import { Progress } from '../../parts/progress';
import { Empty, Fault, Loading, Refusal } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { Time } from '../../parts/time';
import { useMay, useSession } from '../../shell/session';
import { useProblemText } from '../../text/problems';
import { useText, useWord } from '../../text/texts';
import { isDone, PERMISSION_OF, type BulkChange } from './bulk-change';
import { bulkChangesQuery } from './bulk-queries';
import { AnotherTabError, pause, run, runOf, subscribeToRuns, type BulkRun } from './bulk-runner';
import { readParts, removeChange } from './bulk-store';

const route = getRouteApi('/bulk-changes/$changeId');
/** Refused licenses that the page lists; the file has all. */
const SHOWN = 50;

function useRun(id: string): BulkRun {
  return useSyncExternalStore(subscribeToRuns, () => runOf(id));
}

export const BulkChangeList = gated('licenses:read', Changes);
export const BulkChangePage = gated('licenses:read', Change);

function Changes() {
  const t = useText();
  const word = useWord();
  const { me } = useSession();
  const changes = useQuery(bulkChangesQuery(me));
  return (
    <>
      <PageHeader title={t('bulk.title')} name={t('bulk.title')} hint={t('bulk.titleHint')} />
      <DataTable
        label={t('bulk.title')}
        list={{
          rows: changes.data ?? [],
          isPending: changes.isPending,
          isPlaceholderData: false,
          isFetchingNextPage: false,
          hasNextPage: false,
          error: changes.error,
          refetch: changes.refetch,
          fetchNextPage: () => undefined,
        }}
        rowKey={({ id }) => id}
        empty={
          <Empty title={t('bulk.empty')} hint={t('bulk.emptyHint')}>
            <LinkButton to="/licenses">{t('licenses.title')}</LinkButton>
          </Empty>
        }
        columns={[
          {
            id: 'what',
            header: t('bulk.what'),
            cell: (change) => (
              <Link to="/bulk-changes/$changeId" params={{ changeId: change.id }} className={ROW_LINK}>
                {t('bulk.name', { action: word('bulkAction', change.action), count: change.total })}
              </Link>
            ),
          },
          { id: 'state', header: t('status'), cell: (change) => <ChangeState change={change} /> },
          {
            id: 'failed',
            header: t('bulk.failed'),
            align: 'right',
            secondary: true,
            cell: ({ failed }) => <span className="tabular-nums">{failed}</span>,
          },
          { id: 'when', header: t('created'), secondary: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
        ]}
      />
    </>
  );
}

function ChangeState({ change }: { change: BulkChange }) {
  const t = useText();
  const { isRunning } = useRun(change.id);
  const [tone, text]: [Tone, string] = isDone(change)
    ? ['good', t('bulk.done')]
    : isRunning
      ? ['info', t('bulk.running')]
      : ['warn', t('bulk.paused')];
  return (
    <Badge tone={tone} dot>
      {text}
    </Badge>
  );
}

function Change() {
  const t = useText();
  const { me } = useSession();
  const { changeId } = route.useParams();
  const changes = useQuery(bulkChangesQuery(me));
  const change = changes.data?.find(({ id }) => id === changeId);
  if (change) return <Work change={change} />;
  return (
    <Card flush>
      {changes.isPending ? (
        <Loading />
      ) : changes.error ? (
        <Refusal isPage error={changes.error} />
      ) : (
        <Empty isPage title={t('bulk.unknown')} hint={t('bulk.unknownHint')}>
          <LinkButton to="/bulk-changes">{t('bulk.title')}</LinkButton>
        </Empty>
      )}
    </Card>
  );
}

function Work({ change }: { change: BulkChange }) {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const { isRunning, arrived, error } = useRun(change.id);
  const { id, total, succeeded, failed } = change;
  const done = Math.min(total, succeeded + failed + arrived);
  const name = t('bulk.name', { action: word('bulkAction', change.action), count: total });
  return (
    <>
      <PageHeader
        title={name}
        name={name}
        above={<Link to="/bulk-changes">{t('bulk.title')}</Link>}
        hint={<Time at={change.createdAt} />}
        actions={
          <>
            <ResultFile change={change} />
            {!isDone(change) &&
              (isRunning ? (
                <Button
                  onClick={() => {
                    pause(id);
                  }}
                >
                  <Pause aria-hidden />
                  {t('bulk.pause')}
                </Button>
              ) : (
                may(PERMISSION_OF[change.action]) && (
                  <Button look="primary" onClick={() => void run(change)}>
                    <Play aria-hidden />
                    {t('bulk.resume')}
                  </Button>
                )
              ))}
            {!isRunning && <Remove change={change} />}
          </>
        }
      />
      <div className="space-y-5">
        <Card title={<ChangeState change={change} />}>
          <Progress label={name} value={done} failed={failed} max={total} />
          <p className="mt-3 text-sm" role="status">
            {t('bulk.progress', { done, total, failed })}
          </p>
          {isRunning && <p className="mt-1 text-xs text-soft">{t('bulk.leaveHint')}</p>}
          {!isRunning && !isDone(change) && !error && <p className="mt-1 text-xs text-soft">{t('bulk.pausedHint')}</p>}
          {error && (
            <div className="mt-4">
              <Fault error={error instanceof AnotherTabError ? new Error(t('bulk.anotherTab')) : error} />
            </div>
          )}
        </Card>
        {failed > 0 && <Failures change={change} />}
      </div>
    </>
  );
}

/** Why licenses were refused, how many for each reason, and the first of them. */
function Failures({ change }: { change: BulkChange }) {
  const t = useText();
  const textOf = useProblemText();
  const failures = useQuery({
    queryKey: ['bulk-changes', 'failures', change.id, change.failed],
    queryFn: async () => {
      const parts = await readParts(change.id);
      return parts.flatMap(({ results = [] }) => results.filter(({ code }) => code !== undefined));
    },
  });
  const counts = new Map<string, number>();
  for (const { code = '' } of failures.data ?? []) counts.set(code, (counts.get(code) ?? 0) + 1);
  return (
    <Card
      title={t('bulk.failures')}
      hint={[...counts].map(([code, count]) => `${textOf({ code }).meaning}: ${count}`).join(' · ')}
    >
      <ul className="divide-y divide-line text-sm">
        {failures.data?.slice(0, SHOWN).map(({ license_id, code = '', detail }) => (
          <li key={license_id} className="flex flex-wrap justify-between gap-x-6 gap-y-1 py-2">
            <Link
              to="/licenses/$licenseId"
              params={{ licenseId: license_id }}
              className={`${ROW_LINK} font-mono text-xs`}
            >
              {license_id}
            </Link>
            <span className="text-soft">
              <ProblemLine code={code} detail={detail} />
            </span>
          </li>
        ))}
      </ul>
      {change.failed > SHOWN && <p className="mt-3 text-xs text-soft">{t('bulk.moreInFile')}</p>}
    </Card>
  );
}

function ResultFile({ change }: { change: BulkChange }) {
  const t = useText();
  const file = useMutation({
    mutationFn: async () => {
      const parts = await readParts(change.id);
      const rows = parts.flatMap(({ licenses, results }) =>
        licenses.map(({ license_id }, index) => {
          const result = results?.[index];
          const outcome = result === undefined ? 'OPEN' : result.code === undefined ? 'CHANGED' : 'REFUSED';
          return [license_id, outcome, result?.license_status, result?.expiry_date, result?.code, result?.detail];
        }),
      );
      const header = ['license_id', 'outcome', 'license_status', 'expiry_date', 'code', 'detail'];
      download(`${change.action}-${change.createdAt.slice(0, 10)}.csv`, new Blob([toSpreadsheet([header, ...rows])]));
    },
  });
  return (
    <Button
      busy={file.isPending}
      onClick={() => {
        file.mutate();
      }}
    >
      <Download aria-hidden />
      {t('bulk.file')}
    </Button>
  );
}

function Remove({ change }: { change: BulkChange }) {
  const t = useText();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: async () => {
      await removeChange(change.id);
      await navigate({ to: '/bulk-changes' });
      await client.invalidateQueries({ queryKey: ['bulk-changes'] });
    },
  });
  return (
    <>
      <Button
        onClick={() => {
          setAsking(true);
        }}
      >
        <Trash2 aria-hidden />
        {t('bulk.remove')}
      </Button>
      <Dialog
        open={isAsking}
        onClose={() => {
          setAsking(false);
        }}
        title={t('bulk.removeTitle')}
        hint={isDone(change) ? t('bulk.removeHint') : t('bulk.removeOpenHint')}
      >
        <DialogActions>
          <Button
            onClick={() => {
              setAsking(false);
            }}
          >
            {t('cancel')}
          </Button>
          <Button
            look="danger"
            busy={remove.isPending}
            onClick={() => {
              remove.mutate();
            }}
          >
            {t('bulk.remove')}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
