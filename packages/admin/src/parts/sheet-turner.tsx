import { useIntl } from 'react-intl';
import type { Sheet } from '../api/lists';
import { useText } from '../text/texts';
import { Button } from './button';

/** Leads to the rows of a long list that follow those that are shown, and back. */
export function SheetTurner({ sheet: { offset, next, previous }, count }: { sheet: Sheet; count: number }) {
  const t = useText();
  const intl = useIntl();
  if (!next && !previous) return null;
  return (
    <nav
      aria-label={t('list.sheets')}
      className="flex flex-wrap items-center justify-between gap-3 border-t border-line p-3 text-sm text-soft"
    >
      <Button size="small" disabled={!previous} onClick={previous}>
        {t('list.previousSheet')}
      </Button>
      <span className="tabular-nums">
        {t('list.shownRows', { from: intl.formatNumber(offset + 1), to: intl.formatNumber(offset + count) })}
      </span>
      <Button size="small" disabled={!next} onClick={next}>
        {t('list.nextSheet')}
      </Button>
    </nav>
  );
}
