import {
  CANCEL,
  FINISH_RUN,
  MARK_RUN,
  type OpenState,
  type Primitives,
  type RunMessage,
  type StepOutcome,
  type StepRequest,
} from '../../../src/workflows/definitions/run-body.js';

/** Operations of Temporal that the primitives use, each of which a replay repeats. */
export interface TemporalOperations {
  /** Performs a step as an activity; `exhausted` after its last attempt. */
  perform(request: StepRequest): Promise<StepOutcome>;
  /** Waits until the condition holds. Returns false if `timeoutMs` passed before. */
  condition(holds: () => boolean, timeoutMs?: number): Promise<boolean>;
  now(): number;
  uuid(): string;
  patched(change: string): boolean;
}

/** Primitives of `runBody` in the sandbox of Temporal, for one run. */
export class TemporalPrimitives implements Primitives {
  /** Activity of the run, for whoever asks. The server has no row of this run that could be marked. */
  state: OpenState = { state: 'RUNNING' };
  private readonly messages: RunMessage[] = [];
  private isCancelled = false;

  constructor(
    readonly runId: string,
    private readonly operations: TemporalOperations,
  ) {}

  /** Keeps a message to the run until the body asks for it. */
  deliver(message: RunMessage): void {
    this.messages.push(message);
    if (message.name === CANCEL) this.isCancelled = true;
  }

  async perform(request: StepRequest): Promise<StepOutcome> {
    if (request.step === MARK_RUN) this.state = request.argument as OpenState;
    if (request.step === MARK_RUN || request.step === FINISH_RUN) return { result: {} };
    const outcome = await this.operations.perform(request);
    return 'result' in outcome ? { result: outcome.result, cancelled: this.isCancelled } : outcome;
  }

  async receive(deadline: number | undefined): Promise<RunMessage | null> {
    if (this.messages.length === 0) {
      const timeoutMs = deadline === undefined ? undefined : deadline - this.operations.now();
      if (timeoutMs === undefined || timeoutMs > 0) {
        await this.operations.condition(() => this.messages.length > 0, timeoutMs);
      }
    }
    return this.messages.shift() ?? null;
  }

  now(): Promise<number> {
    return Promise.resolve(this.operations.now());
  }

  uuid(): Promise<string> {
    return Promise.resolve(this.operations.uuid());
  }

  patched(change: string): Promise<boolean> {
    return Promise.resolve(this.operations.patched(change));
  }
}
