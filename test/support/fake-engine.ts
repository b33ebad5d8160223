import { expect } from '@jest/globals';
import type { Body } from '../../src/workflows/definitions/contract.js';
import {
  CANCEL,
  FINISH_RUN,
  MARK_RUN,
  RETRY,
  runBody,
  type Outcome,
  type Primitives,
  type RunMessage,
  type StepOutcome,
  type StepRequest,
} from '../../src/workflows/definitions/run-body.js';
import fc from './property.js';

/** Effects of the steps of a body, each once for its idempotency key. */
export interface FakeWorld {
  /** Milliseconds since 1970, which the engine moves to the end of each wait that nothing ends before. */
  time?: number;
  has(request: StepRequest): boolean;
  /** Throws StepRefused. */
  perform(request: StepRequest): unknown;
}

/** A step refuses by itself, besides the fates that a plan has for it. */
export class StepRefused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** The process is killed; the next one replays what was recorded. */
class Kill extends Error {}

/** Fate of one attempt of a step, in the order in which they are made. */
export type Fate = 'done' | 'refused' | 'failed' | 'killed before' | 'killed after' | 'exhausted' | 'exhausted after';

export interface Plan {
  readonly fates: readonly Fate[];
  /** Messages as the run receives them; null is the end of a wait. */
  readonly messages: readonly (string | null)[];
  /** Number of the attempt from which on the row of the run says that it is cancelled. */
  readonly cancelAt: number;
}

/** One attempt at a step, at a time in milliseconds since 1970. */
export interface Attempt {
  readonly key: string;
  readonly argument: unknown;
  readonly at: number;
}

/** A cancellation that never comes. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** An engine in memory that records each call and, after a kill, compares the replay with it. */
export class FakeEngine implements Primitives {
  readonly runId = 'run';
  readonly history: { readonly call: string; readonly value: unknown }[] = [];
  readonly attempted: Attempt[] = [];
  private at = 0;
  private attempts = 0;
  private received = 0;
  private time = 0;

  constructor(
    private readonly world: FakeWorld,
    private readonly plan: Plan,
    private readonly patches: readonly string[] = [],
  ) {}

  /** Runs the body again after each kill. */
  async run(body: Body<never>, input: unknown): Promise<Outcome> {
    for (;;) {
      this.at = 0;
      try {
        const outcome = await runBody(body, input, this);
        expect(this.at).toBe(this.history.length);
        return outcome;
      } catch (error) {
        if (!(error instanceof Kill)) throw error;
      }
    }
  }

  perform(request: StepRequest): Promise<StepOutcome> {
    return this.recorded(`perform ${JSON.stringify(request)}`, () => {
      const isOfRunner = request.step === MARK_RUN || request.step === FINISH_RUN;
      let fate = this.nextFate(request);
      for (let pauseMs = 1_000; fate === 'failed'; pauseMs *= 2) {
        if (this.attempts <= this.plan.cancelAt) this.time += pauseMs;
        fate = this.nextFate(request);
      }
      if (fate === 'killed before') throw new Kill();
      // A step that has taken effect is answered by its idempotency key.
      if (fate === 'refused' && !isOfRunner && !this.world.has(request))
        return { refused: { code: 'NO', message: 'No.' } };
      const failure = { exhausted: { code: 'DATABASE_BUSY', message: 'Busy.' } };
      if (fate === 'exhausted') return failure;
      this.world.time = this.time;
      const outcome = this.outcomeOf(request);
      if (fate === 'killed after') throw new Kill();
      if (fate === 'exhausted after') return failure;
      return 'refused' in outcome ? outcome : { ...outcome, cancelled: this.attempts > this.plan.cancelAt };
    });
  }

  receive(deadline: number | undefined): Promise<RunMessage | null> {
    return this.recorded(`receive ${deadline}`, () => {
      const planned = this.plan.messages[this.received++];
      const name = planned === undefined ? (deadline === undefined ? RETRY : null) : planned;
      if (name === null && deadline === undefined) return { name: RETRY };
      if (name === null && deadline !== undefined) this.time = Math.max(this.time, deadline);
      return name === null ? null : { name };
    });
  }

  now(): Promise<number> {
    return this.recorded('now', () => ++this.time);
  }

  uuid(): Promise<string> {
    return this.recorded('uuid', () => `uuid-${++this.time}`);
  }

  patched(change: string): Promise<boolean> {
    return Promise.resolve(this.patches.includes(change));
  }

  private nextFate({ key, argument }: StepRequest): Fate {
    this.attempted.push({ key, argument, at: this.time });
    return this.plan.fates[this.attempts++] ?? 'done';
  }

  private outcomeOf(request: StepRequest): { result: unknown } | { refused: { code: string; message: string } } {
    try {
      return { result: this.world.perform(request) };
    } catch (error) {
      if (!(error instanceof StepRefused)) throw error;
      return { refused: { code: error.code, message: error.message } };
    }
  }

  private async recorded<T>(call: string, make: () => T): Promise<T> {
    const known = this.history[this.at++];
    if (known) {
      expect(call).toBe(known.call);
      return known.value as T;
    }
    // As in an engine, the result arrives in a later turn.
    await Promise.resolve();
    const value = make();
    this.history.push({ call, value });
    return value;
  }
}

export const anyFate = fc.constantFrom<Fate>(
  ...(['done', 'done', 'refused', 'killed before', 'killed after', 'exhausted', 'exhausted after'] as const),
);

/** Any plan; `signals` are those that the body waits for. */
export const anyPlan = (signals: readonly string[]) =>
  fc.record({
    fates: fc.array(anyFate, { maxLength: 16 }),
    messages: fc.array(fc.constantFrom(...signals, CANCEL, RETRY, 'other', null), { maxLength: 8 }),
    cancelAt: fc.oneof(fc.constant(NEVER), fc.nat({ max: 12 })),
  });
