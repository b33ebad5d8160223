import { WorkflowRunCommand } from './workflow-run.command.js';

/** Lets a stalled run repeat its step with the same idempotency key. Throws WorkflowRunStateError. */
export class RetryWorkflowRunCommand extends WorkflowRunCommand {
  static readonly operation = 'workflows.retry';
}
