import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Subject } from '../shared/access/actor.js';
import type { JsonObject } from '../shared/json.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import type { OpenState, Outcome } from './definitions/run-body.js';
import { WorkflowRunEndedError, WorkflowRunStateError } from './workflow-run.errors.js';
import type { RunState } from './workflow-run-state.js';

/** Content of a new run. Digests are of the lookup key. */
export interface NewWorkflowRun {
  readonly runId: string;
  readonly workflow: string;
  readonly inputDigest: Buffer;
  readonly customerId: string | null;
  readonly emailDigest: Buffer | null;
  readonly startedBy: Subject;
}

/** Why a run failed, or a step of it. */
export interface RunError {
  readonly code: string;
  readonly detail: string;
  readonly step: string | null;
}

/** Failure of one attempt of a step by the machinery. */
export interface StepFailure {
  readonly step: string;
  readonly code: string;
  readonly at: string;
}

/** One run of a workflow. Its steps are with the engine. */
@Entity('workflow_runs')
export class WorkflowRun extends VersionedRow {
  @PrimaryColumn('text', { name: 'run_id' })
  runId!: string;

  @Column({ type: 'text', update: false })
  workflow!: string;

  @Column({ type: 'text', update: false })
  engine!: string;

  @Column('text')
  state!: RunState;

  @Column({ type: 'bytea', name: 'input_digest', update: false })
  inputDigest!: Buffer;

  @Column('text', { name: 'customer_id', nullable: true })
  customerId!: string | null;

  @Column({ type: 'bytea', name: 'email_digest', nullable: true, update: false })
  emailDigest!: Buffer | null;

  @Column({ type: 'jsonb', name: 'started_by', update: false })
  startedBy!: Subject;

  @Column('text', { name: 'waiting_for', nullable: true })
  waitingFor!: string | null;

  @Column('timestamptz', { name: 'waiting_until', nullable: true })
  waitingUntil!: Date | null;

  @Column('timestamptz', { name: 'cancel_requested_at', nullable: true })
  cancelRequestedAt!: Date | null;

  @Column('jsonb', { nullable: true })
  result!: JsonObject | null;

  @Column('jsonb', { nullable: true })
  error!: RunError | null;

  @Column('jsonb')
  undone!: string[];

  @Column('jsonb', { name: 'not_undone' })
  notUndone!: { readonly step: string; readonly code: string }[];

  @Column({ type: 'integer', name: 'failed_attempts', update: false })
  failedAttempts!: number;

  @Column({ type: 'jsonb', name: 'last_failure', nullable: true, update: false })
  lastFailure!: StepFailure | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  static create(tenantId: string, content: NewWorkflowRun, now: Date): WorkflowRun {
    return Object.assign(new WorkflowRun(), WorkflowRun.newRow(tenantId, now), content, {
      engine: 'dbos',
      state: 'RUNNING',
      waitingFor: null,
      waitingUntil: null,
      cancelRequestedAt: null,
      result: null,
      error: null,
      undone: [],
      notUndone: [],
      failedAttempts: 0,
      lastFailure: null,
      endedAt: null,
    });
  }

  get isEnded(): boolean {
    return this.endedAt !== null;
  }

  /** Throws WorkflowRunEndedError. */
  assertOpen(): void {
    if (this.isEnded) throw new WorkflowRunEndedError(this.runId, this.state);
  }

  /** Returns false if it was requested before. Throws WorkflowRunEndedError. */
  requestCancellation(now: Date): boolean {
    this.assertOpen();
    if (this.cancelRequestedAt) return false;
    this.cancelRequestedAt = now;
    this.changed(now);
    return true;
  }

  /** Throws WorkflowRunStateError unless the run is stalled. */
  retry(now: Date): void {
    if (this.state !== 'STALLED') throw new WorkflowRunStateError(this.runId, this.state);
    this.setState('RUNNING', now);
    this.error = null;
  }

  /** Records what the run does. Returns false if it has ended. */
  mark(open: OpenState, now: Date): boolean {
    if (this.isEnded) return false;
    this.setState(open.state, now);
    this.waitingFor = open.state === 'WAITING' ? open.signal : null;
    this.waitingUntil = open.state === 'WAITING' ? new Date(open.until) : null;
    this.error =
      open.state === 'STALLED' ? { code: 'MAX_ATTEMPTS', detail: open.error.message, step: open.step } : null;
    return true;
  }

  /** Records the end. Returns false if the run has ended before. */
  finish(outcome: Outcome, now: Date): boolean {
    if (this.isEnded) return false;
    this.setState(outcome.state, now);
    [this.waitingFor, this.waitingUntil, this.error, this.endedAt] = [null, null, null, now];
    if (outcome.state === 'COMPLETED') {
      this.result = outcome.result as JsonObject;
      return true;
    }
    const { code, message, step } = outcome.error;
    this.error = { code, detail: message, step };
    this.undone = [...outcome.undone];
    this.notUndone = [...outcome.not_undone];
    return true;
  }

  private setState(state: RunState, now: Date): void {
    this.state = state;
    this.changed(now);
  }
}
