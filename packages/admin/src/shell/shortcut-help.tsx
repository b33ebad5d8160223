import { Link } from '@tanstack/react-router';
import { Dialog } from '../parts/dialog';
import { CheckField } from '../parts/fields';
import { useText } from '../text/texts';
import { SCREENS } from './navigation';
import { useMay } from './session';
import { turnSingleKeys, useSingleKeys } from './single-keys';

/** The shortcuts that the person can use. */
export function ShortcutList() {
  const t = useText();
  const may = useMay();
  const rows: [string[], string][] = [
    [['/'], t('shortcuts.search')],
    [['?'], t('shortcuts.help')],
    ...SCREENS.flatMap(({ screens }) => screens)
      .filter(({ permission }) => may(permission))
      .map(({ letter, text }): [string[], string] => [['g', letter], t(text)]),
  ];
  const isOn = useSingleKeys();
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2.5 text-sm">
        {rows.map(([keys, text]) => (
          <div key={keys.join()} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-6 rounded border border-line bg-sunken px-1.5 py-0.5 text-center font-mono text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-5">
        <CheckField
          label={t('shortcuts.singleKeys')}
          hint={t('shortcuts.singleKeysHint')}
          checked={isOn}
          onChange={(event) => {
            turnSingleKeys(event.target.checked);
          }}
        />
      </div>
    </>
  );
}

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const t = useText();
  return (
    <Dialog open onClose={onClose} title={t('shortcuts.title')}>
      <ShortcutList />
      <p className="mt-5 border-t border-line pt-4 text-xs text-soft">
        <Link to="/help" onClick={onClose} className="text-accent-ink underline">
          {t('shortcuts.more')}
        </Link>
      </p>
    </Dialog>
  );
}
