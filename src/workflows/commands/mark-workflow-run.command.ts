import type { Actor } from '../../shared/access/actor.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { OpenState } from '../definitions/run-body.js';
import { WorkflowRunCommand } from './workflow-run.command.js';

/** Records what an open run does, for whoever looks at it. Sent by the run itself. */
export class MarkWorkflowRunCommand extends WorkflowRunCommand {
  static readonly operation = 'workflows.mark';

  constructor(
    actor: Actor,
    runId: string,
    readonly open: OpenState,
    options: CommandOptions = {},
  ) {
    super(actor, runId, options);
  }

  override get payload() {
    return { run_id: this.runId, open: this.open };
  }
}
