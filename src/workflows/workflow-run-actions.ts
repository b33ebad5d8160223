import { Injectable } from '@nestjs/common';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import type { TenantCommand } from '../shared/messaging/tenant-command.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Clock } from '../shared/time/clock.js';
import type { WorkflowRun } from './workflow-run.entity.js';
import { WorkflowRunNotFoundError } from './workflow-run.errors.js';
import { WorkflowRunRepository } from './workflow-run.repository.js';
import { toWorkflowRunResponse, type WorkflowRunResponse } from './workflow-run.response.js';

type RunCommand = TenantCommand<WorkflowRunResponse> & { readonly runId: string };

/** Changes a run and returns the event; undefined if there is none. `changed` of the run decides whether the row is written. */
type RunEffect = (
  run: WorkflowRun,
  now: Date,
  transaction: Transaction,
) => IntegrationEvent | undefined | Promise<IntegrationEvent | undefined>;

/** Runs changes of an existing run: one at a time per run, under its row lock, with their event. */
@Injectable()
export class WorkflowRunActions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly runs: WorkflowRunRepository,
    private readonly clock: Clock,
  ) {}

  /** Throws WorkflowRunNotFoundError, PreconditionFailedError and the errors of `effect`. */
  run(command: RunCommand, effect: RunEffect): Promise<WorkflowRunResponse> {
    const { actor, runId, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const run = await this.runs.findForUpdate(actor.tenantId, runId);
      if (!run) throw new WorkflowRunNotFoundError(runId);
      run.assertVersion(options.ifMatch);
      const before = run.version;
      const event = await effect(run, this.clock.now(), transaction);
      if (run.version !== before) await this.runs.update(run);
      if (event) transaction.record(event);
      return toWorkflowRunResponse(run);
    });
  }
}
