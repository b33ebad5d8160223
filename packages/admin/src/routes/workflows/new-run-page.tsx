import { Link, useNavigate } from '@tanstack/react-router';
import { Plus, Trash2 } from 'lucide-react';
import { useFieldArray, useWatch, type UseFormReturn } from 'react-hook-form';
import { api, bodyOf, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { useWrite } from '../../api/use-write';
import { Button } from '../../parts/button';
import { ChoiceControl } from '../../parts/choice-control';
import { endOfDay } from '../../parts/days';
import { CheckField, Field, Input, Select } from '../../parts/fields';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ResourceForm } from '../../parts/resource-form';
import { useText, useWord } from '../../text/texts';

type Workflow = Schemas['WorkflowName'];
const WORKFLOWS = ['lead-to-customer', 'partner-onboarding', 'subscription-activation', 'quote-to-order'] as const;

interface PoolForm {
  license_template_id: string;
  quantity: string;
  returns_revoked: boolean;
  returns_expired: boolean;
  /** A day. */
  expires_at: string;
}

const NEW_POOL: PoolForm = {
  license_template_id: '',
  quantity: '',
  returns_revoked: false,
  returns_expired: false,
  expires_at: '',
};
/** Most pools that a run makes. */
const MAX_POOLS = 20;

/** The inputs of all workflows, by the names that the API has for them, so that its faults find their fields. */
interface Form {
  workflow: Workflow;
  run_id: string;
  input: {
    lead: { customer_id: string; first_name: string; last_name: string; email: string; company_name: string };
    partner: { partner_id: string; name: string; email: string };
    pools: PoolForm[];
    license_template_id: string;
    trial: boolean;
    approval: boolean;
    welcome: boolean;
    quote_id: string;
    external_id: string;
    fulfil: boolean;
    confirmation: boolean;
    subscription_id: string;
    license_id: string;
    quantity: string;
  };
}

const EMPTY: Form = {
  workflow: 'lead-to-customer',
  run_id: '',
  input: {
    lead: { customer_id: '', first_name: '', last_name: '', email: '', company_name: '' },
    partner: { partner_id: '', name: '', email: '' },
    pools: [NEW_POOL],
    license_template_id: '',
    trial: false,
    approval: true,
    welcome: true,
    quote_id: '',
    external_id: '',
    fulfil: true,
    confirmation: true,
    subscription_id: '',
    license_id: '',
    quantity: '',
  },
};

/** Returns the members that a workflow takes. */
const INPUT_OF: Readonly<Record<Workflow, (input: Form['input']) => Record<string, unknown>>> = {
  'lead-to-customer': ({ lead, license_template_id, trial, approval, welcome }) => ({
    lead: given(lead),
    license_template_id,
    trial,
    approval,
    welcome,
  }),
  'partner-onboarding': ({ partner, pools, license_template_id }) => ({
    partner:
      partner.partner_id === '' ? { name: partner.name, email: partner.email } : { partner_id: partner.partner_id },
    pools: pools.map(({ quantity, expires_at, ...pool }) => ({
      ...pool,
      quantity: Number(quantity),
      ...(expires_at !== '' && { expires_at: endOfDay(expires_at) }),
    })),
    ...given({ license_template_id }),
  }),
  'subscription-activation': ({ subscription_id, license_id, quantity }) => ({
    subscription_id,
    ...given({ license_id, quantity: quantity === '' ? undefined : Number(quantity) }),
  }),
  'quote-to-order': ({ quote_id, external_id, subscription_id, fulfil, confirmation }) => ({
    quote_id,
    ...given({ external_id, subscription_id }),
    fulfil,
    confirmation,
  }),
};

