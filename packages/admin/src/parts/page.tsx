import { useEffect, type ReactNode } from 'react';

/** The heading of a page, which also names the tab of the browser. */
export function PageHeader({
  title,
  name,
  above,
  hint,
  actions,
}: {
  title: ReactNode;
  name: string;
  above?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${name} · Imprimatur`;
  }, [name]);
  return (
    <header className="mb-5 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        {above !== undefined && <div className="mb-1 text-xs text-soft">{above}</div>}
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        {hint !== undefined && <div className="mt-1 text-sm text-soft">{hint}</div>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  );
}
