import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { CalendarSync, Plus, ShoppingCart } from 'lucide-react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given, useList } from '../../api/lists';
import { customerQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { LinkButton } from '../../parts/button';
import { DataTable } from '../../parts/data-table';
import { ActiveField } from '../../parts/active-field';
import { ARCHIVE_REASON, archiveReason, type Archivable } from '../../parts/archive-reason';
import { Field, Input } from '../../parts/fields';
import { gated, Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Pinned } from '../../parts/pinned';
import { ResourceDetail } from '../../parts/resource-detail';
import { changedMembers, ResourceForm } from '../../parts/resource-form';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useSaving } from '../../parts/use-saving';
import { useText } from '../../text/texts';
import { LicenseState } from '../licenses/license-status';
import { nameOfCustomer } from './customer-picker';
import { Notes } from './notes';
import type { UseFormReturn } from 'react-hook-form';
import { ROW_LINK } from '../../parts/text-link';

type Customer = Schemas['Customer'];

interface Fields {
  customer_id: string;
  first_name: string;
  last_name: string;
  company_name: string;
  email: string;
  language: string;
  active: boolean;
}

type Form = Fields & Archivable;

const EMPTY: Form = {
  customer_id: '',
  first_name: '',
  last_name: '',
  company_name: '',
  email: '',
  language: '',
  active: true,
  reason: ARCHIVE_REASON,
};

function toForm({ customer_id, first_name, last_name, company_name, email, language, active }: Customer): Fields {
  return {
    customer_id,
    first_name: first_name ?? '',
    last_name: last_name ?? '',
    company_name: company_name ?? '',
    email: email ?? '',
    language: language ?? '',
    active,
  };
}

const emptyToNull = (form: Partial<Fields>) =>
  Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value === '' ? null : value]));

const route = getRouteApi('/customers/$customerId');

function Up() {
  const t = useText();
  return (
    <Link to="/customers" className="hover:underline">
      {t('customers.title')}
    </Link>
  );
}

export function NewCustomerPage() {
  const t = useText();
  const navigate = useNavigate();
  const create = useWrite({
    write: (form: Form) => {
      const { reason: _, ...fields } = form;
      return bodyOf(api.POST('/v1/customers', { body: given(fields) }));
    },
    done: t('customer.created'),
    changes: ['customers'],
    onDone: ({ customer_id }) =>
      void navigate({ to: '/customers/$customerId', params: { customerId: customer_id }, ignoreBlocker: true }),
  });
  return (
    <Gate permission="customers:write">
      <PageHeader above={<Up />} title={t('customers.new')} name={t('customers.new')} />
      <ResourceForm
        title={t('customer.details')}
        values={EMPTY}
        isNew
        busy={create.isPending}
        error={create.error}
        submitLabel={t('customer.create')}
        onSubmit={create.mutate}
      >
        {(form, fault) => <CustomerFields form={form} fault={fault} isNew />}
      </ResourceForm>
    </Gate>
  );
}

function CustomerFields({
  form,
  fault,
  isNew = false,
  wasActive = false,
}: {
  form: UseFormReturn<Form>;
  fault: (name: string) => string | undefined;
  isNew?: boolean;
  wasActive?: boolean;
}) {
  const t = useText();
  const { register } = form;
  return (
    <>
      <Field label={t('customer.firstName')} fault={fault('first_name')}>
        {(aria) => <Input {...aria} maxLength={100} {...register('first_name')} />}
      </Field>
      <Field label={t('customer.lastName')} fault={fault('last_name')}>
        {(aria) => <Input {...aria} maxLength={100} {...register('last_name')} />}
      </Field>
      <Field label={t('customer.company')} fault={fault('company_name')}>
        {(aria) => <Input {...aria} maxLength={255} {...register('company_name')} />}
      </Field>
      <Field label={t('customer.email')} fault={fault('email')}>
        {(aria) => <Input {...aria} type="email" maxLength={254} {...register('email')} />}
      </Field>
      <Field label={t('customer.id')} hint={isNew ? t('customer.idHint') : undefined} fault={fault('customer_id')}>
        {(aria) => <Input {...aria} maxLength={64} disabled={!isNew} {...register('customer_id')} />}
      </Field>
      <Field label={t('customer.language')} hint={t('customer.languageHint')} fault={fault('language')}>
        {(aria) => <Input {...aria} placeholder="en" {...register('language')} />}
      </Field>
      <ActiveField form={form} wasActive={wasActive} label={t('customer.active')} hint={t('customer.activeHint')} />
    </>
  );
}

