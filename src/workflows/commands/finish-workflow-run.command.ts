import type { Actor } from '../../shared/access/actor.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Outcome } from '../definitions/run-body.js';
import { WorkflowRunCommand } from './workflow-run.command.js';

/** Records the end of a run. Sent by the run itself, or for one that its engine gave up; a run that has ended stays as it is. */
export class FinishWorkflowRunCommand extends WorkflowRunCommand {
  static readonly operation = 'workflows.finish';

  constructor(
    actor: Actor,
    runId: string,
    readonly outcome: Outcome,
    options: CommandOptions = {},
  ) {
    super(actor, runId, options);
  }

  override get payload() {
    return { run_id: this.runId, outcome: this.outcome };
  }
}
