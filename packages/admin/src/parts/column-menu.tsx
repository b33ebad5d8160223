import { Columns3 } from 'lucide-react';
import { useText } from '../text/texts';
import { Button } from './button';
import { Menu, MenuCheck } from './menu';

/** Chooses the columns of a table. */
export function ColumnMenu({
  columns,
  shown,
  onChange,
}: {
  columns: readonly { readonly id: string; readonly header: string }[];
  shown: readonly string[];
  onChange: (shown: readonly string[]) => void;
}) {
  const t = useText();
  return (
    <Menu
      trigger={
        <Button>
          <Columns3 aria-hidden />
          {t('columns.title')}
        </Button>
      }
    >
      {columns.map(({ id, header }) => (
        <MenuCheck
          key={id}
          checked={shown.includes(id)}
          onChange={(isShown) => onChange(isShown ? [...shown, id] : shown.filter((each) => each !== id))}
        >
          {header}
        </MenuCheck>
      ))}
    </Menu>
  );
}
