import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { dayOf, endOfDay } from '../../parts/days';
import { CheckField, Field, Input } from '../../parts/fields';
import { mergePatch, objectOf, textOfObject } from '../../parts/merge-patch';
import { MetadataField } from '../../parts/metadata-field';
import type { Reason } from '../../parts/reason-fields';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useText } from '../../text/texts';
import { useNewestLicense } from './action-dialogs';
import { stateOf, type License } from './license-status';

interface Form {
  issued_to: string;
  max_activations: string;
  grace_period_days: string;
  expiry_date: string;
  auto_renewal_enabled: boolean;
  metadata: string;
  reason: Reason;
}

function toForm(license: License): Form {
  return {
    issued_to: license.issued_to,
    max_activations: license.max_activations?.toString() ?? '',
    grace_period_days: String(license.grace_period_days),
    expiry_date: dayOf(license.expiry_date),
    auto_renewal_enabled: license.auto_renewal_enabled,
    metadata: textOfObject(license.metadata),
    reason: { code: 'CORRECTION' },
  };
}

/** Returns what was typed here, and nothing else, however the license has changed meanwhile. */
function toRequest(before: License, form: Form): Schemas['UpdateLicenseRequest'] {
  const former = toForm(before);
  const is = (name: keyof Form) => form[name] !== former[name];
  const metadata = mergePatch(before.metadata, objectOf(form.metadata) ?? before.metadata);
  return {
    ...(is('issued_to') && { issued_to: form.issued_to }),
    ...(is('max_activations') && {
      max_activations: form.max_activations === '' ? null : Number(form.max_activations),
    }),
    ...(is('grace_period_days') && { grace_period_days: Number(form.grace_period_days) }),
    ...(is('expiry_date') && { expiry_date: endOfDay(form.expiry_date) }),
    ...(is('auto_renewal_enabled') && { auto_renewal_enabled: form.auto_renewal_enabled }),
    ...(metadata && { metadata }),
    reason: form.reason,
  };
}

/** Changes the terms of one license: its seats, its grace period, its expiry, whom it names. */
export function EditDialog({ license, onClose }: { license: License; onClose: () => void }) {
  const t = useText();
  const [before] = useState(license);
  const write = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: (form: Form, base) =>
      bodyOf(
        api.PATCH('/v1/licenses/{license_id}', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
          body: toRequest(before, form),
        }),
      ),
    done: t('edit.done'),
    changes: ['licenses'],
    onDone: onClose,
  });
  const hasExpiry = before.expiry_date !== null && ['ACTIVE', 'SUSPENDED'].includes(stateOf(before));
  return (
    <WriteDialog
      title={t('edit.title')}
      hint={t('edit.hint')}
      submitLabel={t('save')}
      values={toForm(before)}
      needsChange
      write={write}
      onClose={onClose}
    >
      {({ control, register }, fault) => (
        <>
          <Field label={t('license.issuedTo')} fault={fault('issued_to')}>
            {(aria) => <Input {...aria} required maxLength={255} {...register('issued_to')} />}
          </Field>
          <Field label={t('license.seats')} hint={t('edit.seatsHint')} fault={fault('max_activations')}>
            {(aria) => <Input {...aria} type="number" min={1} max={1_000_000} {...register('max_activations')} />}
          </Field>
          <Field label={t('license.graceDays')} fault={fault('grace_period_days')}>
            {(aria) => (
              <Input {...aria} type="number" min={0} max={36_500} required {...register('grace_period_days')} />
            )}
          </Field>
          {hasExpiry && (
            <Field label={t('license.expires')} hint={t('edit.expiryHint')} fault={fault('expiry_date')}>
              {(aria) => <Input {...aria} type="date" required {...register('expiry_date')} />}
            </Field>
          )}
          <CheckField
            label={t('license.autoRenewal')}
            hint={t('license.autoRenewalHint')}
            {...register('auto_renewal_enabled')}
          />
          <MetadataField register={register} fault={fault} />
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}