export const CustomerPage = gated('customers:read', function CustomerPage() {
  const { customerId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(customerQuery(customerId))} id={customerId}>
      {(customer) => <Details customer={customer} />}
    </ResourceDetail>
  );
});

function Details({ customer }: { customer: Customer }) {
  const t = useText();
  const may = useMay();
  return (
    <>
      <PageHeader
        above={<Up />}
        name={nameOfCustomer(customer)}
        title={nameOfCustomer(customer)}
        hint={customer.email ?? customer.customer_id}
        actions={
          <>
            {may('orders:read') && (
              <LinkButton to="/orders" search={{ customer_id: customer.customer_id }}>
                <ShoppingCart aria-hidden />
                {t('orders.title')}
              </LinkButton>
            )}
            {may('subscriptions:read') && (
              <LinkButton to="/subscriptions" search={{ customer_id: customer.customer_id }}>
                <CalendarSync aria-hidden />
                {t('subscriptions.title')}
              </LinkButton>
            )}
            {may('licenses:issue') && customer.active && (
              <LinkButton to="/issue" search={{ customer_id: customer.customer_id }} look="primary">
                <Plus aria-hidden />
                {t('licenses.issue')}
              </LinkButton>
            )}
          </>
        }
      />
      <div className="space-y-6">
        {may('licenses:read') && <CustomerLicenses customerId={customer.customer_id} />}
        <Notes customerId={customer.customer_id} />
        <Pinned resource={customer}>{(pinned, pin) => <Edit customer={pinned} onSaved={pin} />}</Pinned>
      </div>
    </>
  );
}

function Edit({ customer, onSaved }: { customer: Customer; onSaved: (saved: Customer) => void }) {
  const t = useText();
  const may = useMay();
  const client = useQueryClient();
  const { customer_id } = customer;
  const save = useGuardedWrite({
    resource: customer,
    read: () => bodyOf(api.GET('/v1/customers/{customer_id}', { params: { path: { customer_id } } })),
    write: ({ reason, ...form }: Form, base) =>
      bodyOf(
        api.PATCH('/v1/customers/{customer_id}', {
          params: { path: { customer_id }, header: ifUnchanged(base) },
          body: {
            ...emptyToNull(changedMembers(toForm(customer), form)),
            ...archiveReason(customer.active, { ...form, reason }),
          },
        }),
      ),
    done: t('customer.saved'),
    changes: ['customers'],
    onDone: (saved) => {
      client.setQueryData(customerQuery(customer_id).queryKey, saved);
      onSaved(saved);
    },
  });
  const saving = useSaving(save);
  return (
    <ResourceForm
      title={t('customer.details')}
      values={{ ...toForm(customer), reason: ARCHIVE_REASON }}
      readOnly={!may('customers:write')}
      {...saving}
    >
      {(form, fault) => <CustomerFields form={form} fault={fault} wasActive={customer.active} />}
    </ResourceForm>
  );
}

function CustomerLicenses({ customerId }: { customerId: string }) {
  const t = useText();
  const list = useList(['licenses', 'of-customer', customerId], (cursor) =>
    bodyOf(
      api.GET('/v1/licenses', { params: { query: { customer_id: customerId, limit: 20, ...given({ cursor }) } } }),
    ),
  );
  return (
    <DataTable
      label={t('customer.licenses')}
      list={list}
      rowKey={({ license_id }) => license_id}
      empty={<Empty title={t('customer.noLicenses')} />}
      columns={[
        {
          id: 'license',
          header: t('customer.license'),
          cell: (license) => (
            <Link to="/licenses/$licenseId" params={{ licenseId: license.license_id }} className={ROW_LINK}>
              {license.product_display_name}{' '}
              <span className="font-mono text-xs text-soft">…{license.license_key_last_four}</span>
            </Link>
          ),
        },
        { id: 'status', header: t('status'), cell: (license) => <LicenseState license={license} /> },
        {
          id: 'expiry',
          header: t('license.expires'),
          cell: ({ expiry_date }) => (expiry_date === null ? t('never') : <RelativeTime at={expiry_date} />),
        },
      ]}
    />
  );
}
