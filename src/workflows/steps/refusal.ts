import type { Refusal } from '../definitions/run-body.js';

/** Refuses a step for a reason that no command has. */
export class StepRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Answer to a command or request that did not succeed, from the bus or over HTTP. */
export interface FailedAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Faults of an invalid request, whose message refers to them. */
  readonly errors?: readonly { readonly pointer?: string; readonly parameter?: string; readonly detail: string }[];
}

/** Statuses below 500 that say nothing about the request itself, so that a later attempt can succeed. */
const PASSING_STATUSES: readonly number[] = [401, 408, 412, 429];
const PASSING_CODES: readonly string[] = ['IDEMPOTENCY_IN_PROGRESS', 'IDEMPOTENCY_KEY_REUSED'];

/** Returns the refusal that an answer is; undefined for a failure of the machinery, after which the same call is repeated. */
export function refusalOf({ status, code, message, errors }: FailedAnswer): Refusal | undefined {
  if (status >= 500 || PASSING_STATUSES.includes(status) || PASSING_CODES.includes(code)) return undefined;
  return { code, message: errors ? detailOf(errors) : message };
}

function detailOf(errors: NonNullable<FailedAnswer['errors']>): string {
  return errors.map(({ pointer = '', parameter = pointer, detail }) => `${parameter} ${detail}`.trim()).join('; ');
}
