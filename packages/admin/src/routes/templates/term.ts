import type { Schemas } from '../../api/client';
import { useText } from '../../text/texts';

type Terms = Pick<Schemas['LicenseTemplate'], 'default_duration' | 'default_term'>;

/** Returns the term of a template in words. */
export function useTermInWords(): (terms: Terms) => string {
  const t = useText();
  return ({ default_duration: days, default_term: term }) => {
    if (term?.years !== undefined) return t('term.years', { count: term.years });
    if (term?.months !== undefined) return t('term.months', { count: term.months });
    const count = days ?? term?.days;
    return count === undefined ? t('term.forever') : t('days', { days: count });
  };
}
