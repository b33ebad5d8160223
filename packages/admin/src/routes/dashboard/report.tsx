import type { ReactNode } from 'react';
import { useIntl } from 'react-intl';
import { Card } from '../../parts/card';
import { cn } from '../../parts/class-names';
import { Loading, Refusal } from '../../parts/states';

interface Read<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/** A card of the dashboard: what it shows, that it loads, or why it was refused. */
export function Report<T>({
  title,
  hint,
  actions,
  query,
  className,
  children,
}: {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  query: Read<T>;
  /** A chart has its height before it is there, so that nothing moves. */
  className?: string;
  children: (data: T) => ReactNode;
}) {
  const { data, error } = query;
  return (
    <Card title={title} hint={hint} actions={actions} className={cn(className)}>
      {data !== undefined ? (
        children(data)
      ) : error ? (
        <Refusal error={error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading />
      )}
    </Card>
  );
}

const DAY_MS = 86_400_000;

/** Returns the day so many days after a day; days of reports are those of UTC. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Days of the reports that look back: the last 30. */
export function lastDays(): string[] {
  const today = new Date().toISOString().slice(0, 10);
  return Array.from({ length: 30 }, (_, index) => dayAfter(today, index - 29));
}

/** Writes a day of a report, which is one in UTC. */
export function useDay(): (day: string) => string {
  const intl = useIntl();
  return (day) => intl.formatDate(`${day}T00:00:00Z`, { day: 'numeric', month: 'short', timeZone: 'UTC' });
}
