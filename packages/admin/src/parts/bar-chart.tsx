import type { ReactNode } from 'react';
import { useText } from '../text/texts';
import { cn } from './class-names';
import { ChartTable } from './chart-table';
import { Empty } from './states';

export interface Series {
  readonly name: string;
  /** Class of the colour of its bars. */
  readonly fill: string;
}

export interface Bar {
  readonly label: string;
  /** One value for each series. */
  readonly values: readonly number[];
}

/** Stacked bars, with the same numbers as a table beside them. */
export function BarChart({
  label,
  series,
  bars,
  table,
}: {
  label: string;
  series: readonly Series[];
  bars: readonly Bar[];
  /** Rows of the table, if it says more than the bars. */
  table?: { readonly columns: readonly string[]; readonly rows: readonly (readonly ReactNode[])[] };
}) {
  const t = useText();
  const sum = ({ values }: Bar) => values.reduce((total, value) => total + value, 0);
  if (bars.every((bar) => sum(bar) === 0)) return <Empty title={t('chart.empty')} />;
  const highest = Math.max(1, ...bars.map(sum));
  return (
    <figure aria-label={label}>
      <div aria-hidden className="flex h-36 items-end gap-px sm:gap-0.5 border-b border-line">
        {bars.map((bar) => (
          <div
            key={bar.label}
            title={`${bar.label}: ${series.map(({ name }, index) => `${name} ${bar.values[index] ?? 0}`).join(', ')}`}
            className="flex h-full min-w-0 grow flex-col-reverse overflow-hidden rounded-t-sm hover:bg-sunken"
          >
            {series.map(({ name, fill }, index) => (
              <div key={name} className={fill} style={{ height: `${(100 * (bar.values[index] ?? 0)) / highest}%` }} />
            ))}
          </div>
        ))}
      </div>
      <div aria-hidden className="mt-1.5 flex justify-between text-xs text-soft">
        <span>{bars[0]?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </div>
      <figcaption className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
        {series.map(({ name, fill }) => (
          <span key={name} className="flex items-center gap-1.5">
            <span aria-hidden className={cn('size-2.5 rounded-xs', fill)} />
            {name}
          </span>
        ))}
      </figcaption>
      <details className="mt-2 text-xs">
        <summary className="text-accent-ink">{t('chart.table')}</summary>
        <ChartTable
          label={label}
          columns={table?.columns ?? [t('chart.day'), ...series.map(({ name }) => name)]}
          rows={table?.rows ?? bars.filter((bar) => sum(bar) > 0).map((bar) => [bar.label, ...bar.values])}
        />
      </details>
    </figure>
  );
}
