import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { settingsQuery } from '../../api/queries';
import { FilterSelect } from '../../parts/filter-bar';
import { Input } from '../../parts/fields';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';

type Filter = Readonly<Partial<Record<string, string>>>;

/** Filters that few need: the end of the key, a device, and the metadata that the settings declare. Each has its field once it is chosen. */
export function MoreFilters({
  filter,
  onChange,
}: {
  filter: Filter;
  onChange: (changed: Readonly<Record<string, string | undefined>>) => void;
}) {
  const t = useText();
  const may = useMay();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { data: settings } = useQuery({ ...settingsQuery, enabled: may('settings:read') });
  const declared = settings?.metadata_filters.map((key) => [`metadata.${key}`, key] as const) ?? [];
  const ways: (readonly [name: string, text: string])[] = [
    ['last_four', t('licenses.lastFour')],
    ...(may('activations:read') ? [['fingerprint', t('devices.device')] as const] : []),
    ...declared,
  ];
  // A view may be filtered by what the settings no longer declare; the list says so, and the field takes it back.
  const inAddress = Object.keys(filter).filter((name) => /^(?:last_four|fingerprint|metadata\..+)$/.test(name));
  const shown = [...new Set([...inAddress, ...chosen])];
  const textOf = (name: string) => ways.find(([way]) => way === name)?.[1] ?? name;
  const open = ways.filter(([name]) => !shown.includes(name));
  return (
    <>
      {shown.map((name) => (
        <TextFilter
          key={name}
          label={textOf(name)}
          value={filter[name] ?? ''}
          onChange={(value) => onChange({ [name]: value === '' ? undefined : value })}
        />
      ))}
      {open.length > 0 && (
        <FilterSelect
          label={t('licenses.moreFilters')}
          value={undefined}
          onChange={(name) => {
            if (name !== undefined) setChosen([...chosen, name]);
          }}
          options={open}
        />
      )}
    </>
  );
}

/** A filter by an exact text, which counts once the field is left or Enter says that it is complete. */
function TextFilter({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const [former, setFormer] = useState(value);
  if (value !== former) {
    setFormer(value);
    setText(value);
  }
  const apply = () => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <form
      className="w-full sm:w-44"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        maxLength={255}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
        }}
        onBlur={apply}
      />
    </form>
  );
}
