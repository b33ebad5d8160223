import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WorkflowStalledEvent } from '../events/workflow-run.events.js';
import { WorkflowRunActions } from '../workflow-run-actions.js';
import { MarkWorkflowRunCommand } from './mark-workflow-run.command.js';

@CommandHandler(MarkWorkflowRunCommand)
export class MarkWorkflowRunHandler implements ICommandHandler<MarkWorkflowRunCommand> {
  constructor(private readonly actions: WorkflowRunActions) {}

  execute(command: MarkWorkflowRunCommand) {
    const { actor, open } = command;
    return this.actions.run(command, (run, now) => {
      const isOpen = run.mark(open, now);
      if (!isOpen || open.state !== 'STALLED') return undefined;
      return new WorkflowStalledEvent(actor, now, run, { step: open.step, code: open.error.code });
    });
  }
}
