import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Schemas } from '../../api/client';
import { actingHeaders } from '../../api/acting-for';
import { streamLines } from '../../api/line-stream';
import { OFFLINE, ProblemError } from '../../api/problem';
import { partsOf, type ImportMapping } from './import-lines';
import type { SourceFile, SourceRow } from './source-file';

type Line = Schemas['ImportResult'];
export type Outcome = Line['outcome'];

const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MS = 1_000;

export interface RowResult {
  readonly row: SourceRow;
  readonly outcome: Outcome;
  readonly license_id?: string | undefined;
  /** A new license key, of a line that had none. */
  readonly license_key?: string | undefined;
  readonly code?: string;
  readonly detail?: string;
}

export interface ImportRun {
  readonly isDry: boolean;
  readonly isRunning: boolean;
  readonly isStopped: boolean;
  readonly results: readonly RowResult[];
  readonly error: Error | null;
}

/** Sends a file in parts. Nothing is imported twice, so a part that broke off is sent again, and a file can be. */
export function useImport(faultInWords: (fault: NonNullable<SourceRow['fault']>) => string) {
  const client = useQueryClient();
  const [run, setRun] = useState<ImportRun | undefined>();
  const stop = useRef(new AbortController());
  const start = async (file: SourceFile, mapping: ImportMapping, isDry: boolean) => {
    const { signal } = (stop.current = new AbortController());
    const results: RowResult[] = file.rows.flatMap((row): RowResult[] =>
      row.fault ? [{ row, outcome: 'REFUSED', code: 'MALFORMED_REQUEST', detail: faultInWords(row.fault) }] : [],
    );
    const show = (state: Partial<ImportRun>) => {
      setRun({ isDry, isRunning: true, isStopped: false, error: null, ...state, results: [...results] });
    };
    show({});
    // They stay those of the person that began it, so that the server refuses what another person's session would do.
    const acting = actingHeaders();
    try {
      for await (const part of partsOf(file, mapping)) {
        if (signal.aborted) break;
        const { arrived, error } = await resultsOf({ ...part, acting }, mapping, isDry);
        results.push(...arrived);
        if (error) throw error;
        show({});
      }
      show({ isRunning: false, isStopped: signal.aborted });
    } catch (error) {
      show({ isRunning: false, error: error as Error });
    }
    if (!isDry)
      await Promise.all(
        ['licenses', 'customers'].map((queryKey) => client.invalidateQueries({ queryKey: [queryKey] })),
      );
  };
  return {
    run,
    start,
    stop: () => {
      stop.current.abort();
    },
    reset: () => {
      setRun(undefined);
    },
  };
}

type Part = ReturnType<typeof partsOf> extends AsyncGenerator<infer P> ? P : never;

/** Sends a part, some times at most. What has arrived stands also if it fails in the end: nothing else has the new license keys. */
async function resultsOf(
  part: Part & { readonly acting: Record<string, string> },
  { system }: ImportMapping,
  isDry: boolean,
): Promise<{ readonly arrived: readonly RowResult[]; readonly error?: Error }> {
  const query = new URLSearchParams({
    ...(isDry && { dry_run: 'true' }),
    ...(system !== undefined && { map: system }),
  });
  const results = new Map<SourceRow, RowResult>();
  for (let attempt = 1; ; attempt++) {
    try {
      let mayRetry = false;
      for await (const line of streamLines<Line>(`/v1/licenses:import?${query.toString()}`, part)) {
        const row = part.rows.get(line.line);
        mayRetry ||= line.problem?.next.action === 'retry';
        // An earlier attempt has stored it, and only that one had the new license key.
        if (row && results.get(row)?.outcome !== 'IMPORTED') results.set(row, toResult(row, line));
      }
      if (results.size < part.rows.size) throw new ProblemError({ code: OFFLINE }, null);
      if (!mayRetry || attempt === MAX_ATTEMPTS) return { arrived: [...results.values()] };
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !(error instanceof ProblemError) || !error.isPassing)
        return { arrived: [...results.values()], error: error as Error };
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** (attempt - 1)));
  }
}

function toResult(row: SourceRow, { outcome, license_id, license_key, problem }: Line): RowResult {
  const details = [
    problem?.detail,
    ...(problem?.errors ?? []).map(({ pointer, detail }) => `${pointer ?? ''} ${detail}`),
  ];
  return {
    row,
    outcome,
    license_id,
    license_key,
    ...(problem && { code: problem.code, detail: details.filter(Boolean).join(' · ') }),
  };
}
