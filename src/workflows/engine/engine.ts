import type { Transaction } from '../../shared/persistence/transaction.js';
import type { RunMessage } from '../definitions/run-body.js';

/** Identity of a run. */
export interface RunKey {
  readonly tenantId: string;
  readonly runId: string;
}

/** One step of a run as the engine recorded it. Times in milliseconds since 1970. */
export interface RecordedStep {
  readonly name: string;
  readonly outcome: 'DONE' | 'REFUSED' | 'FAILED';
  readonly code: string | null;
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

/** `off` is the choice of the operator, `unavailable` a fault of the database's address; in the other states runs can be started. */
export interface EngineStatus {
  readonly state: 'off' | 'unavailable' | 'starting' | 'running';
  readonly reason?: string;
}

/** Durable engine that runs the bodies of workflows. What it stores commits with the transaction of the caller, or not at all. */
export abstract class WorkflowEngine {
  abstract readonly name: string;
  abstract readonly status: EngineStatus;

  /** Throws WorkflowsUnavailableError if no process will ever run what is started now. */
  abstract assertAvailable(): Promise<void>;

  abstract start(transaction: Transaction, run: RunKey, workflow: string, input: unknown): Promise<void>;

  abstract send(transaction: Transaction, run: RunKey, message: RunMessage): Promise<void>;

  /**
   * Returns the steps of a run in their order; undefined once the engine has deleted them, or while it is off. Throws
   * WorkflowsUnavailableError if they were sealed with a master key that this server lacks.
   */
  abstract steps(run: RunKey): Promise<RecordedStep[] | undefined>;
}