export const NewRunPage = gated('workflows:start', function NewRunPage() {
  const t = useText();
  const navigate = useNavigate();
  const start = useWrite({
    write: ({ workflow, run_id, input }: Form) =>
      bodyOf(
        api.POST('/v1/workflow-runs', { body: { workflow, ...given({ run_id }), input: INPUT_OF[workflow](input) } }),
      ),
    done: t('runs.begun'),
    changes: ['workflow-runs'],
    onDone: ({ run_id }) =>
      void navigate({ to: '/workflow-runs/$runId', params: { runId: run_id }, ignoreBlocker: true }),
  });
  return (
    <>
      <PageHeader
        above={
          <Link to="/workflow-runs" className="hover:underline">
            {t('runs.title')}
          </Link>
        }
        title={t('runs.start')}
        name={t('runs.start')}
        hint={t('runs.startHint')}
      />
      <ResourceForm
        title={t('runs.input')}
        values={EMPTY}
        isNew
        busy={start.isPending}
        error={start.error}
        submitLabel={t('runs.start')}
        onSubmit={start.mutate}
      >
        {(form, fault) => <Fields form={form} fault={fault} />}
      </ResourceForm>
    </>
  );
});

interface Part {
  form: UseFormReturn<Form>;
  fault: (name: string) => string | undefined;
}

const FIELDS: Readonly<Record<Workflow, (part: Part) => React.ReactNode>> = {
  'lead-to-customer': LeadFields,
  'partner-onboarding': PartnerFields,
  'subscription-activation': SubscriptionFields,
  'quote-to-order': QuoteFields,
};

