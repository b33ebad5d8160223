import { useMemo, type ReactNode } from 'react';
import { given } from '../api/lists';
import { useText } from '../text/texts';
import { DataTable, type Column, type ListState, type RowSelection } from './data-table';
import { FilterBar, FilterSelect } from './filter-bar';
import { PageHeader } from './page';
import { Empty } from './states';

export interface Filters<S> {
  /** Those that are set. */
  readonly filter: { readonly [K in keyof S]?: Exclude<S[K], undefined | ''> };
  readonly isFiltered: boolean;
  readonly change: (changed: Partial<S>) => void;
  /** Sets these and no others. */
  readonly show: (filter: Partial<S>) => void;
  readonly clear: () => void;
}

/** The filters of a list, which stand in its address. */
export function useFilters<S extends object>(search: S, navigate: (to: never) => unknown): Filters<S> {
  const go = (to: object) => void navigate({ search: given(to), replace: true } as never);
  const filter = useMemo(() => given(search), [search]);
  return {
    filter,
    isFiltered: Object.keys(filter).length > 0,
    change: (changed) => go({ ...search, ...changed }),
    show: go,
    clear: () => go({}),
  };
}

/** A page with a list: its heading, its filters, and what stands there if there is nothing, or nothing that matches. */
export function ResourceList<T, S extends object>({
  title,
  hint,
  actions,
  filters,
  filterFields,
  above,
  empty,
  ...table
}: {
  title: string;
  hint?: string;
  actions?: ReactNode;
  filters?: Filters<S>;
  filterFields?: ReactNode;
  /** Stands between the filters and the list. */
  above?: ReactNode;
  /** Shown where there is nothing at all. */
  empty: ReactNode;
  list: ListState<T>;
  rowKey: (row: T) => string;
  columns: readonly Column<T>[];
  selection?: RowSelection<T> | undefined;
}) {
  const t = useText();
  const isFiltered = filters?.isFiltered === true;
  return (
    <>
      <PageHeader title={title} name={title} {...(hint !== undefined && { hint })} actions={actions} />
      {filterFields !== undefined && (
        <FilterBar onClear={isFiltered ? filters.clear : undefined}>{filterFields}</FilterBar>
      )}
      {above}
      <DataTable
        {...table}
        label={title}
        empty={isFiltered ? <Empty title={t('list.noMatch')} hint={t('list.noMatchHint')} /> : empty}
      />
    </>
  );
}

/** Chooses between what is active and what is archived. */
export function ActiveFilter({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const t = useText();
  return (
    <FilterSelect
      label={t('active.any')}
      value={value}
      onChange={onChange}
      options={[
        ['true', t('active.true')],
        ['false', t('active.false')],
      ]}
    />
  );
}
