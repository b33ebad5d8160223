import { Fragment, type ReactNode } from 'react';
import { isCode } from '../api/problem';
import { NotFound } from '../shell/not-found';
import { Card } from './card';
import { Pinned } from './pinned';
import { Empty, Loading, Refusal } from './states';

interface Read<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/** Shows what a query has read; until then that it loads, or why it was refused. */
export function ResourceDetail<T>({
  query,
  id,
  bare = false,
  children,
}: {
  query: Read<T>;
  /** Tells resources apart, so that no state of one is shown with another. */
  id?: string;
  /** Within a card that there is. */
  bare?: boolean;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <Fragment key={id}>{children(query.data)}</Fragment>;
  // An id that no resource can have is in the address.
  if (isCode(query.error, 'VALIDATION_FAILED') && !bare) return <NotFound />;
  const state = query.error ? (
    <Refusal error={query.error} isPage={!bare} onRetry={() => void query.refetch()} />
  ) : (
    <Loading />
  );
  return bare ? state : <Card flush>{state}</Card>;
}

/** Shows the form of a resource on a page of its own, with the state that it began with; one that can no longer change says so, and leads back. */
export function EditedResource<T extends { readonly version: number }>({
  query,
  id,
  isEditable,
  fixed: { title, hint, back },
  children,
}: {
  query: Read<T>;
  id: string;
  isEditable: (resource: T) => boolean;
  /** Stands in place of the form of a resource that can no longer change. */
  fixed: { readonly title: string; readonly hint: string; readonly back: ReactNode };
  children: (resource: T) => ReactNode;
}) {
  return (
    <ResourceDetail query={query} id={id}>
      {(read) => (
        <Pinned resource={read}>
          {(resource) =>
            isEditable(resource) ? (
              children(resource)
            ) : (
              <Card flush>
                <Empty title={title} hint={hint}>
                  {back}
                </Empty>
              </Card>
            )
          }
        </Pinned>
      )}
    </ResourceDetail>
  );
}
