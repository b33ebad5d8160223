import { Ellipsis, type LucideIcon } from 'lucide-react';
import { useText } from '../text/texts';
import { Button } from './button';
import { Menu, MenuItem } from './menu';

interface Action<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly danger?: boolean;
}

/** Actions on what a page shows: the first is a button, the others are in a menu. `primary`: the first stands out, unless it is dangerous. */
export function ActionMenu<Name extends string>({
  actions,
  primary = false,
  onChoose,
}: {
  actions: readonly Action<Name>[];
  primary?: boolean;
  onChoose: (name: Name) => void;
}) {
  const t = useText();
  const [first, ...more] = actions;
  if (!first) return null;
  return (
    <>
      <Button
        look={primary && !first.danger ? 'primary' : 'plain'}
        onClick={() => {
          onChoose(first.name);
        }}
      >
        <first.icon aria-hidden />
        {first.label}
      </Button>
      {more.length > 0 && (
        <Menu
          trigger={
            <Button size="icon" aria-label={t('more')}>
              <Ellipsis aria-hidden />
            </Button>
          }
        >
          {more.map(({ name, label, icon, danger = false }) => (
            <MenuItem
              key={name}
              icon={icon}
              danger={danger}
              onClick={() => {
                onChoose(name);
              }}
            >
              {label}
            </MenuItem>
          ))}
        </Menu>
      )}
    </>
  );
}
