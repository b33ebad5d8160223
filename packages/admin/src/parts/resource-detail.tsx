import { Fragment, type ReactNode } from 'react';
import { Card } from './card';
import { Loading, Refusal } from './states';

interface Read<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/** What a query has read; until then that it loads, or why it was refused. */
export function ResourceDetail<T>({
  query,
  id,
  children,
}: {
  query: Read<T>;
  /** Tells resources apart, so that no state of one is shown with another. */
  id?: string;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <Fragment key={id}>{children(query.data)}</Fragment>;
  return (
    <Card flush>
      {query.error ? <Refusal error={query.error} onRetry={() => void query.refetch()} /> : <Loading />}
    </Card>
  );
}
