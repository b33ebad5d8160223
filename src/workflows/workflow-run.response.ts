import { z } from 'zod';
import { FreeForm } from '../shared/free-form.js';
import { pageOf } from '../shared/http/paging.js';
import { ActorType, UtcTime } from '../shared/http/schema.js';
import type { RecordedStep } from './engine/engine.js';
import type { WorkflowRun } from './workflow-run.entity.js';
import { WorkflowRunState } from './workflow-run.requests.js';

const Step = z
  .object({
    name: z.string(),
    outcome: z.enum(['DONE', 'REFUSED', 'FAILED']),
    code: z.string().nullable().meta({ description: 'Code of the refusal, or of the last failure.' }),
    attempts: z.int(),
    started_at: UtcTime.nullable(),
    completed_at: UtcTime.nullable(),
  })
  .meta({ id: 'WorkflowStep' });

const RunError = z
  .object({ code: z.string(), detail: z.string(), step: z.string().nullable() })
  .meta({ id: 'WorkflowError' });
const NotUndone = z.object({ step: z.string(), code: z.string() }).meta({ id: 'WorkflowStepRefusal' });
const StepFailure = z.object({ step: z.string(), code: z.string(), at: UtcTime }).meta({ id: 'WorkflowStepFailure' });
const Starter = z.object({ type: ActorType, id: z.string() }).meta({ id: 'WorkflowStarter' });

export const WorkflowRunResponse = z
  .object({
    run_id: z.string(),
    tenant_id: z.string(),
    workflow: z.string(),
    engine: z.string(),
    state: WorkflowRunState,
    customer_id: z.string().nullable(),
    waiting_for: z.string().nullable().meta({ description: 'Signal that the run waits for.' }),
    waiting_until: UtcTime.nullable().meta({ description: 'End of the wait.' }),
    cancel_requested_at: UtcTime.nullable(),
    result: FreeForm.nullable().meta({ description: 'Ids of what the run made.' }),
    error: RunError.nullable().meta({ description: 'Why the run is FAILED, CANCELLED or STALLED.' }),
    undone: z.array(z.string()).meta({ description: 'Steps that took back what the run had made.' }),
    not_undone: z.array(NotUndone).meta({ description: 'Steps that should have, and were refused.' }),
    failed_attempts: z.int().meta({ description: 'Attempts of steps that failed and were repeated.' }),
    last_failure: StepFailure.nullable(),
    started_by: Starter,
    ended_at: UtcTime.nullable(),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'WorkflowRun' });
export type WorkflowRunResponse = z.infer<typeof WorkflowRunResponse>;

export const WorkflowRunDetails = WorkflowRunResponse.extend({
  steps: z.array(Step).nullable().meta({
    description: 'Steps that have ended, in their order. Null once they are deleted, or while the engine is off.',
  }),
}).meta({ id: 'WorkflowRunDetails' });
export type WorkflowRunDetails = z.infer<typeof WorkflowRunDetails>;

export const WorkflowRunPage = pageOf(WorkflowRunResponse).meta({ id: 'WorkflowRunPage' });
export type WorkflowRunPage = z.infer<typeof WorkflowRunPage>;

export function toWorkflowRunResponse(run: WorkflowRun): WorkflowRunResponse {
  return {
    run_id: run.runId,
    tenant_id: run.tenantId,
    workflow: run.workflow,
    engine: run.engine,
    state: run.state,
    customer_id: run.customerId,
    waiting_for: run.waitingFor,
    waiting_until: run.waitingUntil?.toISOString() ?? null,
    cancel_requested_at: run.cancelRequestedAt?.toISOString() ?? null,
    result: run.result,
    error: run.error,
    undone: run.undone,
    not_undone: run.notUndone,
    failed_attempts: run.failedAttempts,
    last_failure: run.lastFailure,
    started_by: { type: run.startedBy.type, id: run.startedBy.id },
    ended_at: run.endedAt?.toISOString() ?? null,
    version: run.version,
    created_at: run.createdAt.toISOString(),
    updated_at: run.updatedAt.toISOString(),
  };
}

export function toWorkflowRunDetails(run: WorkflowRun, steps: readonly RecordedStep[] | undefined): WorkflowRunDetails {
  return {
    ...toWorkflowRunResponse(run),
    steps:
      steps?.map(({ name, outcome, code, attempts, startedAt, completedAt }) => ({
        name,
        outcome,
        code,
        attempts,
        started_at: toTime(startedAt),
        completed_at: toTime(completedAt),
      })) ?? null,
  };
}

function toTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
