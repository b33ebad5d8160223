import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities, type Condition } from '../../shared/persistence/tenant-scoped.repository.js';
import { OPEN_RUN_STATES, type RunState } from '../workflow-run-state.js';
import { WorkflowRunRepository } from '../workflow-run.repository.js';
import { toWorkflowRunResponse } from '../workflow-run.response.js';
import { ListWorkflowRunsQuery } from './list-workflow-runs.query.js';

@QueryHandler(ListWorkflowRunsQuery)
export class ListWorkflowRunsHandler implements IQueryHandler<ListWorkflowRunsQuery> {
  constructor(
    private readonly runs: WorkflowRunRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListWorkflowRunsQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'workflow-runs' }, request);
    const conditions = [
      ...equalities({ workflow: request.workflow, customerId: request.customer_id }),
      ...stateCondition(request.state),
    ];
    const rows = await this.runs.list(actor.tenantId, conditions, page);
    return this.paginator.page(rows, page, ({ createdAt: at, runId: id }) => ({ at, id }), toWorkflowRunResponse);
  }
}

/** States of open runs name the partial index. */
function stateCondition(state: RunState | undefined): Condition[] {
  if (state === undefined) return [];
  const isOpen = (OPEN_RUN_STATES as readonly RunState[]).includes(state);
  return [{ sql: `item.state = :state${isOpen ? ' AND item.endedAt IS NULL' : ''}`, parameters: { state } }];
}
