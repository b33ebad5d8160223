import { actingHeaders } from '../../api/acting-for';
import type { Schemas } from '../../api/client';
import { streamLines } from '../../api/line-stream';
import { OFFLINE, ProblemError } from '../../api/problem';
import { queryClient } from '../../api/query-client';
import { onSessionEnd } from '../../api/session-signals';
import { idempotencyKeyOf, type BulkChange, type BulkPart, type BulkResult } from './bulk-change';
import { readParts, saveResults } from './bulk-store';

const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MS = 1_000;
/** Answers after which the progress is shown again. */
const LINES_PER_NOTICE = 25;

type Line = Schemas['BatchActionResult'];

export interface BulkRun {
  readonly isRunning: boolean;
  /** Answers that have arrived of the part that is being sent. */
  readonly arrived: number;
  /** Why it stopped before its end. */
  readonly error: Error | null;
}

const AT_REST: BulkRun = { isRunning: false, arrived: 0, error: null };

const runs = new Map<string, BulkRun>();
const stops = new Map<string, AbortController>();
const listeners = new Set<() => void>();

export function subscribeToRuns(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function runOf(id: string): BulkRun {
  return runs.get(id) ?? AT_REST;
}

function show(id: string, run: Partial<BulkRun>): void {
  runs.set(id, { ...runOf(id), ...run });
  for (const listener of listeners) listener();
}

/** Stops after the part that is being sent. */
export function pause(id: string): void {
  stops.get(id)?.abort();
}

// Another person or tenant must not go on with it.
onSessionEnd(() => {
  for (const stop of stops.values()) stop.abort();
});

/** Sends the parts that have no results yet. It goes on while other pages of the application are shown. */
export async function run(change: BulkChange): Promise<void> {
  const { id } = change;
  if (stops.has(id)) return;
  const stop = new AbortController();
  stops.set(id, stop);
  show(id, { isRunning: true, error: null });
  try {
    await navigator.locks.request(`imprimatur-bulk-${id}`, { ifAvailable: true }, async (lock) => {
      if (!lock) throw new AnotherTabError();
      await sendParts(change, stop.signal);
    });
  } catch (error) {
    if (!stop.signal.aborted) show(id, { error: error as Error });
  } finally {
    stops.delete(id);
    show(id, { isRunning: false, arrived: 0 });
    await queryClient.invalidateQueries({ queryKey: ['licenses'] });
  }
}

export class AnotherTabError extends Error {}

async function sendParts(change: BulkChange, stop: AbortSignal): Promise<void> {
  // They stay those of the owner, so that the server refuses what another person's session would do.
  const acting = actingHeaders();
  for (const part of await readParts(change.id)) {
    if (part.results) continue;
    const results = await resultsOf(change, part, acting, stop);
    if (!results) return;
    const counted = await saveResults(part, results);
    queryClient.setQueryData<BulkChange[]>(['bulk-changes', change.owner], (all) =>
      all?.map((each) => (each.id === counted.id ? counted : each)),
    );
    show(change.id, { arrived: 0 });
  }
}

/** Sends a part until every line has its final answer, some times at most. Returns nothing if it is paused before. */
async function resultsOf(
  change: BulkChange,
  part: BulkPart,
  acting: Record<string, string>,
  stop: AbortSignal,
): Promise<BulkResult[] | undefined> {
  for (let attempt = 1; !stop.aborted; attempt++) {
    const isLast = attempt === MAX_ATTEMPTS;
    try {
      const lines = await send(change, part, acting);
      if (isLast || !lines.some(({ problem }) => problem?.next.action === 'retry')) return lines.map(toResult(part));
    } catch (error) {
      if (isLast || !(error instanceof ProblemError) || !error.isPassing) throw error;
    }
    await wait(FIRST_WAIT_MS * 2 ** (attempt - 1), stop);
  }
  return undefined;
}

async function send(change: BulkChange, part: BulkPart, acting: Record<string, string>): Promise<Line[]> {
  const body = part.licenses.map((license) => JSON.stringify({ ...license, ...change.body })).join('\n');
  const lines: Line[] = [];
  for await (const line of streamLines<Line>(`/v1/licenses:batch-${change.action}`, {
    body,
    contentType: 'application/x-ndjson',
    idempotencyKey: idempotencyKeyOf(part),
    acting,
  })) {
    lines.push(line);
    if (lines.length % LINES_PER_NOTICE === 0) show(change.id, { arrived: lines.length });
  }
  if (lines.length < part.licenses.length) throw new ProblemError({ code: OFFLINE, status: 0 }, null);
  return lines;
}

function toResult(part: BulkPart) {
  return ({ line, status, license, problem }: Line): BulkResult => ({
    license_id: part.licenses[line - 1]?.license_id ?? '',
    status,
    ...(license && { license_status: license.status, expiry_date: license.expiry_date }),
    ...(problem && { code: problem.code, detail: problem.detail }),
  });
}

function wait(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
