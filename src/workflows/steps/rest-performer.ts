import type { Refusal, StepOutcome, StepRequest } from '../definitions/run-body.js';
import { refusalOf, StepRefusal, type FailedAnswer } from './refusal.js';
import type { RestStep } from './rest-step.js';
import { REST_STEPS } from './rest-steps.js';

/** Server and API key of the steps. The tenant is that of the API key. */
export interface RestSettings {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest time of an attempt with all its requests, in milliseconds. */
  readonly stepTimeoutMs: number;
}

export interface RestStepCall extends StepRequest {
  readonly runId: string;
}

/** Days for which the server remembers an idempotency key: its longest. */
const REMEMBER_DAYS = '90';

/** A request that did not succeed, or a step that must be repeated. The message contains the code alone, and nothing personal. */
export class RestFailure extends Error {
  constructor(
    readonly code: string,
    readonly refusal?: Refusal,
  ) {
    super(`The step failed with ${code}.`);
  }
}

/** Performs steps over the REST API. */
export class RestPerformer {
  constructor(private readonly settings: RestSettings) {}

  /** Returns the result or the refusal of a step. Throws RestFailure if the machinery failed: the same call must then be repeated. */
  async perform({ runId, step, key, argument }: RestStepCall): Promise<StepOutcome> {
    const all: Readonly<Record<string, RestStep<never, object>>> = REST_STEPS;
    const performed = Object.hasOwn(all, step) ? all[step] : undefined;
    if (!performed) throw new RestFailure('UNKNOWN_STEP');
    const deadline = performance.now() + this.settings.stepTimeoutMs;
    const send = <Answer>(method: string, path: string, body?: object, version?: number, part?: string) => {
      const idempotencyKey = part === undefined ? `${runId}/${key}` : `${runId}/${key}/${part}`;
      return this.send(idempotencyKey, deadline, method, path, body, version) as Promise<Answer>;
    };
    try {
      return { result: await performed({ runId, send }, argument as never) };
    } catch (error) {
      if (error instanceof StepRefusal) return { refused: { code: error.code, message: error.message } };
      if (error instanceof RestFailure && error.refusal) return { refused: error.refusal };
      throw error instanceof RestFailure ? error : new RestFailure('INTERNAL_ERROR');
    }
  }

  private async send(
    idempotencyKey: string,
    deadline: number,
    method: string,
    path: string,
    body: object | undefined,
    version: number | undefined,
  ): Promise<unknown> {
    const { baseUrl, apiKey, timeoutMs } = this.settings;
    const leftMs = Math.max(0, Math.ceil(deadline - performance.now()));
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(`${baseUrl.replace(/\/$/, '')}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${apiKey}`,
          ...(body && { 'Content-Type': 'application/json' }),
          ...(method !== 'GET' && {
            'Idempotency-Key': idempotencyKey,
            'Idempotency-Remember-Days': REMEMBER_DAYS,
            // A step acts on what its own run made or found, at whatever version it is, unless it names one.
            'If-Match': version === undefined ? '*' : `"${version}"`,
          }),
        },
        body: body ? JSON.stringify(body) : null,
        redirect: 'manual',
        signal: AbortSignal.timeout(Math.min(timeoutMs, leftMs)),
      });
      answer = await response.json();
    } catch {
      throw new RestFailure('NO_ANSWER');
    }
    if (response.ok) return answer;
    throw failureOf(response, answer);
  }
}

/** An answer without a problem code comes from something between, and so says nothing about the request. */
function failureOf({ status }: Response, answer: unknown): RestFailure {
  const { code, detail = '', errors } = (answer ?? {}) as Partial<FailedAnswer> & { detail?: string };
  if (typeof code !== 'string') return new RestFailure(`HTTP_${status}`);
  return new RestFailure(code, refusalOf({ status, code, message: detail, ...(errors && { errors }) }));
}
