import { Bookmark, BookmarkPlus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../parts/button';
import { Field, Input } from '../../parts/fields';
import { FormDialog } from '../../parts/form-dialog';
import { Menu, MenuItem, MenuSeparator } from '../../parts/menu';
import { useKept } from '../../shell/use-kept';
import { useText } from '../../text/texts';
import { dayFromNow } from './expiry';

export type LicenseFilter = Readonly<Record<string, string>>;

interface View {
  readonly name: string;
  readonly filter: LicenseFilter;
}

const MAX_VIEWS = 30;

/** Views that everybody has, and those that the person has saved: a set of filters with a name. */
export function ViewMenu({ filter, onShow }: { filter: LicenseFilter; onShow: (filter: LicenseFilter) => void }) {
  const t = useText();
  const [saved, keep] = useKept<readonly View[]>('license-views', []);
  const [isSaving, setSaving] = useState(false);
  const [name, setName] = useState('');
  const ready: View[] = [
    { name: t('views.expiring'), filter: { expires_from: dayFromNow(0), expires_before: dayFromNow(30) } },
    { name: t('views.full'), filter: { status: 'ACTIVE', has_free_seats: 'false' } },
    { name: t('views.suspended'), filter: { status: 'SUSPENDED' } },
    { name: t('views.trials'), filter: { trial: 'true', status: 'ACTIVE' } },
  ];
  const current = saved.find((view) => isSame(view.filter, filter));
  return (
    <>
      <Menu
        trigger={
          <Button>
            <Bookmark aria-hidden />
            {current?.name ?? t('views.title')}
          </Button>
        }
      >
        {[...ready, ...saved].map((view) => (
          <MenuItem
            key={view.name}
            onClick={() => {
              onShow(view.filter);
            }}
          >
            {view.name}
          </MenuItem>
        ))}
        <MenuSeparator />
        {current ? (
          <MenuItem
            icon={Trash2}
            onClick={() => {
              keep(saved.filter((view) => view !== current));
            }}
          >
            {t('views.remove', { name: current.name })}
          </MenuItem>
        ) : (
          <MenuItem
            icon={BookmarkPlus}
            disabled={Object.keys(filter).length === 0 || saved.length >= MAX_VIEWS}
            onClick={() => {
              setName('');
              setSaving(true);
            }}
          >
            {t('views.save')}
          </MenuItem>
        )}
      </Menu>
      {isSaving && (
        <FormDialog
          title={t('views.save')}
          hint={t('views.saveHint')}
          submitLabel={t('save')}
          busy={false}
          onSubmit={() => {
            const others = [...saved].filter((view) => view.name !== name.trim());
            keep([...others, { name: name.trim(), filter }]);
            setSaving(false);
          }}
          onClose={() => {
            setSaving(false);
          }}
        >
          <Field label={t('views.name')} required>
            {(aria) => (
              <Input
                {...aria}
                required
                maxLength={60}
                pattern=".*\S.*"
                value={name}
                onChange={({ target }) => {
                  setName(target.value);
                }}
              />
            )}
          </Field>
        </FormDialog>
      )}
    </>
  );
}

function isSame(one: LicenseFilter, other: LicenseFilter): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}
