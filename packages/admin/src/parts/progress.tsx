import { cn } from './class-names';

/** How much of a work is done; `failed` is a part of it. */
export function Progress({
  label,
  value,
  failed = 0,
  max,
}: {
  label: string;
  value: number;
  failed?: number;
  max: number;
}) {
  const share = (count: number) => `${max === 0 ? 100 : (100 * count) / max}%`;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={value}
      className="flex h-2.5 w-full overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={cn('h-full bg-accent', failed === 0 && 'rounded-full')}
        style={{ width: share(value - failed) }}
      />
      <div className="h-full bg-bad-fill" style={{ width: share(failed) }} />
    </div>
  );
}