function Fields(part: Part) {
  const t = useText();
  const word = useWord();
  const { register, control } = part.form;
  const workflow = useWatch({ control, name: 'workflow' });
  const InputFields = FIELDS[workflow];
  return (
    <>
      <Field label={t('runs.workflow')} hint={word('workflowHint', workflow)}>
        {(aria) => (
          <Select {...aria} {...register('workflow')}>
            {WORKFLOWS.map((name) => (
              <option key={name} value={name}>
                {word('workflow', name)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t('runs.id')} hint={t('runs.idHint')} fault={part.fault('run_id')}>
        {(aria) => <Input {...aria} maxLength={64} {...register('run_id')} />}
      </Field>
      <InputFields {...part} />
    </>
  );
}

type TextName =
  | `input.lead.${keyof Form['input']['lead']}`
  | `input.partner.${keyof Form['input']['partner']}`
  | 'input.quote_id'
  | 'input.external_id'
  | 'input.subscription_id'
  | 'input.license_id'
  | 'input.quantity'
  | `input.pools.${number}.${'quantity' | 'expires_at'}`;

function TextField({
  form: { register },
  fault,
  name,
  label,
  ...rest
}: Part & { name: TextName; label: string; hint?: string } & Omit<React.ComponentProps<'input'>, 'form' | 'name'>) {
  const { hint, ...input } = rest;
  return (
    <Field label={label} hint={hint} required={input.required === true} fault={fault(name)}>
      {(aria) => <Input maxLength={255} {...input} {...aria} {...register(name)} />}
    </Field>
  );
}

function TemplateField({
  form: { control },
  fault,
  name,
  label,
  hint,
  required = false,
}: Part & {
  name: 'input.license_template_id' | `input.pools.${number}.license_template_id`;
  label: string;
  hint?: string;
  required?: boolean;
}) {
  const t = useText();
  return (
    <Field label={label} hint={hint} required={required} fault={fault(name)}>
      {(aria) => (
        <ChoiceControl
          {...aria}
          of="templates"
          required={required}
          none={required ? undefined : t('runs.none')}
          control={control}
          name={name}
        />
      )}
    </Field>
  );
}

function LeadFields(part: Part) {
  const t = useText();
  const { register } = part.form;
  return (
    <>
      <TextField {...part} name="input.lead.first_name" label={t('customer.firstName')} />
      <TextField {...part} name="input.lead.last_name" label={t('customer.lastName')} />
      <TextField {...part} name="input.lead.company_name" label={t('customer.company')} />
      <TextField {...part} name="input.lead.email" type="email" label={t('customer.email')} />
      <TextField {...part} name="input.lead.customer_id" label={t('customer.id')} hint={t('runs.customerHint')} />
      <TemplateField {...part} name="input.license_template_id" label={t('template')} required />
      <div className="space-y-3 sm:col-span-2">
        <CheckField label={t('runs.approval')} hint={t('runs.approvalHint')} {...register('input.approval')} />
        <CheckField label={t('runs.trial')} {...register('input.trial')} />
        <CheckField label={t('runs.welcome')} {...register('input.welcome')} />
      </div>
    </>
  );
}

function PartnerFields(part: Part) {
  const t = useText();
  const { control } = part.form;
  const partnerId = useWatch({ control, name: 'input.partner.partner_id' });
  return (
    <>
      <Field
        label={t('partner')}
        fault={part.fault('input.partner.partner_id') ?? part.fault('input.partner')}
        className="sm:col-span-2"
      >
        {(aria) => (
          <ChoiceControl
            {...aria}
            of="partners"
            none={t('runs.newPartner')}
            control={control}
            name="input.partner.partner_id"
          />
        )}
      </Field>
      {partnerId === '' && (
        <>
          <TextField {...part} name="input.partner.name" label={t('partner.name')} required />
          <TextField {...part} name="input.partner.email" type="email" label={t('customer.email')} required />
        </>
      )}
      <TemplateField
        {...part}
        name="input.license_template_id"
        label={t('runs.partnerTemplate')}
        hint={t('runs.partnerTemplateHint')}
      />
      <PoolFields {...part} />
    </>
  );
}

function PoolFields(part: Part) {
  const t = useText();
  const { register, control } = part.form;
  const pools = useFieldArray({ control, name: 'input.pools' });
  return (
    <div className="space-y-3 sm:col-span-2">
      <h3 className="border-t border-line pt-5 text-sm font-semibold">{t('partner.tab.pools')}</h3>
      <ol className="space-y-3">
        {pools.fields.map(({ id }, index) => (
          <li key={id} className="grid grid-cols-1 gap-4 rounded-lg border border-line p-4 sm:grid-cols-3">
            <TemplateField
              {...part}
              name={`input.pools.${index}.license_template_id`}
              label={t('runs.poolTemplate')}
              required
            />
            <TextField
              {...part}
              name={`input.pools.${index}.quantity`}
              type="number"
              min={0}
              max={1_000_000}
              label={t('pool.quantity')}
              required
            />
            <TextField {...part} name={`input.pools.${index}.expires_at`} type="date" label={t('pool.expires')} />
            <div className="space-y-3 sm:col-span-3">
              <CheckField label={t('runs.returnsRevoked')} {...register(`input.pools.${index}.returns_revoked`)} />
              <CheckField label={t('runs.returnsExpired')} {...register(`input.pools.${index}.returns_expired`)} />
            </div>
            {pools.fields.length > 1 && (
              <div className="flex justify-end sm:col-span-3">
                <Button
                  size="small"
                  look="quiet"
                  onClick={() => {
                    pools.remove(index);
                  }}
                >
                  <Trash2 aria-hidden />
                  {t('runs.removePool', { index: index + 1 })}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ol>
      {pools.fields.length < MAX_POOLS && (
        <Button
          onClick={() => {
            pools.append(NEW_POOL);
          }}
        >
          <Plus aria-hidden />
          {t('runs.addPool')}
        </Button>
      )}
    </div>
  );
}

function SubscriptionFields(part: Part) {
  const t = useText();
  return (
    <>
      <TextField {...part} name="input.subscription_id" label={t('subscription.id')} required />
      <TextField {...part} name="input.license_id" label={t('lines.licenseId')} hint={t('runs.licenseHint')} />
      <TextField {...part} name="input.quantity" type="number" min={1} max={1_000_000} label={t('license.seats')} />
    </>
  );
}

function QuoteFields(part: Part) {
  const t = useText();
  const { register } = part.form;
  return (
    <>
      <TextField {...part} name="input.quote_id" label={t('runs.quoteId')} required />
      <TextField {...part} name="input.external_id" label={t('order.externalId')} />
      <TextField
        {...part}
        name="input.subscription_id"
        label={t('subscription.id')}
        hint={t('runs.subscriptionHint')}
      />
      <div className="space-y-3 sm:col-span-2">
        <CheckField label={t('runs.fulfil')} {...register('input.fulfil')} />
        <CheckField label={t('runs.confirmation')} {...register('input.confirmation')} />
      </div>
    </>
  );
}
