import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { useText } from '../text/texts';
import { Button } from './button';
import { Card } from './card';
import { cn } from './class-names';
import { Refusal, Skeleton } from './states';

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: T) => ReactNode;
  readonly align?: 'right';
  /** Hidden where the screen is narrow. */
  readonly secondary?: boolean;
}

export interface ListState<T> {
  readonly rows: readonly T[];
  readonly isPending: boolean;
  readonly isPlaceholderData: boolean;
  readonly isFetchingNextPage: boolean;
  readonly hasNextPage: boolean;
  readonly error: Error | null;
  readonly refetch: () => unknown;
  readonly fetchNextPage: () => unknown;
}

const ROW_HEIGHT = 49;
const SKELETON_ROWS = 6;

/** A list with its states. Only the rows in view are in the document, so that ten thousand scroll smoothly. */
export function DataTable<T>({
  label,
  columns,
  list,
  rowKey,
  empty,
}: {
  label: string;
  columns: readonly Column<T>[];
  list: ListState<T>;
  rowKey: (row: T) => string;
  empty: ReactNode;
}) {
  const t = useText();
  if (list.error && list.rows.length === 0) {
    return (
      <Card flush>
        <Refusal error={list.error} onRetry={() => void list.refetch()} />
      </Card>
    );
  }
  if (!list.isPending && list.rows.length === 0) return <Card flush>{empty}</Card>;
  return (
    <Card flush className={cn('overflow-hidden', list.isPlaceholderData && 'opacity-60')}>
      <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
        <table className="w-full text-left text-sm" aria-busy={list.isPending || list.isPlaceholderData}>
          <thead className="border-b border-line bg-sunken/60 text-xs text-soft">
            <tr>
              {columns.map(({ id, header, align, secondary }) => (
                <th
                  key={id}
                  scope="col"
                  className={cellClass({ align, secondary }, 'py-2.5 font-medium whitespace-nowrap')}
                >
                  {header || <span className="sr-only">{t('list.actions')}</span>}
                </th>
              ))}
            </tr>
          </thead>
          {list.isPending ? (
            <SkeletonRows columns={columns} />
          ) : (
            <Rows rows={list.rows} columns={columns} rowKey={rowKey} />
          )}
        </table>
      </div>
      {list.isPending && (
        <span role="status" className="sr-only">
          {t('loading')}
        </span>
      )}
      {list.hasNextPage && (
        <div className="flex items-center justify-center border-t border-line p-3">
          <Button size="small" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {list.isFetchingNextPage ? t('loading') : t('list.more')}
          </Button>
        </div>
      )}
    </Card>
  );
}

function cellClass(
  { align, secondary }: { align?: 'right' | undefined; secondary?: boolean | undefined },
  more: string,
): string {
  return cn('px-5', more, align === 'right' && 'text-right', secondary === true && 'hidden lg:table-cell');
}

function Rows<T>({
  rows,
  columns,
  rowKey,
}: {
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  }, []);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
    scrollMargin: top,
  });
  const items = virtualizer.getVirtualItems();
  const before = (items[0]?.start ?? top) - top;
  const after = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <tbody ref={body}>
      {before > 0 && <Spacer height={before} columns={columns.length} />}
      {items.map(({ index }) => {
        const row = rows[index];
        if (row === undefined) return null;
        return (
          <tr key={rowKey(row)} className="border-b border-line last:border-b-0 hover:bg-sunken/50">
            {columns.map(({ id, cell, align, secondary }) => (
              <td key={id} className={cellClass({ align, secondary }, 'h-12 max-w-96 py-2')}>
                {cell(row)}
              </td>
            ))}
          </tr>
        );
      })}
      {after > 0 && <Spacer height={after} columns={columns.length} />}
    </tbody>
  );
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}

function SkeletonRows<T>({ columns }: { columns: readonly Column<T>[] }) {
  return (
    <tbody aria-hidden>
      {Array.from({ length: SKELETON_ROWS }, (_, row) => (
        <tr key={row} className="border-b border-line last:border-b-0">
          {columns.map(({ id, secondary }) => (
            <td key={id} className={cellClass({ secondary }, 'h-12')}>
              <Skeleton className="h-4 w-24" />
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}
