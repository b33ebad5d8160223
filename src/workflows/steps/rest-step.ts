/** Context of a step over the REST API. The answer of `send` is typed by the caller, for the members that it needs. */
export interface RestStepContext {
  readonly runId: string;
  /**
   * Sends a request with the idempotency key of the step, so that it takes effect once. A change is made at whatever version the row is,
   * unless `version` names one. A second request of a step that changes something names its `part`, for a key of its own. Throws RestFailure if it does not succeed.
   */
  readonly send: <Answer>(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: object,
    version?: number,
    part?: string,
  ) => Promise<Answer>;
}

export type RestStep<Argument, Result> = (context: RestStepContext, argument: Argument) => Promise<Result>;
