import type { components } from './openapi';

export type Problem = components['schemas']['Problem'];

/** A refusal of the API, or of the network before it. */
export class ProblemError extends Error {
  /** The form field that each fault is about, by its name, with the text. */
  readonly faults: ReadonlyMap<string, string>;

  constructor(
    readonly problem: Partial<Pick<Problem, 'title' | 'status' | 'detail' | 'errors'>> & { readonly code: string },
    readonly requestId: string | null,
  ) {
    super(problem.detail ?? '');
    this.faults = new Map(
      (problem.errors ?? []).map(({ pointer, parameter, detail }) => [
        pointer?.replace(/^\//, '').replaceAll('/', '.') ?? parameter ?? '',
        detail,
      ]),
    );
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status ?? 0;
  }

  /** Whether the same request may succeed a moment later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const OFFLINE = 'OFFLINE';

export function isCode(error: unknown, code: string): boolean {
  return error instanceof ProblemError && error.code === code;
}
