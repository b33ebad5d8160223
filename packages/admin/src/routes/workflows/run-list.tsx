import { getRouteApi, Link } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { useFilteredList } from '../../api/filtered-list';
import { NewLink } from '../../parts/new-link';
import { useFilters, ResourceList } from '../../parts/resource-list';
import { FilterSelect } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import { useText, useWord } from '../../text/texts';
import { RunState } from './run-state';
import { ROW_LINK } from '../../parts/text-link';

const route = getRouteApi('/workflow-runs');
const WORKFLOWS = ['lead-to-customer', 'partner-onboarding', 'subscription-activation', 'quote-to-order'] as const;
const STATES = ['RUNNING', 'WAITING', 'STALLED', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;

export const RunList = gated('workflows:read', Runs);

function Runs() {
  const t = useText();
  const word = useWord();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/workflow-runs', 'workflow-runs', filter);
  const start = <NewLink to="/workflow-runs/new" permission="workflows:start" icon={Play} text={t('runs.start')} />;
  return (
    <>
      <ResourceList
        title={t('runs.title')}
        hint={t('runs.hint')}
        actions={start}
        filters={filters}
        filterFields={
          <>
            <FilterSelect
              label={t('runs.anyWorkflow')}
              value={filter.workflow}
              onChange={(workflow) => change({ workflow })}
              options={WORKFLOWS.map((name) => [name, word('workflow', name)])}
            />
            <FilterSelect
              label={t('runs.anyState')}
              value={filter.state}
              onChange={(state) => change({ state })}
              options={STATES.map((state) => [state, word('run', state)])}
            />
          </>
        }
        list={list}
        rowKey={({ run_id }) => run_id}
        empty={<Empty title={t('runs.empty')} hint={t('runs.emptyHint')} />}
        columns={[
          {
            id: 'run',
            header: t('runs.run'),
            cell: ({ run_id, workflow }) => (
              <div className="min-w-0">
                <Link to="/workflow-runs/$runId" params={{ runId: run_id }} className={ROW_LINK}>
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
