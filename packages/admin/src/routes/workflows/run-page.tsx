import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { CircleCheck, CircleX, RotateCcw, X } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { isCode } from '../../api/problem';
import { workflowRunQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Card, Fact, Facts } from '../../parts/card';
import { Code } from '../../parts/copy';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ProblemLine } from '../../parts/problem-line';
import { RelativeTime, Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import type { Reason } from '../../parts/reason-fields';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useText, useWord } from '../../text/texts';
import { RunState } from './run-state';
import { TEXT_LINK } from '../../parts/text-link';
import { ResourceDetail } from '../../parts/resource-detail';

type Run = Schemas['WorkflowRunDetails'];

const route = getRouteApi('/workflow-runs/$runId');
const REFRESH_MS = 3_000;
const ENDED = ['COMPLETED', 'FAILED', 'CANCELLED'];

/** Permissions that a signal needs beside `workflows:signal`, by workflow and signal. */
const SIGNALS: Readonly<Record<string, readonly string[]>> = {
  'lead-to-customer approved': ['workflows:approve'],
  'partner-onboarding approved': ['partners:approve'],
  'quote-to-order accepted': ['orders:write'],
};

export const RunPage = gated('workflows:read', function RunPage() {
  const { runId } = route.useParams();
  const run = useQuery({
    ...workflowRunQuery(runId),
    refetchInterval: ({ state }) =>
      isCode(state.error, 'UNAUTHENTICATED') || (state.data && ENDED.includes(state.data.state)) ? false : REFRESH_MS,
  });
  return (
    <ResourceDetail query={run} id={runId}>
      {(read) => <Details run={read} />}
    </ResourceDetail>
  );
});

function Details({ run }: { run: Run }) {
  const t = useText();
  const word = useWord();
  return (
    <>
      <PageHeader
        above={
          <Link to="/workflow-runs" className="hover:underline">
            {t('runs.title')}
          </Link>
        }
        name={word('workflow', run.workflow)}
        title={
          <span className="flex flex-wrap items-center gap-3">
            {word('workflow', run.workflow)}
            <RunState state={run.state} />
          </span>
        }
        hint={<Code>{run.run_id}</Code>}
        actions={<Actions run={run} />}
      />
      <div className="grid items-start gap-5 lg:grid-cols-3">
        <Steps run={run} />
        <div className="space-y-5">
          <Card title={t('runs.facts')}>
            <Facts>
              <Fact name={t('runs.started')}>
                <Time at={run.created_at} />
              </Fact>
              {run.ended_at !== null && (
                <Fact name={t('runs.ended')}>
                  <Time at={run.ended_at} />
                </Fact>
              )}
              {run.waiting_for !== null && (
                <Fact name={t('runs.waitingFor')}>
                  {run.waiting_for}
                  {run.waiting_until !== null && (
                    <span className="block text-xs text-soft">
                      <RelativeTime at={run.waiting_until} />
                    </span>
                  )}
                </Fact>
              )}
              {run.customer_id !== null && (
                <Fact name={t('customer')}>
                  <Link
                    to="/customers/$customerId"
                    params={{ customerId: run.customer_id }}
                    className={`text-accent-ink ${TEXT_LINK}`}
                  >
                    {run.customer_id}
                  </Link>
                </Fact>
              )}
              <Fact name={t('runs.failedAttempts')}>{run.failed_attempts}</Fact>
              <Fact name={t('runs.engine')}>{run.engine}</Fact>
            </Facts>
          </Card>
          {run.error && (
            <Card title={t('runs.error')}>
              <Badge tone="bad">{run.error.code}</Badge>
              <p className="mt-2 text-sm text-soft">
                <ProblemLine code={run.error.code} detail={run.error.detail} />
              </p>
            </Card>
          )}
          {run.result && (
            <Card title={t('runs.result')}>
              <pre tabIndex={0} aria-label={t('runs.result')} className="overflow-x-auto font-mono text-xs">
                {JSON.stringify(run.result, null, 2)}
              </pre>
            </Card>
          )}
        </div>
      </div>
    </>
  );
}

