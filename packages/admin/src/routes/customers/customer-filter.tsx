import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useId, useState } from 'react';
import { api, bodyOf } from '../../api/client';
import { Input } from '../../parts/fields';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { nameOfCustomer } from './customer-picker';

/** Filters a list by a customer: its id, or the customer that is chosen among those whose name, company or address begins with what is typed. */
export function CustomerFilter({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (customerId: string | undefined) => void;
}) {
  const t = useText();
  const mayFind = useMay()('customers:read');
  const listId = useId();
  const [text, setText] = useState(value ?? '');
  const [former, setFormer] = useState(value);
  if (value !== former) {
    setFormer(value);
    setText(value ?? '');
  }
  const q = useDeferredValue(text.trim());
  const found = useQuery({
    queryKey: ['customers', 'picker', q],
    queryFn: () => bodyOf(api.GET('/v1/customers', { params: { query: { limit: 8, q } } })),
    placeholderData: (before) => before,
    enabled: mayFind && q !== '' && q !== value,
  });
  const customers = found.data?.data ?? [];
  const apply = (typed: string) => {
    if (typed !== (value ?? '')) onChange(typed === '' ? undefined : typed);
  };
  return (
    <form
      className="w-full sm:w-56"
      onSubmit={(event) => {
        event.preventDefault();
        apply(text.trim());
      }}
    >
      <Input
        type="search"
        list={listId}
        aria-label={t('filter.customerId')}
        placeholder={t('filter.customer')}
        maxLength={100}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          const typed = target.value.trim();
          // Other text may be the beginning of a customer's id: Enter says that it is complete.
          if (typed === '' || customers.some(({ customer_id }) => customer_id === typed)) apply(typed);
        }}
        onBlur={() => {
          apply(text.trim());
        }}
      />
      <datalist id={listId}>
        {customers.map((customer) => (
          <option key={customer.customer_id} value={customer.customer_id} label={nameOfCustomer(customer)} />
        ))}
      </datalist>
    </form>
  );
}
