import { CircleAlert, Inbox, LockKeyhole, WifiOff, type LucideIcon } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { OFFLINE, ProblemError } from '../api/problem';
import { useErrorText, useFaultText } from '../text/problems';
import { useText } from '../text/texts';
import { Button } from './button';
import { Code } from './copy';
import { FactsText } from './facts-text';

function State({
  icon: Icon,
  title,
  isPage = false,
  role,
  children,
}: {
  icon: LucideIcon;
  title: string;
  isPage?: boolean | undefined;
  role?: 'alert' | 'status' | undefined;
  children?: ReactNode;
}) {
  const Title = isPage ? 'h1' : 'p';
  useEffect(() => {
    if (isPage) document.title = `${title} · Imprimatur`;
  }, [isPage, title]);
  return (
    <div role={role} className="flex flex-col items-center gap-3 px-6 py-14 text-center">
      <span className="grid size-11 place-items-center rounded-full bg-sunken text-soft">
        <Icon className="size-5" aria-hidden />
      </span>
      <Title className="font-semibold">{title}</Title>
      {children}
    </div>
  );
}

export function Empty({
  title,
  hint,
  isPage,
  children,
}: {
  title: string;
  hint?: string;
  /** Nothing else is on the page, so its title is the heading. */
  isPage?: boolean;
  children?: ReactNode;
}) {
  return (
    <State icon={Inbox} title={title} isPage={isPage}>
      {hint !== undefined && <p className="max-w-md text-sm text-soft">{hint}</p>}
      {children}
    </State>
  );
}

export function Forbidden({ permission, isPage }: { permission: string; isPage?: boolean }) {
  const t = useText();
  return (
    <State
      icon={LockKeyhole}
      title={t('forbidden.title')}
      isPage={isPage}
      role={isPage === true ? undefined : 'status'}
    >
      <p className="max-w-md text-sm text-soft">
        {t('forbidden.hint')} <Code>{permission}</Code>
      </p>
    </State>
  );
}

/** A refusal, with what is needed to ask about it. */
export function Refusal({ error, isPage, onRetry }: { error: Error; isPage?: boolean; onRetry?: () => void }) {
  const t = useText();
  const { meaning, remedy, facts } = useErrorText(error);
  const refusal = error instanceof ProblemError ? error : undefined;
  const isOffline = refusal?.code === OFFLINE;
  return (
    <State icon={isOffline ? WifiOff : CircleAlert} title={meaning || t('error.title')} isPage={isPage} role="alert">
      {remedy !== undefined && <p className="max-w-md text-sm text-soft">{remedy}</p>}
      {facts !== undefined && <FactsText className="max-w-md text-sm wrap-anywhere text-soft">{facts}</FactsText>}
      {refusal && !isOffline && (
        <p className="flex flex-wrap items-center justify-center gap-2 text-xs text-soft">
          <Code>{refusal.code}</Code>
          {refusal.requestId !== null && (
            <span>
              {t('error.request')} <Code>{refusal.requestId}</Code>
            </span>
          )}
        </p>
      )}
      {onRetry && <Button onClick={onRetry}>{t('retry')}</Button>}
    </State>
  );
}

/** A refusal inside a form or dialog. */
export function Fault({ error }: { error: Error | null }) {
  const t = useText();
  const { meaning, remedy, facts } = useErrorText(error);
  if (!error) return null;
  const refusal = error instanceof ProblemError ? error : undefined;
  return (
    <div role="alert" className="flex gap-3 rounded-lg bg-bad-soft px-4 py-3 text-sm text-bad">
      <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0 space-y-0.5">
        <p className="font-medium">{meaning || t('error.title')}</p>
        {remedy !== undefined && <p>{remedy}</p>}
        {facts !== undefined && <FactsText className="wrap-anywhere">{facts}</FactsText>}
        {refusal && refusal.faults.size > 0 && <FaultsElsewhere faults={refusal.faults} />}
        {refusal && refusal.code !== OFFLINE && (
          <p className="text-xs break-all">
            {refusal.code}
            {refusal.requestId !== null && ` · ${refusal.requestId}`}
          </p>
        )}
      </div>
    </div>
  );
}

/** The faults of a request, where not each stands at a field of the form. */
function FaultsElsewhere({ faults }: { faults: ReadonlyMap<string, string> }) {
  const faultText = useFaultText(true);
  const list = useRef<HTMLUListElement>(null);
  const [areMarked, setMarked] = useState(true);
  useEffect(() => {
    // The fields are marked by an effect of the form, which runs after this one.
    const frame = requestAnimationFrame(() => {
      const form = list.current?.closest('form, [role=dialog], main');
      setMarked((form?.querySelectorAll('[aria-invalid=true]').length ?? 0) >= faults.size);
    });
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [faults]);
  return (
    <ul ref={list} hidden={areMarked} className="list-disc pl-4">
      {[...faults].map(([name, fault]) => (
        <li key={name} className="wrap-anywhere">
          {name === '' ? faultText(fault) : `${name}: ${faultText(fault)}`}
        </li>
      ))}
    </ul>
  );
}

export function Skeleton({ className = 'h-4 w-full' }: { className?: string }) {
  return <div className={`animate-pulse rounded bg-sunken ${className}`} aria-hidden />;
}

export function Loading() {
  const t = useText();
  return (
    <div role="status" className="space-y-3 p-5">
      <span className="sr-only">{t('loading')}</span>
      <Skeleton className="h-5 w-1/3" />
      <Skeleton />
      <Skeleton className="h-4 w-2/3" />
    </div>
  );
}
