import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { JsonObject } from '../../shared/json.js';
import { Metrics } from '../../shared/metrics.js';
import { WorkflowCancelledEvent, WorkflowCompletedEvent, WorkflowFailedEvent } from '../events/workflow-run.events.js';
import { WorkflowRunActions } from '../workflow-run-actions.js';
import { FinishWorkflowRunCommand } from './finish-workflow-run.command.js';

const EVENTS = {
  COMPLETED: WorkflowCompletedEvent,
  FAILED: WorkflowFailedEvent,
  CANCELLED: WorkflowCancelledEvent,
} as const;

@CommandHandler(FinishWorkflowRunCommand)
export class FinishWorkflowRunHandler implements ICommandHandler<FinishWorkflowRunCommand> {
  constructor(
    private readonly actions: WorkflowRunActions,
    private readonly metrics: Metrics,
  ) {}

  async execute(command: FinishWorkflowRunCommand) {
    const { actor, outcome } = command;
    let finished: string | undefined;
    const response = await this.actions.run(command, (open, now) => {
      if (!open.finish(outcome, now)) return undefined;
      finished = open.workflow;
      const { result, error, undone, notUndone } = open;
      const data = outcome.state === 'COMPLETED' ? { result } : { ...error, undone, not_undone: notUndone };
      return new EVENTS[outcome.state](actor, now, open, data as JsonObject);
    });
    // A finish that is rolled back is repeated, and counted then.
    if (finished !== undefined) this.metrics.workflowRuns.labels(finished, outcome.state).inc();
    return response;
  }
}
