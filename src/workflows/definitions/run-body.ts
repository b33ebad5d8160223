import type { Body, Engine, SignalData, Steps } from './contract.js';

/** Message to a run: a signal of its definition, or a request of the operator. */
export interface RunMessage {
  readonly name: string;
  readonly data?: SignalData | undefined;
}

/** Messages with a meaning of their own, which no definition may use as a signal. */
export const CANCEL = 'cancel';
export const RETRY = 'retry';

/** One step of a run. `key` is unique in the run and the same at each attempt. */
export interface StepRequest {
  readonly step: string;
  readonly key: string;
  readonly argument: unknown;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Recorded outcome of a step: its result, a refusal, or the last failure of the machinery after all attempts. */
export type StepOutcome =
  | { readonly result: unknown; readonly cancelled?: boolean | undefined }
  | { readonly refused: Refusal }
  | { readonly exhausted: Refusal };

/** Durable operations of an engine: at a replay each call returns what it returned before, in the same order. */
export interface Primitives {
  readonly runId: string;
  perform(request: StepRequest): Promise<StepOutcome>;
  /** Returns the next message to the run; null at `deadline`, in milliseconds since 1970. Without a deadline it waits for ever. */
  receive(deadline: number | undefined): Promise<RunMessage | null>;
  now(): Promise<number>;
  uuid(): Promise<string>;
  patched(change: string): Promise<boolean>;
}

/** State of a run between its begin and its end. */
export type OpenState =
  | { readonly state: 'RUNNING' }
  | { readonly state: 'WAITING'; readonly signal: string | null; readonly until: number }
  | { readonly state: 'STALLED'; readonly step: string; readonly error: Refusal };

/** End of a run. `undone` are the steps that took its effects back, `not_undone` those that were refused. */
export type Outcome =
  | { readonly state: 'COMPLETED'; readonly result: object }
  | {
      readonly state: 'FAILED' | 'CANCELLED';
      readonly error: Refusal & { readonly step: string | null };
      readonly undone: readonly string[];
      readonly not_undone: readonly { readonly step: string; readonly code: string }[];
    };

/** Steps of the runner itself: they write the row of the run. */
export const MARK_RUN = 'markRun';
export const FINISH_RUN = 'finishRun';

/** Name of the error that ends a run; its class would be lost where an engine stores errors. */
const REFUSED = 'Refused';
/** Name of the error of a run whose row refuses its state, because the row is gone. */
const UNRECORDED = 'Unrecorded';
const CANCELLED = { code: 'CANCELLED', message: 'The run was cancelled.' };

type RefusedError = Error & { readonly code: string; readonly step: string | null };

/**
 * Runs the body of a workflow over the primitives of an engine, and what it undoes. Refusals and cancellations become the outcome; every
 * other error is thrown, because it is one of the machinery.
 */
export async function runBody(body: Body<never>, input: unknown, primitives: Primitives): Promise<Outcome> {
  const run = new BodyRun(primitives);
  const outcome = await run.toOutcome(body, input);
  await run.record(FINISH_RUN, outcome);
  return outcome;
}

class BodyRun {
  private readonly undoActions: (() => Promise<unknown>)[] = [];
  private readonly calls = new Map<string, number>();
  private readonly inbox: RunMessage[] = [];
  /** A cancellation is thrown once, where the body next asks for something, and never while effects are taken back. */
  private cancellation: 'none' | 'requested' | 'thrown' = 'none';
  private undone: string[] | undefined;

  constructor(private readonly primitives: Primitives) {}

  async toOutcome(body: Body<never>, input: unknown): Promise<Outcome> {
    try {
      return { state: 'COMPLETED', result: await body(this.engine(), input as never) };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const notUndone = await this.undo();
      const { code, message, step } = error;
      return {
        state: code === CANCELLED.code ? 'CANCELLED' : 'FAILED',
        error: { code, message, step },
        undone: this.undone ?? [],
        not_undone: notUndone,
      };
    }
  }

  /** Performs a step of the runner, as often as it takes. */
  async record(step: string, argument: unknown): Promise<void> {
    const request = { step, key: this.keyOf(step), argument };
    for (;;) {
      const outcome = await this.primitives.perform(request);
      if ('result' in outcome) return;
      if ('refused' in outcome)
        throw Object.assign(new Error(`${step} was refused: ${outcome.refused.code}`), { name: UNRECORDED });
    }
  }