function Steps({ run }: { run: Run }) {
  const t = useText();
  const steps = run.steps ?? [];
  return (
    <Card title={t('runs.steps')} className="lg:col-span-2">
      {steps.length === 0 ? (
        <p className="text-sm text-soft">{t('runs.noSteps')}</p>
      ) : (
        <ol className="divide-y divide-line">
          {steps.map((step, index) => (
            <li key={`${step.name}-${index}`} className="flex flex-wrap items-center gap-3 py-2.5 text-sm">
              {step.outcome === 'DONE' ? (
                <CircleCheck className="size-4 text-good" aria-label={t('runs.done')} />
              ) : (
                <CircleX className="size-4 text-bad" aria-label={t('runs.notDone')} />
              )}
              <span className="grow font-medium">{step.name}</span>
              {step.code !== null && <Badge tone="bad">{step.code}</Badge>}
              {step.attempts > 1 && (
                <span className="text-xs text-soft">{t('runs.attempts', { count: step.attempts })}</span>
              )}
              {step.completed_at !== null && (
                <span className="text-xs text-soft">
                  <Time at={step.completed_at} />
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
      {run.undone.length > 0 && (
        <p className="mt-3 text-sm text-soft">{t('runs.undone', { steps: run.undone.join(', ') })}</p>
      )}
      {run.not_undone.map(({ step, code }) => (
        <p key={step} className="mt-2 text-sm text-bad">
          {t('runs.notUndone', { step, code })}
        </p>
      ))}
    </Card>
  );
}

type RunAction = 'signal' | 'retry' | 'cancel';

/** Sending the signal that a run waits for, cancelling it, and another try after it stalled. */
function Actions({ run }: { run: Run }) {
  const may = useMay();
  const t = useText();
  const word = useWord();
  // The signal that was asked about stays, whatever the run waits for meanwhile.
  const [open, setOpen] = useState<{ readonly action: RunAction; readonly signal: string } | undefined>();
  const isOpen = !ENDED.includes(run.state) && run.cancel_requested_at === null;
  const signal = isOpen ? run.waiting_for : null;
  const maySend = may('workflows:signal') && (SIGNALS[`${run.workflow} ${signal}`] ?? []).every(may);
  const all = [
    {
      name: 'retry',
      icon: RotateCcw,
      label: t('runs.retry'),
      open: run.state === 'STALLED' && may('workflows:cancel'),
    },
    { name: 'signal', icon: CircleCheck, label: word('signal', signal ?? ''), open: signal !== null && maySend },
    { name: 'cancel', icon: X, label: t('runs.cancel'), open: isOpen && may('workflows:cancel'), danger: true },
  ] as const;
  return (
    <>
      {all
        .filter((action) => action.open)
        .map(({ name, icon: Icon, label, ...action }) => (
          <Button
            key={name}
            look={'danger' in action ? 'plain' : 'primary'}
            onClick={() => {
              setOpen({ action: name, signal: signal ?? '' });
            }}
          >
            <Icon aria-hidden />
            {label}
          </Button>
        ))}
      {open && (
        <ActionDialog
          {...open}
          run={run}
          onClose={() => {
            setOpen(undefined);
          }}
        />
      )}
    </>
  );
}

/** Confirms what changes the further way of a run. */
function ActionDialog({
  action,
  signal,
  run,
  onClose,
}: {
  action: RunAction;
  signal: string;
  run: Run;
  onClose: () => void;
}) {
  const t = useText();
  const word = useWord();
  const client = useQueryClient();
  const { run_id } = run;
  const texts = {
    signal: [word('signal', signal), t('runs.signalHint'), t('runs.signalSent')],
    retry: [t('runs.retry'), t('runs.retryHint'), t('runs.retried')],
    cancel: [t('runs.cancel'), t('runs.cancelHint'), t('runs.cancelRequested')],
  } as const;
  const [title, hint, done] = texts[action];
  const write = useGuardedWrite({
    resource: run,
    read: () => client.query({ ...workflowRunQuery(run_id), staleTime: 0 }),
    write: (body: { reason: Reason }, base): Promise<unknown> => {
      const header = ifUnchanged(base);
      const params = { path: { run_id }, header };
      if (action === 'cancel') return bodyOf(api.POST('/v1/workflow-runs/{run_id}/cancel', { params, body }));
      if (action === 'retry') return bodyOf(api.POST('/v1/workflow-runs/{run_id}/retry', { params }));
      return bodyOf(
        api.POST('/v1/workflow-runs/{run_id}/signals/{signal}', {
          params: { path: { run_id, signal }, header },
          body: {},
        }),
      );
    },
    done,
    changes: ['workflow-runs', 'orders', 'partners'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={title}
      hint={hint}
      submitLabel={title}
      danger={action === 'cancel'}
      values={{ reason: { code: 'OTHER' } }}
      write={write}
      onClose={onClose}
    >
      {({ control }) => action === 'cancel' && <ReasonControl control={control} name="reason" />}
    </WriteDialog>
  );
}
