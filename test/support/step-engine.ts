import type { Body } from '../../src/workflows/definitions/contract.js';
import {
  runBody,
  type Outcome,
  type Primitives,
  type RunMessage,
  type StepOutcome,
  type StepRequest,
} from '../../src/workflows/definitions/run-body.js';
import type { StepPerformer } from '../../src/workflows/steps/step-performer.js';

/** The process dies after a step has taken effect, before its result is recorded. */
class Kill extends Error {}

export interface RunPlan {
  readonly tenantId: string;
  readonly runId: string;
  readonly workflow: string;
  /** Messages that the run receives: names of signals, null at the end of a wait, or what somebody does before the next one. */
  readonly messages?: readonly (string | null | (() => Promise<unknown>))[];
  /** Number of the step, from 0, after whose effect the process dies. */
  readonly killAt?: number;
}

/** Runs a body over the steps of a server, and again after a kill: what was recorded is replayed, the step that died is repeated. */
export class StepEngine implements Primitives {
  private readonly history: unknown[] = [];
  private readonly messages: (string | null | (() => Promise<unknown>))[];
  private at = 0;
  private performed = 0;

  constructor(
    private readonly steps: StepPerformer,
    private readonly plan: RunPlan,
  ) {
    this.messages = [...(plan.messages ?? [])];
  }

  get runId(): string {
    return this.plan.runId;
  }

  async run(body: Body<never>, input: unknown): Promise<Outcome> {
    for (;;) {
      this.at = 0;
      try {
        return await runBody(body, input, this);
      } catch (error) {
        if (!(error instanceof Kill)) throw error;
      }
    }
  }

  perform(request: StepRequest): Promise<StepOutcome> {
    return this.recorded(async () => {
      // There is no row of the run that the runner could mark.
      if (request.step.endsWith('Run')) return { result: {} };
      const { tenantId, runId, workflow, killAt } = this.plan;
      const outcome = await this.steps.perform({ ...request, tenantId, runId, workflow });
      if (this.performed++ === killAt) throw new Kill();
      return outcome;
    });
  }

  receive(): Promise<RunMessage | null> {
    return this.recorded(async () => {
      for (;;) {
        const next = this.messages.shift() ?? null;
        if (typeof next !== 'function') return next === null ? null : { name: next };
        await next();
      }
    });
  }

  now(): Promise<number> {
    return this.recorded(() => Promise.resolve(Date.now()));
  }

  uuid(): Promise<string> {
    return Promise.reject(new Error('The body asks for no id.'));
  }

  patched(): Promise<boolean> {
    return Promise.resolve(true);
  }

  private async recorded<T>(make: () => Promise<T>): Promise<T> {
    const at = this.at++;
    if (at >= this.history.length) this.history.push(await make());
    return this.history[at] as T;
  }
}
