import type { Actor } from '../../shared/access/actor.js';
import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { WorkflowRunCommand } from './workflow-run.command.js';

/**
 * Asks a run to end and to undo what it made, before its next step or in its wait. A run that completes meanwhile stays completed. Throws
 * ValidationError, WorkflowRunEndedError.
 */
export class CancelWorkflowRunCommand extends WorkflowRunCommand {
  static readonly operation = 'workflows.cancel';

  readonly request: ReasonRequest;

  constructor(actor: Actor, runId: string, request: ReasonRequest = {}, options: CommandOptions = {}) {
    super(actor, runId, options);
    this.request = validated(ReasonRequest, request);
  }

  override get payload() {
    return { run_id: this.runId, ...this.request };
  }
}
