import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListWorkflowRunsRequest } from '../workflow-run.requests.js';
import type { WorkflowRunPage } from '../workflow-run.response.js';

export class ListWorkflowRunsQuery extends Query<WorkflowRunPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListWorkflowRunsRequest,
  ) {
    super();
  }
}
