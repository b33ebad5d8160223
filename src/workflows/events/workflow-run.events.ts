import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { WorkflowRun } from '../workflow-run.entity.js';

/** Event of a run: names the workflow and who started it. */
abstract class WorkflowRunEvent extends IntegrationEvent {
  constructor(actor: Actor, now: Date, run: WorkflowRun, data: JsonObject = {}, personal: JsonObject | null = null) {
    const { type, id } = run.startedBy;
    super(
      actor,
      now,
      { resourceType: 'workflow_run', resourceId: run.runId },
      { workflow: run.workflow, started_by: { type, id }, ...data },
      personal,
    );
  }
}

export class WorkflowStartedEvent extends WorkflowRunEvent {
  readonly type = 'workflow.started';
}

export class WorkflowSignaledEvent extends WorkflowRunEvent {
  readonly type = 'workflow.signaled';
}

export class WorkflowCancelRequestedEvent extends WorkflowRunEvent {
  readonly type = 'workflow.cancel_requested';

  constructor(actor: Actor, now: Date, run: WorkflowRun, reason?: RecordedReason) {
    super(actor, now, run, reasonCode(reason), reasonText(reason));
  }
}

export class WorkflowStalledEvent extends WorkflowRunEvent {
  readonly type = 'workflow.stalled';
}

export class WorkflowRetriedEvent extends WorkflowRunEvent {
  readonly type = 'workflow.retried';
}

export class WorkflowCompletedEvent extends WorkflowRunEvent {
  readonly type = 'workflow.completed';
}

export class WorkflowFailedEvent extends WorkflowRunEvent {
  readonly type = 'workflow.failed';
}

export class WorkflowCancelledEvent extends WorkflowRunEvent {
  readonly type = 'workflow.cancelled';
}
