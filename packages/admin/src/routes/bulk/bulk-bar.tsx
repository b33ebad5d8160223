import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Button } from '../../parts/button';
import { Menu, MenuItem } from '../../parts/menu';
import { TEXT_LINK } from '../../parts/text-link';
import { useMay, useSession } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { BULK_ACTIONS, isDone, PERMISSION_OF, type BulkAction } from './bulk-change';
import { bulkChangesQuery } from './bulk-queries';
import type { useSelection } from './selection';

const BulkDialog = lazy(async () => ({ default: (await import('./bulk-dialog')).BulkDialog }));

const FIRST: readonly BulkAction[] = ['renew', 'suspend', 'revoke'];

/** Actions on the licenses that are selected. */
export function BulkBar({ selection }: { selection: ReturnType<typeof useSelection> }) {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const [action, setAction] = useState<BulkAction | undefined>();
  if (selection.isEmpty) return null;
  const { selection: selected } = selection;
  const allowed = BULK_ACTIONS.filter((each) => may(PERMISSION_OF[each]));
  const more = allowed.filter((each) => !FIRST.includes(each));
  return (
    <div
      role="group"
      aria-label={t('bulk.selection')}
      className="sticky top-2 z-20 mb-3 flex flex-wrap items-center gap-2 rounded-lg border border-accent/40 bg-accent-soft px-4 py-2 text-sm text-accent-ink shadow-sm"
    >
      <span role="status" className="mr-auto font-medium">
        {selected.kind === 'matching' ? t('bulk.allMatching') : t('bulk.selected', { count: selected.licenses.size })}
      </span>
      {selected.kind === 'ticked' && (
        <Button size="small" onClick={selection.selectMatching}>
          {t('bulk.selectMatching')}
        </Button>
      )}
      {FIRST.filter((each) => allowed.includes(each)).map((each) => (
        <Button
          key={each}
          size="small"
          onClick={() => {
            setAction(each);
          }}
        >
          {word('bulkAction', each)}
        </Button>
      ))}
      {more.length > 0 && (
        <Menu
          trigger={
            <Button size="small" aria-label={t('more')}>
              <Ellipsis aria-hidden />
            </Button>
          }
        >
          {more.map((each) => (
            <MenuItem
              key={each}
              onClick={() => {
                setAction(each);
              }}
            >
              {word('bulkAction', each)}
            </MenuItem>
          ))}
        </Menu>
      )}
      <Button size="small" look="quiet" onClick={selection.clear}>
        {t('bulk.clear')}
      </Button>
      {action && (
        <Suspense>
          <BulkDialog
            action={action}
            selection={selected}
            onClose={() => {
              setAction(undefined);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

/** Leads to a change that has not come to its end, because the tab was closed or the session ended. */
export function UnfinishedChanges() {
  const t = useText();
  const { me } = useSession();
  const { data: changes = [] } = useQuery(bulkChangesQuery(me));
  const unfinished = changes.find((change) => !isDone(change));
  if (!unfinished) return null;
  return (
    <p className="mb-3 rounded-lg bg-warn-soft px-4 py-2 text-sm text-warn">
      {t('bulk.unfinished')}{' '}
      <Link to="/bulk-changes/$changeId" params={{ changeId: unfinished.id }} className={TEXT_LINK}>
        {t('bulk.showUnfinished')}
      </Link>
    </p>
  );
}
