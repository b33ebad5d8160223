import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { CircleCheck, CircleX, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { isCode } from '../../api/problem';
import { workflowRunQuery } from '../../api/queries';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Card, Fact, Facts } from '../../parts/card';
import { Code } from '../../parts/copy';
import { Dialog, DialogActions } from '../../parts/dialog';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ProblemLine } from '../../parts/problem-line';
import { Fault } from '../../parts/states';
import { RelativeTime, Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { WriteDialog } from '../../parts/write-dialog';
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

/** Sending the signal that a run waits for, cancelling it, and another try after it stalled. */
function Actions({ run }: { run: Run }) {
  const t = useText();
  const may = useMay();
  const word = useWord();
  const [isCancelling, setCancelling] = useState(false);
  const [isSignalling, setSignalling] = useState(false);
  const changes = ['workflow-runs'];
  const { run_id } = run;
  const params = { path: { run_id }, header: ifUnchanged(run) };
  const cancel = useWrite({
    write: () => bodyOf(api.POST('/v1/workflow-runs/{run_id}/cancel', { params })),
    done: t('runs.cancelRequested'),
    changes,
    onDone: () => {
      setCancelling(false);
    },
  });
  const retry = useWrite({
    write: () => bodyOf(api.POST('/v1/workflow-runs/{run_id}/retry', { params })),
    done: t('runs.retried'),
    changes,
  });
  const isOpen = !ENDED.includes(run.state) && run.cancel_requested_at === null;
  const signal = isOpen ? run.waiting_for : null;
  const maySend = may('workflows:signal') && (SIGNALS[`${run.workflow} ${signal}`] ?? []).every(may);
  return (
    <>
      <Fault error={retry.error} />
      {run.state === 'STALLED' && may('workflows:cancel') && (
        <Button
          look="primary"
          busy={retry.isPending}
          onClick={() => {
            retry.mutate(undefined);
          }}
        >
          <RotateCcw aria-hidden />
          {t('runs.retry')}
        </Button>
      )}
      {signal !== null && maySend && (
        <Button
          look="primary"
          onClick={() => {
            setSignalling(true);
          }}
        >
          <CircleCheck aria-hidden />
          {word('signal', signal)}
        </Button>
      )}
      {isSignalling && signal !== null && (
        <SignalDialog
          run={run}
          signal={signal}
          onClose={() => {
            setSignalling(false);
          }}
        />
      )}
      {isOpen && may('workflows:cancel') && (
        <Button
          onClick={() => {
            setCancelling(true);
          }}
        >
          {t('runs.cancel')}
        </Button>
      )}
      {isCancelling && (
        <Dialog
          open
          onClose={() => {
            setCancelling(false);
          }}
          title={t('runs.cancel')}
          hint={t('runs.cancelHint')}
        >
          <Fault error={cancel.error} />
          <DialogActions>
            <Button
              onClick={() => {
                setCancelling(false);
              }}
            >
              {t('back')}
            </Button>
            <Button
              look="danger"
              busy={cancel.isPending}
              onClick={() => {
                cancel.mutate(undefined);
              }}
            >
              {t('runs.cancel')}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </>
  );
}

/** A signal such as an approval. It changes what a run does next, so it is confirmed. */
function SignalDialog({ run, signal, onClose }: { run: Run; signal: string; onClose: () => void }) {
  const t = useText();
  const word = useWord();
  const { run_id } = run;
  const send = useWrite({
    write: (_input: object) =>
      bodyOf(
        api.POST('/v1/workflow-runs/{run_id}/signals/{signal}', {
          params: { path: { run_id, signal }, header: ifUnchanged(run) },
          body: {},
        }),
      ),
    done: t('runs.signalSent'),
    changes: ['workflow-runs', 'orders', 'partners'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={word('signal', signal)}
      hint={t('runs.signalHint')}
      submitLabel={word('signal', signal)}
      values={{}}
      write={send}
      onClose={onClose}
    />
  );
}
