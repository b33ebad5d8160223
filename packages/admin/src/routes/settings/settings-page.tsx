import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { UseFormReturn } from 'react-hook-form';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { settingsQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { CheckField, Field, Input, Select } from '../../parts/fields';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Pinned } from '../../parts/pinned';
import { changedMembers, ResourceForm } from '../../parts/resource-form';
import { useMay } from '../../shell/session';
import { useSaving } from '../../parts/use-saving';
import { useText, useWord } from '../../text/texts';
import { ResourceDetail } from '../../parts/resource-detail';

type Settings = Schemas['Tenant'];
const NORMALISATIONS = ['NONE', 'TRIM', 'UPPER_CASE'] as const;

interface Form {
  require_if_match: boolean;
  customers_must_exist: boolean;
  allow_short_keys: boolean;
  foreign_key_normalisation: Settings['foreign_key_normalisation'];
  /** With commas between the keys. */
  metadata_filters: string;
  order_fulfilment_after: Settings['order_fulfilment_after'];
  fulfil_orders_automatically: boolean;
  emails: {
    sender_name: string;
    from: string;
    reply_to: string;
    renewal_reminder: boolean;
    trial_ending: boolean;
    license_expired: boolean;
  };
}

function toForm({
  require_if_match,
  customers_must_exist,
  allow_short_keys,
  foreign_key_normalisation,
  metadata_filters,
  order_fulfilment_after,
  fulfil_orders_automatically,
  emails,
}: Settings): Form {
  const { sender_name, from, reply_to, renewal_reminder, trial_ending, license_expired } = emails;
  return {
    require_if_match,
    customers_must_exist,
    allow_short_keys,
    foreign_key_normalisation,
    metadata_filters: metadata_filters.join(', '),
    order_fulfilment_after,
    fulfil_orders_automatically,
    emails: {
      sender_name: sender_name ?? '',
      from: from ?? '',
      reply_to: reply_to ?? '',
      renewal_reminder,
      trial_ending,
      license_expired,
    },
  };
}

function toRequest(before: Form, after: Form): Schemas['UpdateSettingsRequest'] {
  const { emails, ...rules } = after;
  const { emails: emailsBefore, ...rulesBefore } = before;
  const changed = Object.entries(changedMembers(emailsBefore, emails)).map(
    ([name, value]) => [name, value === '' ? null : value] as const,
  );
  const { metadata_filters: keys, ...changedRules } = changedMembers(rulesBefore, rules);
  return {
    ...changedRules,
    ...(keys !== undefined && { metadata_filters: keys.split(/[\s,]+/).filter((key) => key !== '') }),
    ...(changed.length > 0 && { emails: Object.fromEntries(changed) }),
  };
}

export const SettingsPage = gated('settings:read', function SettingsPage() {
  const t = useText();
  return (
    <ResourceDetail query={useQuery(settingsQuery)}>
      {(settings) => (
        <>
          <PageHeader
            title={t('settings.title')}
            name={t('settings.title')}
            hint={t('settings.hint', { tenant: settings.tenant_id })}
          />
          <Pinned resource={settings}>{(pinned, pin) => <Edit settings={pinned} onSaved={pin} />}</Pinned>
        </>
      )}
    </ResourceDetail>
  );
});

function Edit({ settings, onSaved }: { settings: Settings; onSaved: (saved: Settings) => void }) {
  const t = useText();
  const may = useMay();
  const client = useQueryClient();
  const before = toForm(settings);
  const save = useGuardedWrite({
    resource: settings,
    read: () => bodyOf(api.GET('/v1/settings')),
    write: (form: Form, base) =>
      bodyOf(api.PATCH('/v1/settings', { params: { header: ifUnchanged(base) }, body: toRequest(before, form) })),
    done: t('settings.saved'),
    changes: ['settings'],
    onDone: (saved) => {
      client.setQueryData(settingsQuery.queryKey, saved);
      onSaved(saved);
    },
  });
  const saving = useSaving(save);
  return (
    <ResourceForm title={t('settings.rules')} values={before} readOnly={!may('settings:write')} {...saving}>
      {(form, fault) => <Fields form={form} fault={fault} pending={settings.metadata_filters_pending} />}
    </ResourceForm>
  );
}

function Fields({
  form: { register },
  fault,
  pending,
}: {
  form: UseFormReturn<Form>;
  fault: (name: string) => string | undefined;
  /** Metadata keys that the server is preparing or removing. */
  pending: readonly string[];
}) {
  const t = useText();
  const word = useWord();
  return (
    <>
      <CheckField
        label={t('settings.requireIfMatch')}
        hint={t('settings.requireIfMatchHint')}
        {...register('require_if_match')}
      />
      <CheckField
        label={t('settings.customersMustExist')}
        hint={t('settings.customersMustExistHint')}
        {...register('customers_must_exist')}
      />
      <CheckField
        label={t('settings.fulfilAutomatically')}
        hint={t('settings.fulfilAutomaticallyHint')}
        {...register('fulfil_orders_automatically')}
      />
      <Field label={t('settings.fulfilAfter')} fault={fault('order_fulfilment_after')}>
        {(aria) => (
          <Select {...aria} {...register('order_fulfilment_after')}>
            <option value="APPROVAL">{word('fulfilAfter', 'APPROVAL')}</option>
            <option value="PAYMENT">{word('fulfilAfter', 'PAYMENT')}</option>
          </Select>
        )}
      </Field>
      <Field
        label={t('settings.metadataFilters')}
        hint={
          pending.length === 0
            ? t('settings.metadataFiltersHint')
            : t('settings.metadataFiltersPending', { keys: pending.join(', ') })
        }
        fault={fault('metadata_filters') ?? [0, 1, 2, 3, 4].map((at) => fault(`metadata_filters.${at}`)).find(Boolean)}
      >
        {(aria) => <Input {...aria} maxLength={500} {...register('metadata_filters')} />}
      </Field>
      <h3 className="mt-3 border-t border-line pt-5 text-sm font-semibold sm:col-span-2">{t('settings.imports')}</h3>
      <Field
        label={t('settings.normalisation')}
        hint={t('settings.normalisationHint')}
        fault={fault('foreign_key_normalisation')}
      >
        {(aria) => (
          <Select {...aria} {...register('foreign_key_normalisation')}>
            {NORMALISATIONS.map((value) => (
              <option key={value} value={value}>
                {word('normalisation', value)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <CheckField
        label={t('settings.allowShortKeys')}
        hint={t('settings.allowShortKeysHint')}
        {...register('allow_short_keys')}
      />
      <h3 className="mt-3 border-t border-line pt-5 text-sm font-semibold sm:col-span-2">{t('settings.emails')}</h3>
      <Field label={t('settings.senderName')} fault={fault('emails.sender_name')}>
        {(aria) => <Input {...aria} maxLength={100} {...register('emails.sender_name')} />}
      </Field>
      <Field label={t('settings.from')} fault={fault('emails.from')}>
        {(aria) => <Input {...aria} type="email" {...register('emails.from')} />}
      </Field>
      <Field label={t('settings.replyTo')} fault={fault('emails.reply_to')}>
        {(aria) => <Input {...aria} type="email" {...register('emails.reply_to')} />}
      </Field>
      <div className="space-y-3 sm:col-span-2">
        <CheckField label={t('settings.renewalReminder')} {...register('emails.renewal_reminder')} />
        <CheckField label={t('settings.trialEnding')} {...register('emails.trial_ending')} />
        <CheckField label={t('settings.licenseExpired')} {...register('emails.license_expired')} />
      </div>
    </>
  );
}
