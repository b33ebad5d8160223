import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { WorkflowRunDetails } from '../workflow-run.response.js';

/** Throws WorkflowRunNotFoundError and WorkflowsUnavailableError. */
export class GetWorkflowRunQuery extends Query<WorkflowRunDetails> {
  constructor(
    readonly actor: Actor,
    readonly runId: string,
  ) {
    super();
  }
}
