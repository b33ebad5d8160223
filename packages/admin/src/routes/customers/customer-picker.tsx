import { useQuery } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useId, useState, type KeyboardEvent } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { customerQuery } from '../../api/queries';
import { cn } from '../../parts/class-names';
import { Field, Input } from '../../parts/fields';
import { Fault } from '../../parts/states';
import { useText } from '../../text/texts';

type Customer = Schemas['Customer'];

export function nameOfCustomer({ customer_id, first_name, last_name, company_name, email }: Customer): string {
  const person = [first_name, last_name].filter(Boolean).join(' ');
  return [person, company_name, email].filter(Boolean).slice(0, 2).join(' · ') || customer_id;
}

/** Form of a customer's id. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

interface Option {
  readonly id: string;
  readonly name: string;
  readonly detail: string;
  /** Whether it is the id that was typed, of which nothing is known here. */
  readonly isTyped: boolean;
}

/**
 * Finds a customer by the beginning of a name, company or address, or takes its id as it is typed: another system may keep the customers, and
 * then nothing is found here.
 */
export function CustomerPicker({
  value,
  onChange,
  fault,
}: {
  value: string | undefined;
  onChange: (customerId: string | undefined) => void;
  fault?: string | undefined;
}) {
  const t = useText();
  const listId = useId();
  const [q, setQ] = useState('');
  const [moved, setMoved] = useState<number | undefined>();
  const [isTyped, setTyped] = useState(false);
  const found = useQuery({
    queryKey: ['customers', 'picker', q],
    queryFn: () =>
      bodyOf(api.GET('/v1/customers', { params: { query: { limit: 8, active: 'true', ...(q !== '' && { q }) } } })),
    placeholderData: (former) => former,
  });
  const options: Option[] = (found.data?.data ?? []).map((customer) => ({
    id: customer.customer_id,
    name: nameOfCustomer(customer),
    detail: customer.email ?? customer.customer_id,
    isTyped: false,
  }));
  const typed = q.trim();
  // A name that was found is no id; letters alone are a name first.
  const mayBeId = ID.test(typed) && (options.length === 0 || /[\d._:-]/.test(typed));
  if (mayBeId && !options.some(({ id }) => id === typed))
    options.push({
      id: typed,
      name: t('customerPicker.byId', { id: typed }),
      detail: t('customerPicker.byIdHint'),
      isTyped: true,
    });
  // Enter takes the first that was found; the typed id only where the arrows led to it.
  const at = moved ?? options.findIndex((option) => !option.isTyped);
  const choose = (option: Option | undefined) => {
    if (option === undefined) return;
    setTyped(option.isTyped);
    onChange(option.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setMoved(Math.max(0, Math.min(options.length - 1, at + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      // The customers that are still shown are those of the former letters.
      if (!found.isPlaceholderData) choose(options[at]);
    }
  };
  return (
    <div className="space-y-2">
      <Field label={t('customer')} hint={t('customerPicker.hint')} fault={fault} required>
        {(aria) => (
          <Input
            {...aria}
            role="combobox"
            aria-expanded
            aria-controls={listId}
            aria-activedescendant={options[at] && `${listId}-${at}`}
            placeholder={t('customerPicker.search')}
            maxLength={100}
            value={q}
            onKeyDown={onKeyDown}
            onChange={(event) => {
              setQ(event.target.value);
              setMoved(undefined);
            }}
          />
        )}
      </Field>
      {value !== undefined && value !== '' && <Chosen customerId={value} isTyped={isTyped} />}
      <ul
        id={listId}
        role="listbox"
        aria-label={t('customers.title')}
        className="max-h-64 overflow-y-auto rounded-lg border border-line"
      >
        {options.map((option, index) => {
          const isChosen = option.id === value;
          return (
            // The field has the focus and the keys; a pointer chooses directly.
            <li
              key={option.id}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={isChosen}
              onClick={() => {
                choose(option);
              }}
              className={cn(
                'flex cursor-pointer items-center justify-between gap-3 border-b border-line px-3 py-2 text-sm last:border-b-0 hover:bg-sunken',
                index === at && 'bg-sunken',
                isChosen && 'bg-accent-soft',
              )}
            >
              <span className="min-w-0">
                <span className="block truncate font-medium">{option.name}</span>
                <span className="block truncate text-xs text-soft">{option.detail}</span>
              </span>
              {isChosen && <Check className="size-4 shrink-0 text-accent-ink" aria-hidden />}
            </li>
          );
        })}
        {options.length === 0 && !found.isPending && (
          <li role="option" aria-selected={false} aria-disabled className="px-3 py-3 text-sm text-soft">
            {t('customerPicker.none')}
          </li>
        )}
      </ul>
      <Fault error={found.error} />
    </div>
  );
}

/** The chosen customer, whatever the list shows. */
function Chosen({ customerId, isTyped }: { customerId: string; isTyped: boolean }) {
  const t = useText();
  const { data } = useQuery({ ...customerQuery(customerId), enabled: !isTyped });
  return (
    <p className="flex items-center gap-2 rounded-lg bg-accent-soft px-3 py-2 text-sm">
      <Check className="size-4 shrink-0 text-accent-ink" aria-hidden />
      <span className="min-w-0 truncate">
        {t('customerPicker.chosen', { name: data ? nameOfCustomer(data) : customerId })}
      </span>
    </p>
  );
}
