import { api, bodyOf } from './client';
import { given, useList } from './lists';
import type { paths } from './openapi';

interface PageOf<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

type RowOf<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': PageOf<infer Row> } } } };
}
  ? Row
  : never;

type QueryOf<Path extends keyof paths> = paths[Path] extends {
  get: { parameters: { query?: infer Query; path?: never } };
}
  ? NonNullable<Query>
  : never;

/** Paths that answer with a page of rows. */
type ListPath = { [Path in keyof paths]: RowOf<Path> extends never ? never : Path }[keyof paths];

/**
 * The list at a path, with filters that the path knows. Their values stand in the address of the page, where anybody can write anything: the
 * server refuses what it does not know.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the names of the filter are inferred, so that one that the path has not is refused
export function useFilteredList<Path extends ListPath, Name extends keyof QueryOf<Path>>(
  path: Path,
  resource: string,
  filter: Readonly<Partial<Record<Name, string>>>,
  { limit = 50, refetchInterval = false }: { limit?: number; refetchInterval?: number | false } = {},
) {
  const read = (cursor: string | undefined) => {
    const query = { limit, ...filter, ...given({ cursor }) };
    const answer: Promise<unknown> = bodyOf(api.GET(path as '/v1/products', { params: { query } }));
    return answer as Promise<PageOf<RowOf<Path>>>;
  };
  return useList([resource, 'list', filter], read, { refetchInterval });
}
