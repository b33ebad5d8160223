import { useIntl } from 'react-intl';

const DAY_MS = 86_400_000;

function inUtc(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A time in the zone of the person, with UTC when it is pointed at. */
export function Time({ at, dateOnly = false }: { at: string; dateOnly?: boolean }) {
  const intl = useIntl();
  const text = intl.formatDate(at, { dateStyle: 'medium', ...(!dateOnly && { timeStyle: 'short' }) });
  return (
    <time dateTime={at} title={inUtc(at)} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  );
}

/** Returns words such as "in 3 days", with the largest unit that fits. */
export function useRelativeTime(): (at: string) => string {
  const intl = useIntl();
  return (at) => {
    const ms = Date.parse(at) - Date.now();
    const size = Math.abs(ms);
    if (size < 60_000) return intl.formatRelativeTime(Math.round(ms / 1_000), 'second', { numeric: 'auto' });
    if (size < 3_600_000) return intl.formatRelativeTime(Math.round(ms / 60_000), 'minute');
    if (size < DAY_MS) return intl.formatRelativeTime(Math.round(ms / 3_600_000), 'hour');
    if (size < 60 * DAY_MS) return intl.formatRelativeTime(Math.round(ms / DAY_MS), 'day');
    if (size < 730 * DAY_MS) return intl.formatRelativeTime(Math.round(ms / (30.44 * DAY_MS)), 'month');
    return intl.formatRelativeTime(Math.round(ms / (365.25 * DAY_MS)), 'year');
  };
}

export function RelativeTime({ at }: { at: string }) {
  const relative = useRelativeTime();
  return (
    <time dateTime={at} title={inUtc(at)}>
      {relative(at)}
    </time>
  );
}
