import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { choicesQuery, nameQuery, type Choosable } from '../api/queries';
import { useMay } from '../shell/session';
import { useText } from '../text/texts';
import { cn } from './class-names';
import { Input, Select } from './fields';
import { Fault } from './states';
import { useSettled } from './use-settled';

interface FieldProps {
  id?: string;
  name?: string;
  required?: boolean | undefined;
  disabled?: boolean | undefined;
  className?: string;
  'aria-label'?: string;
  'aria-invalid'?: true | undefined;
  'aria-describedby'?: string | undefined;
  ref?: (element: HTMLElement | null) => void;
  onBlur?: () => void;
}

export interface ChoiceProps extends FieldProps {
  of: Choosable;
  value: string;
  onChange: (id: string) => void;
  /** Text of the choice of nothing; absent: it asks to choose until something is chosen. */
  none?: string | undefined;
  /** In a bar of filters, where the list below says what fails. */
  isFilter?: boolean;
  /** Templates of this product alone. */
  productId?: string | undefined;
  /** Returns the text of an option, where it is not the name alone. */
  textOf?: (id: string, name: string) => string;
}

/**
 * Chooses a template or a product. Of more than a page, those are offered whose name begins with what is typed above; the chosen one stays
 * among them. Who may not read them types the id.
 */
export function ChoiceSelect({
  of,
  value,
  onChange,
  none,
  isFilter = false,
  productId,
  textOf,
  className,
  ...field
}: ChoiceProps) {
  const t = useText();
  const mayRead = useMay()(`${of}:read`);
  const [text, setText] = useState('');
  const q = useSettled(text.trim());
  const { data: found, error } = useQuery({
    ...choicesQuery(of, q, productId),
    enabled: mayRead,
    placeholderData: keepPreviousData,
  });
  const isMissing = value !== '' && found !== undefined && !found.options.some(({ id }) => id === value);
  const chosen = useQuery({ ...nameQuery(of, value), enabled: mayRead && isMissing });
  if (!mayRead) {
    return (
      <Input
        {...field}
        className={className}
        maxLength={64}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    );
  }
  const options = found?.options ?? [];
  const shown =
    value === '' || options.some(({ id }) => id === value)
      ? options
      : [{ id: value, name: chosen.data ?? value }, ...options];
  const hasMore = found?.hasMore === true;
  return (
    <div className={cn('flex min-w-0 flex-col gap-1.5', isFilter ? 'w-44' : 'w-full', className)}>
      {(hasMore || text !== '') && (
        <Input
          type="search"
          aria-label={t(`choice.find.${of}`)}
          placeholder={t(`choice.find.${of}`)}
          maxLength={100}
          disabled={field.disabled}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
          }}
          onKeyDown={(event) => {
            // The form around it is not complete because something is looked for.
            if (event.key === 'Enter') event.preventDefault();
          }}
        />
      )}
      <Select {...field} value={value} onChange={({ target }) => onChange(target.value)}>
        {(none !== undefined || value === '') && <option value="">{none ?? t('choose')}</option>}
        {shown.map(({ id, name }) => (
          <option key={id} value={id}>
            {textOf?.(id, name) ?? name}
          </option>
        ))}
        {hasMore && <option disabled>{t('choice.more')}</option>}
      </Select>
      {!isFilter && <Fault error={error} />}
    </div>
  );
}
