import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { RETRY } from '../definitions/run-body.js';
import { WorkflowEngine } from '../engine/engine.js';
import { WorkflowRetriedEvent } from '../events/workflow-run.events.js';
import { WorkflowRunActions } from '../workflow-run-actions.js';
import { RetryWorkflowRunCommand } from './retry-workflow-run.command.js';

@CommandHandler(RetryWorkflowRunCommand)
export class RetryWorkflowRunHandler implements ICommandHandler<RetryWorkflowRunCommand> {
  constructor(
    private readonly actions: WorkflowRunActions,
    private readonly engine: WorkflowEngine,
  ) {}

  execute(command: RetryWorkflowRunCommand) {
    return this.actions.run(command, async (run, now, transaction) => {
      await this.engine.assertAvailable();
      run.retry(now);
      await this.engine.send(transaction, run, { name: RETRY });
      return new WorkflowRetriedEvent(command.actor, now, run);
    });
  }
}
