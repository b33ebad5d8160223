import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CANCEL } from '../definitions/run-body.js';
import { WorkflowEngine } from '../engine/engine.js';
import { WorkflowCancelRequestedEvent } from '../events/workflow-run.events.js';
import { WorkflowRunActions } from '../workflow-run-actions.js';
import { CancelWorkflowRunCommand } from './cancel-workflow-run.command.js';

@CommandHandler(CancelWorkflowRunCommand)
export class CancelWorkflowRunHandler implements ICommandHandler<CancelWorkflowRunCommand> {
  constructor(
    private readonly actions: WorkflowRunActions,
    private readonly engine: WorkflowEngine,
  ) {}

  /** The row reaches a run between two steps, the message one that waits. */
  execute(command: CancelWorkflowRunCommand) {
    return this.actions.run(command, async (run, now, transaction) => {
      await this.engine.assertAvailable();
      if (!run.requestCancellation(now)) return undefined;
      await this.engine.send(transaction, run, { name: CANCEL });
      return new WorkflowCancelRequestedEvent(command.actor, now, run, command.request.reason);
    });
  }
}
