import type { UseFormReturn } from 'react-hook-form';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { ChoiceControl } from '../../parts/choice-control';
import { CheckField, Field, Select } from '../../parts/fields';
import type { Reason } from '../../parts/reason-fields';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { useNewestLicense } from './action-dialogs';
import { needsTemplateToConvert, type License } from './license-status';

type NewTerm = NonNullable<Schemas['ChangeLicenseTemplateRequest']['new_term']>;

interface Form {
  license_template_id: string;
  new_term: NewTerm | '';
  reset_overrides: boolean;
  reason: Reason;
}

interface Props {
  license: License;
  onClose: () => void;
}

/** Gives a license the terms of another template of its product, or the newest ones of its own. */
export function ChangeTemplateDialog({ license, onClose }: Props) {
  const t = useText();
  const may = useMay();
  const write = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: ({ new_term, ...form }: Form, base) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/change-template', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
          body: { ...form, ...(new_term !== '' && { new_term }) },
        }),
      ),
    done: t('changeTemplate.done'),
    changes: ['licenses'],
    onDone: onClose,
  });
  const values: Form = {
    license_template_id: license.template_id,
    new_term: '',
    reset_overrides: false,
    reason: { code: 'CONTRACT_CHANGED' },
  };
  return (
    <WriteDialog
      title={t('changeTemplate.title')}
      hint={t('changeTemplate.hint')}
      submitLabel={t('changeTemplate.do')}
      values={values}
      write={write}
      onClose={onClose}
    >
      {(form, fault) => (
        <>
          <Field label={t('template')} fault={fault('license_template_id')}>
            {(aria) => (
              <ChoiceControl
                {...aria}
                of="templates"
                required
                productId={license.product_id}
                textOf={(id, name) => (id === license.template_id ? t('changeTemplate.sameTemplate', { name }) : name)}
                control={form.control}
                name="license_template_id"
              />
            )}
          </Field>
          {license.status !== 'PENDING' && may('licenses:renew') && (
            <Field label={t('license.expires')} fault={fault('new_term')}>
              {(aria) => (
                <Select {...aria} {...form.register('new_term')}>
                  <option value="">{t('changeTemplate.keepExpiry')}</option>
                  <option value="FROM_NOW">{t('changeTemplate.fromNow')}</option>
                  {license.expiry_date !== null && (
                    <option value="FROM_EXPIRY">{t('changeTemplate.fromExpiry')}</option>
                  )}
                </Select>
              )}
            </Field>
          )}
          <ResetOverrides form={form} />
          <ReasonControl control={form.control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}

/** Makes a full license of a trial, whose term begins now. */
export function ConvertTrialDialog({ license, onClose }: Props) {
  const t = useText();
  const may = useMay();
  const needsTemplate = needsTemplateToConvert(license);
  const write = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: ({ license_template_id, reset_overrides, reason }: Form, base) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/convert-trial', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
          body: { reason, ...(license_template_id !== '' && { license_template_id, reset_overrides }) },
        }),
      ),
    done: t('convertTrial.done'),
    changes: ['licenses'],
    onDone: onClose,
  });
  const values: Form = {
    license_template_id: '',
    new_term: '',
    reset_overrides: false,
    reason: { code: 'PAYMENT_RECEIVED' },
  };
  return (
    <WriteDialog
      title={t('convertTrial.title')}
      hint={t('convertTrial.hint')}
      submitLabel={t('convertTrial.do')}
      values={values}
      write={write}
      onClose={onClose}
    >
      {(form, fault) => (
        <>
          {may('licenses:change-template') && (
            <Field label={t('template')} required={needsTemplate} fault={fault('license_template_id')}>
              {(aria) => (
                <ChoiceControl
                  {...aria}
                  of="templates"
                  required={needsTemplate}
                  none={needsTemplate ? undefined : t('convertTrial.sameTerms')}
                  productId={license.product_id}
                  control={form.control}
                  name="license_template_id"
                />
              )}
            </Field>
          )}
          {form.watch('license_template_id') !== '' && <ResetOverrides form={form} />}
          <ReasonControl control={form.control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}

function ResetOverrides({ form: { register } }: { form: UseFormReturn<Form> }) {
  const t = useText();
  return (
    <CheckField
      label={t('changeTemplate.resetOverrides')}
      hint={t('bulk.resetOverridesHint')}
      {...register('reset_overrides')}
    />
  );
}
