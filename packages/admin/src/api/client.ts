import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './openapi';
import { actingHeaders } from './acting-for';
import { isAttended } from './attendance';
import { OFFLINE, ProblemError, type Problem } from './problem';
import { confirmSession, signedOut } from './session-signals';
import { idempotencyKeyOf, REMEMBER_DAYS, settle } from './unsettled-writes';

export type Schemas = components['schemas'];

const SAFE = ['GET', 'HEAD'];

let replays = 0;

/** Number of writes that turned out to have happened when they were sent before. */
export function countReplays(): number {
  return replays;
}

/** Returns whether the write may still happen, or have happened. */
async function isUnsettled(response: Response): Promise<boolean> {
  if (response.status >= 500) return true;
  const text = await response
    .clone()
    .text()
    .catch(() => undefined);
  // An answer that breaks off is none.
  if (text === undefined) return true;
  return response.status === 409 && /"code":\s*"IDEMPOTENCY_IN_PROGRESS"/.test(text);
}

/** Names whom the page shows, the tenant of a platform key, and the change that a write is, so that it happens once however often it is sent. */
const headers: Middleware = {
  async onRequest({ request }) {
    const { pathname } = new URL(request.url);
    const { 'X-Signed-In-As': shown, 'X-Tenant-Id': tenant } = actingHeaders();
    const isOfPlatform = /^\/(?:auth|v1\/tenants)(?:\/|$)/.test(pathname);
    if (tenant !== undefined && !isOfPlatform) request.headers.set('X-Tenant-Id', tenant);
    const asksWho = pathname === '/v1/me' || pathname.startsWith('/auth/');
    if (shown !== undefined && !asksWho) request.headers.set('X-Signed-In-As', shown);
    if (SAFE.includes(request.method) && !isAttended()) request.headers.set('X-Unattended', '1');
    const isDryRun = /(?:\/explain|[/:]preview)$/.test(pathname);
    if (!SAFE.includes(request.method) && !pathname.startsWith('/auth/') && !isDryRun) {
      // Without the version: the page shows the next one once the write has happened.
      const write = [shown, tenant, request.method, request.url, await request.clone().text()];
      const [resource] = /^\/v1\/[^/:]+\/[^/:]+/.exec(pathname) ?? [];
      request.headers.set('Idempotency-Key', await idempotencyKeyOf(write, resource && `${tenant} ${resource}`));
      request.headers.set('Idempotency-Remember-Days', String(REMEMBER_DAYS));
    }
    return request;
  },
  async onResponse({ request, response }) {
    const key = request.headers.get('Idempotency-Key');
    if (key === null || (await isUnsettled(response))) return;
    settle(key, response.ok);
    if (response.headers.has('Idempotency-Replayed')) replays++;
  },
};

export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin' });
api.use(headers);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Returns the body of an answer. Throws ProblemError. */
export async function bodyOf<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer.catch((cause: unknown) => {
    throw new ProblemError({ code: OFFLINE, detail: String(cause) }, null);
  });
  if (response.ok) return data as T;
  const refusal = problemOf(error, response);
  if (refusal.code === 'UNAUTHENTICATED') signedOut();
  throw refusal;
}

/** Runs a write; where it needs a recent sign-in, the person confirms who they are and it runs again. Throws ProblemError. */
export async function confirmed<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== 'RECENT_SIGN_IN_REQUIRED') throw error;
    if (!(await confirmSession())) throw error;
    return write();
  }
}

declare const guard: unique symbol;

/** State of a resource that `useGuardedWrite` hands to a write, so that a change by somebody else is shown and not only refused. */
export type Guarded<T> = T & { readonly [guard]: true };

/** Precondition that a resource has not changed since it was read. */
export function ifUnchanged({ version }: Guarded<{ readonly version: number }>) {
  return { 'If-Match': `"${version}"` };
}

export function problemOf(error: unknown, response: Response): ProblemError {
  const isProblem = typeof error === 'object' && error !== null && 'code' in error && 'detail' in error;
  const problem = isProblem
    ? (error as Problem)
    : { code: `HTTP_${response.status}`, title: response.statusText, status: response.status };
  return new ProblemError(problem, response.headers.get('X-Request-Id'));
}
