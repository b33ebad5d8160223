import { GitCompare } from 'lucide-react';
import type { Conflict } from '../api/use-guarded-write';
import { useText } from '../text/texts';
import { Button } from './button';
import { Time } from './time';

export interface Change {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

const IGNORED = ['version', 'updated_at'];

/** Returns the members that differ between two states of a resource. */
export function changesBetween(before: object, after: object): Change[] {
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return Object.keys({ ...old, ...now })
    .filter((name) => !IGNORED.includes(name) && JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((name) => ({ name, before: old[name], after: now[name] }));
}

export function Changes({
  changes,
  before: old,
  after: now,
}: {
  changes: readonly Change[];
  before?: string;
  after?: string;
}) {
  const t = useText();
  return (
    <div tabIndex={0} role="region" aria-label={t('change.label')} className="mt-2 overflow-x-auto">
      <table className="w-full text-left text-xs">
        <thead className="text-soft">
          <tr>
            <th className="py-1 pr-4 font-medium">{t('change.field')}</th>
            <th className="py-1 pr-4 font-medium">{old ?? t('change.before')}</th>
            <th className="py-1 font-medium">{now ?? t('change.after')}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ name, before, after }) => (
            <tr key={name} className="border-t border-line align-top">
              <td className="py-1.5 pr-4 font-mono">{name}</td>
              <td className="py-1.5 pr-4 break-all text-soft">
                <Value value={before} />
              </td>
              <td className="py-1.5 font-medium break-all">
                <Value value={after} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

export function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span>—</span>;
  if (typeof value === 'string' && ISO_TIME.test(value)) return <Time at={value} />;
  return <>{typeof value === 'string' ? value : JSON.stringify(value)}</>;
}

/** Somebody else changed the resource meanwhile: what changed, and how to go on. */
export function ChangedMeanwhile({ conflict, action }: { conflict: Conflict | undefined; action?: string }) {
  const t = useText();
  if (!conflict) return null;
  const { changes, accept } = conflict;
  return (
    <div role="alert" className="rounded-lg border border-warn/40 bg-warn-soft p-4 text-sm text-ink">
      <p className="flex items-center gap-2 font-semibold text-warn">
        <GitCompare className="size-4" aria-hidden />
        {t('changed.title')}
      </p>
      <p className="mt-1">{changes.length > 0 ? t('changed.hint') : t('changed.nothing')}</p>
      {changes.length > 0 && <Changes changes={changes} />}
      <Button size="small" className="mt-3" onClick={accept}>
        {action ?? t('changed.accept')}
      </Button>
    </div>
  );
}
