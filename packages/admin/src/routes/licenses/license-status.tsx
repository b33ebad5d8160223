import type { Schemas } from '../../api/client';
import { Badge, type Tone } from '../../parts/badge';
import { cn } from '../../parts/class-names';
import { useRelativeTime } from '../../parts/time';
import { useText, useWord, type TextOf } from '../../text/texts';

export type License = Schemas['License'];

const TONES: Readonly<Record<string, Tone>> = {
  ACTIVE: 'good',
  PENDING: 'info',
  IN_GRACE: 'warn',
  SUSPENDED: 'warn',
  EXPIRED: 'bad',
  REVOKED: 'bad',
};

/** State of a license: its status, or that it is in its grace period. */
export function stateOf({ status, in_grace }: Pick<License, 'status' | 'in_grace'>): string {
  return in_grace && (status === 'EXPIRED' || status === 'ACTIVE') ? 'IN_GRACE' : status;
}

const TRIAL_TYPES: readonly string[] = ['TRIAL', 'EVALUATION'];

/** Whether a license of a trial type becomes a full one only with another template. */
export function needsTemplateToConvert({ license_type }: Pick<License, 'license_type'>): boolean {
  return TRIAL_TYPES.includes(license_type);
}

/** Whether a trial can be made a full license by who has these permissions. */
export function isConvertible(license: License, may: (permission: string) => boolean): boolean {
  const needsTemplate = needsTemplateToConvert(license);
  return (
    (license.trial || needsTemplate) &&
    ['ACTIVE', 'IN_GRACE', 'EXPIRED'].includes(stateOf(license)) &&
    may('licenses:renew') &&
    (!needsTemplate || may('licenses:change-template'))
  );
}

export function LicenseState({ license }: { license: Pick<License, 'status' | 'in_grace'> }) {
  const word = useWord();
  const state = stateOf(license);
  return (
    <Badge tone={TONES[state] ?? 'quiet'} dot>
      {word('state', state)}
    </Badge>
  );
}

/** A sentence on what the state means now. */
export function useStateInWords(): (license: License) => string {
  const t = useText();
  const relative = useRelativeTime();
  return (license) => sentenceOf(license, t, relative);
}

function sentenceOf(license: License, t: TextOf, relative: (at: string) => string): string {
  const { expiry_date: expiry, grace_ends_at: graceEnd } = license;
  switch (stateOf(license)) {
    case 'ACTIVE':
      if (expiry === null) return t('license.words.forever');
      return license.auto_renewal_enabled
        ? t('license.words.renews', { when: relative(expiry) })
        : t('license.words.active', { when: relative(expiry) });
    case 'IN_GRACE':
      return t('license.words.grace', { when: relative(graceEnd ?? expiry ?? '') });
    case 'EXPIRED':
      return t('license.words.expired', { when: relative(graceEnd ?? expiry ?? '') });
    case 'SUSPENDED':
      return t(license.held_by_subscription ? 'license.words.suspendedBySubscription' : 'license.words.suspended');
    case 'REVOKED':
      return t('license.words.revoked');
    case 'PENDING':
      return license.starts_at === null
        ? t('license.words.pendingActivation')
        : t('license.words.pending', { when: relative(license.starts_at) });
    default:
      return t('license.words.inactive');
  }
}

/** Returns what stands in place of an expiry that there is not. */
export function useNoExpiry(): (license: Pick<License, 'status'>) => string {
  const t = useText();
  return ({ status }) => (status === 'PENDING' ? t('preview.afterStart') : t('never'));
}

/** Seats in use, as a number and a bar. */
export function Seats({ used, max, wide = false }: { used: number; max: number | null; wide?: boolean }) {
  const t = useText();
  if (max === null) return <span className="tabular-nums">{t('seats.unlimited', { used })}</span>;
  const share = Math.min(100, Math.round((100 * used) / max));
  return (
    <div className={cn('flex items-center gap-2.5', wide ? 'w-full' : 'w-32')}>
      <div className="h-1.5 grow overflow-hidden rounded-full bg-sunken" aria-hidden>
        <div
          className={cn(
            'h-full rounded-full',
            share >= 100 ? 'bg-bad-fill' : share >= 80 ? 'bg-[#d08a1c]' : 'bg-accent',
          )}
          style={{ width: `${share}%` }}
        />
      </div>
      <span className="text-xs whitespace-nowrap tabular-nums">{t('seats.of', { used, max })}</span>
    </div>
  );
}