  private engine(): Engine {
    const { primitives } = this;
    const steps = new Proxy({} as Steps, {
      get: (_, step) => (argument: unknown) => this.step(String(step), argument),
    });
    return {
      runId: primitives.runId,
      steps,
      undo: (action) => {
        this.undoActions.push(action);
      },
      waitFor: (signal, timeoutMs) => this.waitFor(signal, timeoutMs),
      sleep: async (durationMs) => {
        await this.waitFor(null, durationMs);
      },
      now: () => primitives.now(),
      uuid: () => primitives.uuid(),
      patched: (change) => primitives.patched(change),
      refused: (code, message) => refusalError({ code, message }, null),
    };
  }

  private async step(step: string, argument: unknown): Promise<unknown> {
    this.throwIfCancelled();
    const request = { step, key: this.keyOf(step), argument };
    for (;;) {
      const outcome = await this.primitives.perform(request);
      if ('refused' in outcome) throw refusalError(outcome.refused, step);
      if ('result' in outcome) {
        if (outcome.cancelled) this.requestCancellation();
        this.undone?.push(step);
        return outcome.result;
      }
      await this.waitForRetry(step, outcome.exhausted);
    }
  }

  /** Keeps a run whose step failed at all attempts, with nothing undone, until somebody asks for a retry or cancels it. */
  private async waitForRetry(step: string, error: Refusal): Promise<void> {
    await this.mark({ state: 'STALLED', step, error });
    for (;;) {
      const message = await this.primitives.receive(undefined);
      if (message?.name === CANCEL) this.requestCancellation();
      if (message?.name === RETRY || this.cancellation === 'requested') break;
      if (message) this.inbox.push(message);
    }
    await this.mark({ state: 'RUNNING' });
    // The step may have taken effect at an attempt whose result was lost, so that it is performed once more before a cancellation counts.
  }

  /** Without a signal it waits for the time alone. */
  private async waitFor(signal: string | null, timeoutMs: number): Promise<SignalData | null> {
    this.throwIfCancelled();
    const waiting = this.inbox.findIndex(({ name }) => name === signal);
    if (waiting >= 0) return this.inbox.splice(waiting, 1)[0]?.data ?? {};
    const until = (await this.primitives.now()) + timeoutMs;
    await this.mark({ state: 'WAITING', signal, until });
    const found = await this.receiveSignal(signal, until);
    await this.mark({ state: 'RUNNING' });
    this.throwIfCancelled();
    return found;
  }

  private async receiveSignal(signal: string | null, until: number): Promise<SignalData | null> {
    for (;;) {
      const message = await this.primitives.receive(until);
      if (message === null) return null;
      if (message.name === signal) return message.data ?? {};
      if (message.name === CANCEL) {
        this.requestCancellation();
        if (this.cancellation === 'requested') return null;
      } else if (message.name !== RETRY) this.inbox.push(message);
    }
  }

  private async undo() {
    this.cancellation = 'thrown';
    this.undone = [];
    const notUndone: { step: string; code: string }[] = [];
    for (const action of this.undoActions.reverse()) {
      await action().catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        notUndone.push({ step: error.step ?? '', code: error.code });
      });
    }
    return notUndone;
  }

  private mark(state: OpenState): Promise<void> {
    return this.record(MARK_RUN, state);
  }

  private requestCancellation(): void {
    if (this.cancellation === 'none') this.cancellation = 'requested';
  }

  private throwIfCancelled(): void {
    if (this.cancellation !== 'requested') return;
    this.cancellation = 'thrown';
    throw refusalError(CANCELLED, null);
  }

  /** Returns the name of the step, with a number from its second call in the run on. */
  private keyOf(step: string): string {
    const count = this.calls.get(step) ?? 0;
    this.calls.set(step, count + 1);
    return count === 0 ? step : `${step}.${count}`;
  }
}

function refusalError({ code, message }: Refusal, step: string | null): RefusedError {
  return Object.assign(new Error(message), { name: REFUSED, code, step });
}

function isRefusal(error: unknown): error is RefusedError {
  return error instanceof Error && error.name === REFUSED;
}

/** Returns whether a run can go on no more, since its row is gone. */
export function isUnrecorded(error: unknown): boolean {
  return error instanceof Error && error.name === UNRECORDED;
}
