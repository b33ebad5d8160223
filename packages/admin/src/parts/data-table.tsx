import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import type { Sheet } from '../api/lists';
import { useText } from '../text/texts';
import { Button } from './button';
import { Card } from './card';
import { cn } from './class-names';
import { SheetTurner } from './sheet-turner';
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
  /** Undefined for a list that is there as a whole. */
  readonly sheet?: Sheet;
}

/** Rows that can be ticked, to do something with them together. */
export interface RowSelection<T> {
  readonly isTicked: (row: T) => boolean;
  readonly onTick: (rows: readonly T[], isTicked: boolean) => void;
  readonly labelOf: (row: T) => string;
  readonly labelOfAll: string;
  readonly disabled: boolean;
}

/** Of a row that is not rendered yet. */
const ROW_HEIGHT = 49;
/** Rows below the last one in view at which the next page is read. */
const ROWS_AHEAD = 10;
/** Rows above and below those in view that are in the document, too. */
const ROWS_BESIDE = 8;
const SKELETON_ROWS = 6;

/** A list with its states. Only the rows in view are in the document, so that ten thousand scroll smoothly. */
export function DataTable<T>({
  label,
  columns,
  list,
  rowKey,
  selection,
  empty,
}: {
  label: string;
  columns: readonly Column<T>[];
  list: ListState<T>;
  rowKey: (row: T) => string;
  selection?: RowSelection<T> | undefined;
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
              {selection && (
                <th scope="col" className="w-0 py-2.5 pl-5">
                  <TickAll rows={list.rows} selection={selection} />
                </th>
              )}
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
            <SkeletonRows columns={columns} isTickable={selection !== undefined} />
          ) : (
            <Rows list={list} columns={columns} rowKey={rowKey} selection={selection} />
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
      {list.sheet && <SheetTurner sheet={list.sheet} count={list.rows.length} />}
    </Card>
  );
}

function cellClass(
  { align, secondary }: { align?: 'right' | undefined; secondary?: boolean | undefined },
  more: string,
): string {
  return cn('px-5', more, align === 'right' && 'text-right', secondary === true && 'hidden lg:table-cell');
}

function TickAll<T>({ rows, selection }: { rows: readonly T[]; selection: RowSelection<T> }) {
  const box = useRef<HTMLInputElement>(null);
  const ticked = rows.filter(selection.isTicked).length;
  const isPartial = ticked > 0 && ticked < rows.length;
  useEffect(() => {
    if (box.current) box.current.indeterminate = isPartial;
  }, [isPartial]);
  return (
    <input
      ref={box}
      type="checkbox"
      className="block size-4 accent-accent"
      aria-label={selection.labelOfAll}
      disabled={selection.disabled}
      checked={rows.length > 0 && ticked === rows.length}
      onChange={({ target }) => {
        selection.onTick(rows, target.checked);
      }}
    />
  );
}

function Rows<T>({
  list,
  columns,
  rowKey,
  selection,
}: {
  list: ListState<T>;
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  selection: RowSelection<T> | undefined;
}) {
  const { rows, hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  }, []);
  const [rowHeight, setRowHeight] = useState(ROW_HEIGHT);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: ROWS_BESIDE,
    scrollMargin: top,
  });
  useLayoutEffect(() => {
    const heights = [...(body.current?.querySelectorAll<HTMLElement>('tr:not([aria-hidden])') ?? [])].map(
      ({ offsetHeight }) => offsetHeight,
    );
    // A list whose rows are higher than thought would jump while it is scrolled.
    if (heights.length > 0) setRowHeight(heights.reduce((sum, height) => sum + height, 0) / heights.length);
  }, [columns.length]);
  useLayoutEffect(() => {
    virtualizer.measure();
  }, [rowHeight, virtualizer]);
  const items = virtualizer.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) >= rows.length - ROWS_AHEAD;
  const readsOn = isNearEnd && hasNextPage && !isFetchingNextPage && !list.error;
  useEffect(() => {
    if (readsOn) void fetchNextPage();
  }, [readsOn, fetchNextPage]);
  const columnCount = columns.length + (selection ? 1 : 0);
  const before = (items[0]?.start ?? top) - top;
  const after = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <tbody ref={body}>
      {before > 0 && <Spacer height={before} columns={columnCount} />}
      {items.map(({ index }) => {
        const row = rows[index];
        return row === undefined ? null : (
          <MemoRow key={rowKey(row)} row={row} columns={columns} selection={selection} />
        );
      })}
      {after > 0 && <Spacer height={after} columns={columnCount} />}
    </tbody>
  );
}

function Row<T>({
  row,
  columns,
  selection,
}: {
  row: T;
  columns: readonly Column<T>[];
  selection: RowSelection<T> | undefined;
}) {
  return (
    <tr className="border-b border-line last:border-b-0 hover:bg-sunken/50">
      {selection && (
        <td className="w-0 py-2 pl-5">
          <input
            type="checkbox"
            className="block size-4 accent-accent"
            aria-label={selection.labelOf(row)}
            disabled={selection.disabled}
            checked={selection.isTicked(row)}
            onChange={({ target }) => {
              selection.onTick([row], target.checked);
            }}
          />
        </td>
      )}
      {columns.map(({ id, cell, align, secondary }) => (
        <td key={id} className={cellClass({ align, secondary }, 'h-12 max-w-96 py-2')}>
          {cell(row)}
        </td>
      ))}
    </tr>
  );
}

/** Scrolling renders the rows that come into view, and no others again. */
const MemoRow = memo(Row) as typeof Row;

function Spacer({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}

function SkeletonRows<T>({ columns, isTickable }: { columns: readonly Column<T>[]; isTickable: boolean }) {
  return (
    <tbody aria-hidden>
      {Array.from({ length: SKELETON_ROWS }, (_, row) => (
        <tr key={row} className="border-b border-line last:border-b-0">
          {isTickable && <td />}
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
