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
  let outcome: Outcome;
  // A run that waits costs memory for each function that waits with it, so that there are few.
  try {
    outcome = { state: 'COMPLETED', result: await body(run, input as never) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    outcome = await run.takeBack(error);
  }
  await run.record(FINISH_RUN, outcome);
  return outcome;
}

/** Steps of a run by their names. */
const STEPS_OF_RUN: ProxyHandler<BodyRun> = {
  get: (run, step) => (argument: unknown) => run.step(String(step), argument),
};

class BodyRun implements Engine {
  private readonly undoActions: (() => Promise<unknown>)[] = [];
  private readonly calls = new Map<string, number>();
  private readonly inbox: RunMessage[] = [];
  /** A cancellation is thrown once, where the body next asks for something, and never while effects are taken back. */
  private cancellation: 'none' | 'requested' | 'thrown' = 'none';
  private undone: string[] | undefined;

  constructor(private readonly primitives: Primitives) {}

  get runId(): string {
    return this.primitives.runId;
  }

  get steps(): Steps {
    return new Proxy<BodyRun>(this, STEPS_OF_RUN) as unknown as Steps;
  }

  undo(action: () => Promise<unknown>): void {
    this.undoActions.push(action);
  }

  async sleep(durationMs: number): Promise<void> {
    await this.waitFor(null, durationMs);
  }

  now(): Promise<number> {
    return this.primitives.now();
  }

  uuid(): Promise<string> {
    return this.primitives.uuid();
  }

  patched(change: string): Promise<boolean> {
    return this.primitives.patched(change);
  }

  refused(code: string, message: string): Error {
    return refusalError({ code, message }, null);
  }

  /** Takes back what the run did, and returns how a run ends that was refused or cancelled. */
  async takeBack({ code, message, step }: RefusedError): Promise<Outcome> {
    this.cancellation = 'thrown';
    const undone: string[] = [];
    this.undone = undone;
    const not_undone: { step: string; code: string }[] = [];
    for (const action of this.undoActions.reverse()) {
      await action().catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        not_undone.push({ step: error.step ?? '', code: error.code });
      });
    }
    const state = code === CANCELLED.code ? 'CANCELLED' : 'FAILED';
    return { state, error: { code, message, step }, undone, not_undone };
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

  async step(step: string, argument: unknown): Promise<unknown> {
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
  async waitFor(signal: string | null, timeoutMs: number): Promise<SignalData | null> {
    this.throwIfCancelled();
    const waiting = this.inbox.findIndex(({ name }) => name === signal);
    if (waiting >= 0) return this.inbox.splice(waiting, 1)[0]?.data ?? {};
    const until = (await this.primitives.now()) + timeoutMs;
    await this.mark({ state: 'WAITING', signal, until });
    let found: SignalData | null | undefined;
    while (found === undefined) found = this.endOfWait(signal, await this.primitives.receive(until));
    await this.mark({ state: 'RUNNING' });
    this.throwIfCancelled();
    return found;
  }

  /** Returns the data of the signal, null if the wait ends without it, and undefined if it goes on. */
  private endOfWait(signal: string | null, message: RunMessage | null): SignalData | null | undefined {
    if (message === null) return null;
    if (message.name === signal) return message.data ?? {};
    if (message.name === CANCEL) {
      this.requestCancellation();
      return this.cancellation === 'requested' ? null : undefined;
    }
    if (message.name !== RETRY) this.inbox.push(message);
    return undefined;
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
