import { api, bodyOf, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { useWrite } from '../../api/use-write';
import { Field, Input } from '../../parts/fields';
import { WriteDialog } from '../../parts/write-dialog';
import { useText } from '../../text/texts';

const EMPTY = { first_name: '', last_name: '', company_name: '', email: '', customer_id: '' };

/** Makes a customer without leaving the issue of a license. */
export function NewCustomerDialog({
  onClose,
  onCreated,
}: {
  onClose: () => void;
  onCreated: (customer: Schemas['Customer']) => void;
}) {
  const t = useText();
  const create = useWrite({
    write: (form: typeof EMPTY) => bodyOf(api.POST('/v1/customers', { body: given(form) })),
    done: t('customer.created'),
    changes: ['customers'],
    onDone: onCreated,
  });
  return (
    <WriteDialog
      title={t('customers.new')}
      submitLabel={t('customer.create')}
      values={EMPTY}
      write={create}
      onClose={onClose}
    >
      {({ register }, fault) => (
        <>
          <Field label={t('customer.company')} fault={fault('company_name') ?? fault('')}>
            {(aria) => <Input {...aria} maxLength={255} {...register('company_name')} />}
          </Field>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={t('customer.firstName')} fault={fault('first_name')}>
              {(aria) => <Input {...aria} maxLength={100} {...register('first_name')} />}
            </Field>
            <Field label={t('customer.lastName')} fault={fault('last_name')}>
              {(aria) => <Input {...aria} maxLength={100} {...register('last_name')} />}
            </Field>
          </div>
          <Field label={t('customer.email')} fault={fault('email')}>
            {(aria) => <Input {...aria} type="email" maxLength={254} {...register('email')} />}
          </Field>
          <Field label={t('customer.id')} hint={t('customer.idHint')} fault={fault('customer_id')}>
            {(aria) => <Input {...aria} maxLength={64} {...register('customer_id')} />}
          </Field>
        </>
      )}
    </WriteDialog>
  );
}
