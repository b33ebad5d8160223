import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { SignalWorkflowRequest } from '../workflow-run.requests.js';
import { WorkflowRunCommand } from './workflow-run.command.js';

/**
 * Sends a signal to a run, which keeps it until it waits for it. Throws ValidationError, WorkflowRunEndedError, and PermissionDeniedError if
 * the signal needs a permission that the actor lacks.
 */
export class SignalWorkflowRunCommand extends WorkflowRunCommand {
  static readonly operation = 'workflows.signal';

  readonly request: SignalWorkflowRequest;

  constructor(
    actor: Actor,
    runId: string,
    readonly signal: string,
    request: z.input<typeof SignalWorkflowRequest> = {},
    options: CommandOptions = {},
  ) {
    super(actor, runId, options);
    this.request = validated(SignalWorkflowRequest, request);
  }

  override get payload() {
    return { run_id: this.runId, signal: this.signal, request: this.request };
  }
}
