import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { WorkflowEngine } from '../engine/engine.js';
import { WorkflowRunNotFoundError } from '../workflow-run.errors.js';
import { WorkflowRunRepository } from '../workflow-run.repository.js';
import { toWorkflowRunDetails } from '../workflow-run.response.js';
import { GetWorkflowRunQuery } from './get-workflow-run.query.js';

@QueryHandler(GetWorkflowRunQuery)
export class GetWorkflowRunHandler implements IQueryHandler<GetWorkflowRunQuery> {
  constructor(
    private readonly runs: WorkflowRunRepository,
    private readonly engine: WorkflowEngine,
  ) {}

  /** The engine is asked for a run that was found under row-level security alone, because its tables have none. */
  async execute({ actor, runId }: GetWorkflowRunQuery) {
    const run = await this.runs.find(actor.tenantId, runId);
    if (!run) throw new WorkflowRunNotFoundError(runId);
    return toWorkflowRunDetails(run, await this.engine.steps(run));
  }
}
