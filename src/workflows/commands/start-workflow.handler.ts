import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { RetryTransaction } from '../../database/with-retries.js';
import { violates } from '../../database/sql-errors.js';
import { PermissionDeniedError, TenantNotFoundError } from '../../shared/access/access.errors.js';
import type { Actor } from '../../shared/access/actor.js';
import type { TenantPermission } from '../../shared/access/permissions.js';
import { ValidationError } from '../../shared/errors.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { newId } from '../../shared/random.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { Clock } from '../../shared/time/clock.js';
import { definitionOf } from '../definitions/definitions.js';
import { permissionsOf, type AnyDefinition } from '../definitions/definition.js';
import { WorkflowEngine } from '../engine/engine.js';
import { WorkflowStartedEvent } from '../events/workflow-run.events.js';
import { WorkflowRun } from '../workflow-run.entity.js';
import { WorkflowRunExistsError } from '../workflow-run.errors.js';
import { WorkflowRunRepository } from '../workflow-run.repository.js';
import { toWorkflowRunResponse } from '../workflow-run.response.js';
import { runDigests } from '../run-digests.js';
import { StartWorkflowCommand } from './start-workflow.command.js';

@CommandHandler(StartWorkflowCommand)
export class StartWorkflowHandler implements ICommandHandler<StartWorkflowCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly runs: WorkflowRunRepository,
    private readonly engine: WorkflowEngine,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /** The row, the event and the engine's run commit together, so that a crash leaves all of them or none. */
  async execute(command: StartWorkflowCommand) {
    const { actor, request } = command;
    const definition = definitionOf(request.workflow);
    if (!definition) throw new TypeError(`There is no workflow ${request.workflow}.`);
    assertMay(actor, definition.requires);
    const input = validatedInput(definition, request.input);
    assertMay(actor, permissionsOf(definition, input));
    await this.engine.assertAvailable();
    const draft = this.draft(command, definition, input);
    return this.unitOfWork.perform(command, async (transaction) => {
      const existing = await this.runs.find(actor.tenantId, draft.runId);
      if (existing) return this.earlier(existing, draft);
      const run = WorkflowRun.create(actor.tenantId, draft, this.clock.now());
      await this.runs.insert(run).catch((error: unknown) => {
        // The other start has committed: the next attempt finds its run.
        if (violates(error, 'workflow_runs_pkey')) throw new RetryTransaction();
        if (violates(error, 'workflow_runs_tenant')) throw new TenantNotFoundError();
        throw error;
      });
      await this.engine.start(transaction, run, run.workflow, input);
      transaction.record(new WorkflowStartedEvent(actor, run.createdAt, run));
      return toWorkflowRunResponse(run);
    });
  }

  private draft({ actor, request }: StartWorkflowCommand, definition: AnyDefinition, input: unknown) {
    const digests = runDigests(this.secrets, definition.name, input);
    return {
      runId: request.run_id ?? newId(),
      workflow: definition.name,
      inputDigest: digests.input,
      customerId: definition.subjectOf(input).customerId ?? null,
      emailDigest: digests.email,
      startedBy: actor.subject,
    };
  }

  private earlier(run: WorkflowRun, draft: { readonly workflow: string; readonly inputDigest: Buffer }) {
    const isSame = run.workflow === draft.workflow && run.inputDigest.equals(draft.inputDigest);
    if (!isSame) throw new WorkflowRunExistsError(run.runId);
    return toWorkflowRunResponse(run);
  }
}

/** Throws PermissionDeniedError. */
function assertMay(actor: Actor, permissions: readonly TenantPermission[]): void {
  const missing = permissions.find((permission) => !actor.may(permission));
  if (missing) throw new PermissionDeniedError(missing);
}

/** Throws ValidationError, whose pointers begin at the body of the request. */
function validatedInput(definition: AnyDefinition, input: unknown): object {
  try {
    return validated(definition.input, input) as object;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new ValidationError(
      error.errors.map(({ pointer = '', detail }) => ({ pointer: `/input${pointer}`, detail })),
    );
  }
}
