import { keepPreviousData, useInfiniteQuery, type QueryKey } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { isCode } from './problem';

const MAX_PAGES_TO_REFETCH = 3;
/** Rows that a browser holds and scrolls through. What follows is on the next sheet, so that a list of any length takes the same memory. */
const ROWS_OF_SHEET = 10_000;

interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** A part of a long list that is scrolled through. */
export interface Sheet {
  /** Rows before it. */
  readonly offset: number;
  /** Undefined if there is none. */
  readonly next: (() => void) | undefined;
  readonly previous: (() => void) | undefined;
}

/** A list that is read page by page. The rows of the former filter stay until the new ones are there. */
export function useList<T>(
  key: QueryKey,
  read: (cursor: string | undefined) => Promise<Page<T>>,
  { enabled = true, refetchInterval = false }: { enabled?: boolean; refetchInterval?: number | false } = {},
) {
  const list = JSON.stringify(key);
  const [turned, setTurned] = useState<{ readonly list: string; readonly starts: readonly string[] }>();
  /** Cursors at which the sheets begin that follow the first one, up to the one that is shown. */
  const starts = turned?.list === list ? turned.starts : [];
  const start = starts.at(-1);
  const query = useInfiniteQuery({
    queryKey: start === undefined ? key : [...key, { start }],
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: start,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
    // Nobody is there to be shown anything new.
    refetchInterval: ({ state }) => !isCode(state.error, 'UNAUTHENTICATED') && refetchInterval,
    // To come back to the window would read all pages of a long list again.
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) <= MAX_PAGES_TO_REFETCH,
  });
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap(({ data }) => data) ?? [], [pages]);
  const end = pages?.at(-1)?.next_cursor ?? undefined;
  const isFull = rows.length >= ROWS_OF_SHEET && !query.isPlaceholderData;
  const turn = (to: readonly string[]) => () => {
    scrollTo(0, 0);
    setTurned({ list, starts: to });
  };
  const sheet: Sheet = {
    offset: starts.length * ROWS_OF_SHEET,
    next: isFull && end !== undefined ? turn([...starts, end]) : undefined,
    previous: starts.length > 0 ? turn(starts.slice(0, -1)) : undefined,
  };
  return { ...query, hasNextPage: query.hasNextPage && !isFull, rows, sheet };
}

/** Reads a list until a row is there that matches; undefined if there is none. For resources that the API only lists. */
export async function findInList<T>(
  read: (cursor: string | undefined) => Promise<Page<T>>,
  matches: (row: T) => boolean,
): Promise<T | undefined> {
  let cursor: string | undefined;
  do {
    const { data, next_cursor } = await read(cursor);
    const found = data.find(matches);
    if (found !== undefined) return found;
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined);
  return undefined;
}

/** Returns the parameters that are set. */
export function given<T extends object>(parameters: T): { [K in keyof T]?: Exclude<T[K], undefined | ''> } {
  return Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''),
  ) as never;
}
