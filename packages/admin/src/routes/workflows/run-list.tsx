import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { api, bodyOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { DataTable } from '../../parts/data-table';
import { FilterBar, FilterSelect } from '../../parts/filter-bar';
import { Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import { useText, useWord } from '../../text/texts';
import { RunState } from './run-state';

const route = getRouteApi('/workflow-runs');
const WORKFLOWS = ['lead-to-customer', 'partner-onboarding', 'subscription-activation', 'quote-to-order'] as const;
const STATES = ['RUNNING', 'WAITING', 'STALLED', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;

export function RunList() {
  return (
    <Gate permission="workflows:read">
      <Runs />
    </Gate>
  );
}

function Runs() {
  const t = useText();
  const word = useWord();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(() => given(search), [search]);
  const list = useList(['workflow-runs', 'list', filter], (cursor) =>
    bodyOf(
      api.GET('/v1/workflow-runs', { params: { query: { limit: 50, ...filter, ...given({ cursor }) } as never } }),
    ),
  );
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: given({ ...search, ...changed }), replace: true });
  const isFiltered = Object.keys(search).length > 0;
  return (
    <>
      <PageHeader title={t('runs.title')} name={t('runs.title')} hint={t('runs.hint')} />
      <FilterBar onClear={isFiltered ? () => void navigate({ search: {}, replace: true }) : undefined}>
        <FilterSelect
          label={t('runs.anyWorkflow')}
          value={search.workflow}
          onChange={(workflow) => change({ workflow })}
          options={WORKFLOWS.map((name) => [name, word('workflow', name)])}
        />
        <FilterSelect
          label={t('runs.anyState')}
          value={search.state}
          onChange={(state) => change({ state })}
          options={STATES.map((state) => [state, word('run', state)])}
        />
      </FilterBar>
      <DataTable
        label={t('runs.title')}
        list={list}
        rowKey={({ run_id }) => run_id}
        empty={
          isFiltered ? (
            <Empty title={t('list.noMatch')} hint={t('list.noMatchHint')} />
          ) : (
            <Empty title={t('runs.empty')} hint={t('runs.emptyHint')} />
          )
        }
        columns={[
          {
            id: 'run',
            header: t('runs.run'),
            cell: ({ run_id, workflow }) => (
              <div className="min-w-0">
                <Link
                  to="/workflow-runs/$runId"
                  params={{ runId: run_id }}
                  className="font-medium hover:text-accent-ink underline decoration-accent-ink/30 underline-offset-2 hover:decoration-current"
                >
                  {word('workflow', workflow)}
                </Link>
                <div className="truncate font-mono text-xs text-soft">{run_id}</div>
              </div>
            ),
          },
          { id: 'state', header: t('status'), cell: ({ state }) => <RunState state={state} /> },
          {
            id: 'waiting',
            header: t('runs.waitingFor'),
            secondary: true,
            cell: ({ waiting_for }) => waiting_for ?? '—',
          },
          { id: 'customer', header: t('customer'), secondary: true, cell: ({ customer_id }) => customer_id ?? '—' },
          { id: 'created', header: t('runs.started'), cell: ({ created_at }) => <RelativeTime at={created_at} /> },
        ]}
      />
    </>
  );
}
