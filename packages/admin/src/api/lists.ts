import { keepPreviousData, useInfiniteQuery, type QueryKey } from '@tanstack/react-query';
import { isCode } from './problem';

const MAX_PAGES_TO_REFETCH = 3;

interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** A list that is read page by page. The rows of the former filter stay until the new ones are there. */
export function useList<T>(
  key: QueryKey,
  read: (cursor: string | undefined) => Promise<Page<T>>,
  { enabled = true, refetchInterval = false }: { enabled?: boolean; refetchInterval?: number | false } = {},
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
    // Nobody is there to be shown anything new.
    refetchInterval: ({ state }) => !isCode(state.error, 'UNAUTHENTICATED') && refetchInterval,
    // To come back to the window would read all pages of a long list again.
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) <= MAX_PAGES_TO_REFETCH,
  });
  return { ...query, rows: query.data?.pages.flatMap(({ data }) => data) ?? [] };
}

/** Returns the parameters that are set. */
export function given<T extends object>(parameters: T): { [K in keyof T]?: Exclude<T[K], undefined | ''> } {
  return Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''),
  ) as never;
}
