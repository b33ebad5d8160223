import type { ReactNode } from 'react';
import { useForm, useWatch, type UseFormReturn } from 'react-hook-form';
import { api, bodyOf } from '../../api/client';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { ChoiceControl } from '../../parts/choice-control';
import { cn } from '../../parts/class-names';
import { ActiveField } from '../../parts/active-field';
import { CheckField, Field, Input, Select, TextArea } from '../../parts/fields';
import { LeaveGuard, useServerFaults } from '../../parts/form-state';
import { Fault } from '../../parts/states';
import { useText, useWord } from '../../text/texts';
import { IssuePreview, useFacts, useIssuePreview } from '../previews/issue-preview';
import { FeatureFields } from './feature-fields';
import { RestrictionFields } from './restriction-fields';
import { toCreateRequest, type TemplateForm as Form } from './template-form-values';

const TYPES = ['SUBSCRIPTION', 'PERPETUAL', 'CONCURRENT', 'NAMED_USER', 'TRIAL', 'EVALUATION'] as const;
const MODELS = ['PER_DEVICE', 'PER_SEAT', 'PER_CPU', 'PER_CORE', 'SITE_LICENSE', 'ENTERPRISE'] as const;
const PERIODS = ['DAY', 'MONTH', 'YEAR'] as const;

export function TemplateForm({
  values,
  isNew = false,
  readOnly = false,
  blocked = false,
  error,
  busy,
  onSubmit,
  submitLabel,
  notice,
}: {
  values: Form;
  isNew?: boolean;
  readOnly?: boolean;
  blocked?: boolean;
  error: Error | null;
  busy: boolean;
  onSubmit: (form: Form) => void;
  submitLabel: string;
  notice?: ReactNode;
}) {
  const t = useText();
  const form = useForm<Form>({ defaultValues: values });
  useServerFaults(form, error);
  const { isDirty } = form.formState;
  return (
    <form onSubmit={(event) => void form.handleSubmit(onSubmit)(event)}>
      <div className={cn('grid items-start gap-5', !readOnly && 'xl:grid-cols-[minmax(0,1fr)_20rem]')}>
        <fieldset disabled={readOnly} className="min-w-0 space-y-5">
          <Kind form={form} isNew={isNew} />
          <Terms form={form} />
          <Features form={form} />
          <Restrictions form={form} />
          <Advanced form={form} />
        </fieldset>
        {!readOnly && <LivePreview form={form} isNew={isNew} />}
      </div>
      {!readOnly && (
        <div className="sticky bottom-0 z-10 mt-5 space-y-3 border-t border-line bg-page/95 py-4 backdrop-blur">
          {notice}
          <Fault error={error} />
          <div className="flex justify-end gap-2">
            {isDirty && !isNew && (
              <Button
                onClick={() => {
                  form.reset();
                }}
              >
                {t('discard')}
              </Button>
            )}
            <Button type="submit" look="primary" busy={busy} disabled={blocked || (!isNew && !isDirty)}>
              {submitLabel}
            </Button>
          </div>
        </div>
      )}
      <LeaveGuard isDirty={isDirty && !busy} />
    </form>
  );
}

interface Part {
  form: UseFormReturn<Form>;
}

/** License that would be issued with the terms in the form. */
function LivePreview({ form, isNew }: Part & { isNew: boolean }) {
  const t = useText();
  const values = useWatch({ control: form.control }) as Form;
  const [facts, factFields] = useFacts();
  const isReady = values.product_id !== '' && values.template_name !== '';
  const { template_id: _, ...template } = toCreateRequest(values);
  // Licenses are issued from active templates alone, and the name of a stored one is taken.
  const name = isNew ? values.template_name : `${values.template_name.slice(0, 200)} ${PREVIEW_NAME}`;
  const request = { template: { ...template, template_name: name, active: true }, validate: facts };
  const preview = useIssuePreview(isReady ? request : undefined, (body) =>
    bodyOf(api.POST('/v1/license-templates:preview', { body })),
  );
  return (
    <Card title={t('template.preview')} hint={t('template.previewHint')} className="xl:sticky xl:top-6">
      {isReady ? (
        <IssuePreview preview={preview} facts={factFields} />
      ) : (
        <p className="text-sm text-soft">{t('template.previewEmpty')}</p>
      )}
    </Card>
  );
}

