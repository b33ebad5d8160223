import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { StartWorkflowRequest } from '../workflow-run.requests.js';
import type { WorkflowRunResponse } from '../workflow-run.response.js';

/**
 * Starts a run. The actor needs every permission that the workflow requires. Throws ValidationError, PermissionDeniedError,
 * WorkflowRunExistsError, WorkflowsUnavailableError.
 */
export class StartWorkflowCommand extends TenantCommand<WorkflowRunResponse> {
  static readonly operation = 'workflows.start';

  readonly request: StartWorkflowRequest;

  constructor(actor: Actor, request: z.input<typeof StartWorkflowRequest>, options: CommandOptions = {}) {
    super(actor, options);
    this.request = validated(StartWorkflowRequest, request);
  }

  get payload() {
    return { request: this.request };
  }
}
