import type { ReactNode } from 'react';
import { cn } from './class-names';

export function Card({
  title,
  hint,
  actions,
  className,
  flush = false,
  children,
}: {
  title?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
  className?: string;
  flush?: boolean;
  children?: ReactNode;
}) {
  return (
    <section className={cn('rounded-xl border border-line bg-card shadow-xs', className)}>
      {title !== undefined && (
        <header className="flex flex-wrap items-center justify-between gap-3 px-5 pt-4 pb-3">
          <div>
            <h2 className="text-sm font-semibold">{title}</h2>
            {hint !== undefined && <p className="text-xs text-soft">{hint}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={cn(!flush && 'px-5 pb-5', !flush && title === undefined && 'pt-5')}>{children}</div>
    </section>
  );
}

/** Names with their values, two columns where there is room. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-1 gap-x-8 gap-y-3 sm:grid-cols-2">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-soft">{name}</dt>
      <dd className="mt-0.5 text-sm wrap-anywhere">{children}</dd>
    </div>
  );
}