/** Tells the name of a previewed template from all that are stored. */
const PREVIEW_NAME = crypto.randomUUID();

function useFaults(form: UseFormReturn<Form>) {
  const { errors } = form.formState;
  return (name: keyof Form) => errors[name]?.message;
}

/** Returns the fault of a member that several fields make, or of one below it. */
function faultBelow(form: UseFormReturn<Form>, member: string): string | undefined {
  const fault = (form.formState.errors as Record<string, object | undefined>)[member];
  if (fault === undefined) return undefined;
  const faults: readonly { message?: string }[] = [fault, ...Object.values(fault as Record<string, object>)];
  return faults.find(({ message }) => typeof message === 'string')?.message;
}

function Kind({ form, isNew }: Part & { isNew: boolean }) {
  const t = useText();
  const word = useWord();
  const fault = useFaults(form);
  const { register } = form;
  return (
    <Card title={t('template.section.kind')} hint={isNew ? undefined : t('template.section.kindFixed')}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t('template.name')} required fault={fault('template_name')}>
          {(aria) => <Input {...aria} required maxLength={255} {...register('template_name')} />}
        </Field>
        <Field label={t('template.id')} hint={isNew ? t('template.idHint') : undefined} fault={fault('template_id')}>
          {(aria) => <Input {...aria} maxLength={64} disabled={!isNew} {...register('template_id')} />}
        </Field>
        <Field label={t('license.product')} required fault={fault('product_id')}>
          {(aria) => (
            <ChoiceControl
              {...aria}
              of="products"
              required
              disabled={!isNew}
              control={form.control}
              name="product_id"
            />
          )}
        </Field>
        <Field label={t('template.type')} fault={fault('license_type')}>
          {(aria) => (
            <Select {...aria} disabled={!isNew} {...register('license_type')}>
              {TYPES.map((type) => (
                <option key={type} value={type}>
                  {word('type', type)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('template.model')} fault={fault('license_model')}>
          {(aria) => (
            <Select {...aria} disabled={!isNew} {...register('license_model')}>
              {MODELS.map((model) => (
                <option key={model} value={model}>
                  {word('model', model)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('template.description')} fault={fault('description')} className="sm:col-span-2">
          {(aria) => <TextArea {...aria} maxLength={4_000} {...register('description')} />}
        </Field>
        <ActiveField
          form={form}
          wasActive={!isNew && form.formState.defaultValues?.active === true}
          label={t('template.active')}
          hint={t('template.activeHint')}
        />
      </div>
    </Card>
  );
}

function Terms({ form }: Part) {
  const t = useText();
  const word = useWord();
  const fault = useFaults(form);
  const { register, control } = form;
  const [unit, type, trial, overage] = useWatch({
    control,
    name: ['term_unit', 'license_type', 'trial_allowed', 'overage_policy'],
  });
  return (
    <Card title={t('template.section.terms')}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t('license.term')} fault={fault('default_duration') ?? faultBelow(form, 'default_term')}>
          {(aria) => (
            <div className="flex gap-2">
              {unit !== 'forever' && (
                <Input {...aria} type="number" min={1} required className="w-28" {...register('default_duration')} />
              )}
              <Select aria-label={t('template.termUnit')} {...register('term_unit')}>
                {(['years', 'months', 'days', 'forever'] as const).map((name) => (
                  <option key={name} value={name}>
                    {t(`template.unit.${name}`)}
                  </option>
                ))}
              </Select>
            </div>
          )}
        </Field>
        <Field label={t('license.graceDays')} hint={t('template.graceHint')} fault={fault('grace_period_days')}>
          {(aria) => <Input {...aria} type="number" min={0} max={36_500} required {...register('grace_period_days')} />}
        </Field>
        <Field label={t('license.seats')} hint={t('edit.seatsHint')} fault={fault('max_activations')}>
          {(aria) => <Input {...aria} type="number" min={1} max={1_000_000} {...register('max_activations')} />}
        </Field>
        <Field label={t('template.eviction')} fault={fault('eviction_policy')}>
          {(aria) => (
            <Select {...aria} {...register('eviction_policy')}>
              <option value="NONE">{word('eviction', 'NONE')}</option>
              <option value="OLDEST">{word('eviction', 'OLDEST')}</option>
            </Select>
          )}
        </Field>
        <Field label={t('license.overage')} fault={fault('overage_policy')}>
          {(aria) => (
            <Select {...aria} {...register('overage_policy')}>
              <option value="DENY">{word('overage', 'DENY')}</option>
              <option value="ALLOW">{word('overage', 'ALLOW')}</option>
            </Select>
          )}
        </Field>
        {overage === 'ALLOW' && (
          <Field
            label={t('template.overageFactor')}
            hint={t('template.overageHint')}
            required
            fault={fault('overage_factor')}
          >
            {(aria) => (
              <Input {...aria} type="number" min={1} max={10} step={0.01} required {...register('overage_factor')} />
            )}
          </Field>
        )}
        <Field
          label={t('template.deactivations')}
          hint={t('template.deactivationsHint')}
          fault={faultBelow(form, 'deactivations_per_period')}
        >
          {(aria) => (
            <div className="flex gap-2">
              <Input {...aria} type="number" min={0} max={1_000_000} className="w-28" {...register('deactivations')} />
              <Select aria-label={t('template.deactivationsPeriod')} {...register('deactivations_period')}>
                {PERIODS.map((period) => (
                  <option key={period} value={period}>
                    {word('reset', period)}
                  </option>
                ))}
              </Select>
            </div>
          )}
        </Field>
        {type === 'CONCURRENT' && (
          <>
            <Field label={t('template.heartbeat')} fault={fault('heartbeat_interval_seconds')}>
              {(aria) => (
                <Input
                  {...aria}
                  type="number"
                  min={1}
                  max={86_400}
                  required
                  {...register('heartbeat_interval_seconds')}
                />
              )}
            </Field>
            <Field label={t('template.heartbeatGrace')} fault={fault('heartbeat_grace_seconds')}>
              {(aria) => (
                <Input {...aria} type="number" min={0} max={86_400} required {...register('heartbeat_grace_seconds')} />
              )}
            </Field>
          </>
        )}
      </div>
      <div className="mt-5 space-y-4 border-t border-line pt-5">
        <CheckField
          label={t('license.autoRenewal')}
          hint={t('license.autoRenewalHint')}
          {...register('auto_renewal_enabled')}
        />
        <CheckField
          label={t('template.replacement')}
          hint={t('template.replacementHint')}
          {...register('self_service_replacement')}
        />
        <CheckField label={t('template.trialAllowed')} hint={t('template.trialHint')} {...register('trial_allowed')} />
        {trial && (
          <Field label={t('template.trialDays')} fault={fault('trial_duration_days')} className="max-w-xs">
            {(aria) => (
              <Input {...aria} type="number" min={1} max={36_500} required {...register('trial_duration_days')} />
            )}
          </Field>
        )}
      </div>
    </Card>
  );
}

function Features({ form }: Part) {
  const t = useText();
  return (
    <FeatureFields form={form} name="features" empty={t('template.noFeatures')}>
      {(add, rows) => (
        <Card title={t('template.features')} hint={t('template.featuresHint')} actions={add}>
          {rows}
        </Card>
      )}
    </FeatureFields>
  );
}

function Restrictions({ form }: Part) {
  const t = useText();
  return (
    <RestrictionFields form={form} name="restrictions">
      {(add, rows) => (
        <Card title={t('overview.restrictions')} hint={t('template.restrictionsHint')} actions={add}>
          {rows}
        </Card>
      )}
    </RestrictionFields>
  );
}

function Advanced({ form }: Part) {
  const t = useText();
  const fault = useFaults(form);
  return (
    <Card title={t('template.section.advanced')}>
      <Field
        label={t('template.fileTtl')}
        hint={t('template.fileTtlHint')}
        fault={fault('file_ttl_max_seconds')}
        className="max-w-sm"
      >
        {(aria) => (
          <Input {...aria} type="number" min={60} max={31_622_400} {...form.register('file_ttl_max_seconds')} />
        )}
      </Field>
    </Card>
  );
}
