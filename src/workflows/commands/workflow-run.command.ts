import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { WorkflowRunResponse } from '../workflow-run.response.js';

/** Message to an existing run. Throws WorkflowRunNotFoundError, PreconditionFailedError. */
export abstract class WorkflowRunCommand extends TenantCommand<WorkflowRunResponse> {
  constructor(
    actor: Actor,
    readonly runId: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload(): object {
    return { run_id: this.runId };
  }
}
