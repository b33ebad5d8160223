import { actingHeaders } from './acting-for';
import { problemOf } from './client';
import { OFFLINE, ProblemError } from './problem';
import { signedOut } from './session-signals';

const REMEMBER_DAYS = '30';

/** Sends a body and yields the lines of the answer as they arrive. Throws ProblemError. */
export async function* streamLines<T>(
  path: string,
  {
    body,
    contentType,
    idempotencyKey,
    acting = actingHeaders(),
    signal,
  }: {
    body: string;
    contentType: 'application/json' | 'application/x-ndjson' | 'text/csv';
    /** The answers of lines that succeeded are kept under it for thirty days. */
    idempotencyKey?: string;
    /** For whom it is sent, where that may no longer be whom the page shows. */
    acting?: Record<string, string>;
    signal?: AbortSignal;
  },
): AsyncGenerator<T> {
  const response = await fetch(path, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': contentType,
      ...acting,
      ...(idempotencyKey !== undefined && {
        'Idempotency-Key': idempotencyKey,
        'Idempotency-Remember-Days': REMEMBER_DAYS,
      }),
    },
    ...(signal && { signal }),
  }).catch(passing);
  if (!response.ok || !response.body) {
    const problem = problemOf(await response.json().catch(() => undefined), response);
    if (problem.code === 'UNAUTHENTICATED') signedOut();
    throw problem;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read().catch(passing);
    const lines = (rest + (value ?? '')).split('\n');
    rest = done ? '' : (lines.pop() ?? '');
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
    if (done) return;
  }
}

/** The network failed, or the request was given up on purpose. */
function passing(cause: unknown): never {
  if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
  throw new ProblemError({ code: OFFLINE, detail: String(cause) }, null);
}
