import { useState, type ReactNode } from 'react';
import { useWatch } from 'react-hook-form';
import { CheckField, Field, Input, Select } from '../../parts/fields';
import { useText } from '../../text/texts';
import { FeatureFields } from '../templates/feature-fields';
import { RestrictionFields } from '../templates/restriction-fields';
import type { SalePart } from './sale-form';
import { STARTS, type LineForm } from './sale-values';

function hasOwnTerms({ starts, overrides }: LineForm): boolean {
  const { seats, grace_period_days, end, features, has_restrictions } = overrides;
  return starts !== 'AT_ISSUE' || seats + grace_period_days + end !== '' || features.length > 0 || has_restrictions;
}

/** When the licenses of a line begin, and where their terms differ from those of the template. */
export function LineTerms({ form, fault, index }: SalePart & { index: number }) {
  const t = useText();
  const { register, control, getValues } = form;
  const at = `lines.${index}` as const;
  const of = (name: string) => fault(`${at}.${name}`);
  const [starts, seats, end, hasRestrictions] = useWatch({
    control,
    name: [`${at}.starts`, `${at}.overrides.seats`, `${at}.overrides.end`, `${at}.overrides.has_restrictions`],
  });
  const [isOpen, setOpen] = useState(() => hasOwnTerms(getValues(at)));
  return (
    <details
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
      className="mt-4 text-sm"
    >
      <summary className="text-accent-ink">{t('lines.ownTerms')}</summary>
      <div className="mt-4 grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3">
        <Field label={t('preview.starts')} fault={of('starts')}>
          {(aria) => (
            <Select {...aria} {...register(`${at}.starts`)}>
              {STARTS.map((value) => (
                <option key={value} value={value}>
                  {value === 'AT_ISSUE' ? t('lines.startsAtIssue') : t(`issue.starts.${value}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {starts === 'AT_DATE' && (
          <Field label={t('issue.startDate')} required>
            {(aria) => <Input {...aria} type="date" required {...register(`${at}.start_date`)} />}
          </Field>
        )}
        {starts === 'AT_FIRST_ACTIVATION' && (
          <Field label={t('issue.startBy')} hint={t('issue.startByHint')} fault={of('expires_if_started_by')}>
            {(aria) => <Input {...aria} type="date" {...register(`${at}.expires_if_started_by`)} />}
          </Field>
        )}
        <Field label={t('license.seats')} fault={of('overrides.max_activations')}>
          {(aria) => (
            <div className="flex gap-2">
              <Select {...aria} {...register(`${at}.overrides.seats`)}>
                <option value="">{t('lines.asTemplate')}</option>
                <option value="limit">{t('lines.seats.limit')}</option>
                <option value="unlimited">{t('seats.unlimitedShort')}</option>
              </Select>
              {seats === 'limit' && (
                <Input
                  aria-label={t('lines.seats.number')}
                  aria-invalid={aria['aria-invalid']}
                  type="number"
                  required
                  min={1}
                  max={1_000_000}
                  className="w-28"
                  {...register(`${at}.overrides.max_activations`)}
                />
              )}
            </div>
          )}
        </Field>
        <Field
          label={t('license.expires')}
          fault={of('overrides.expiry_date') ?? of('overrides.term') ?? of(`overrides.term.${end}`)}
        >
          {(aria) => (
            <div className="flex gap-2">
              <Select {...aria} {...register(`${at}.overrides.end`)}>
                <option value="">{t('lines.asTemplate')}</option>
                {(['years', 'months', 'days'] as const).map((unit) => (
                  <option key={unit} value={unit}>
                    {t(`lines.end.${unit}`)}
                  </option>
                ))}
                <option value="date">{t('lines.end.date')}</option>
                <option value="never">{t('never')}</option>
              </Select>
              {end === 'date' && (
                <Input
                  aria-label={t('lines.end.day')}
                  aria-invalid={aria['aria-invalid']}
                  type="date"
                  required
                  {...register(`${at}.overrides.expiry_date`)}
                />
              )}
              {end !== '' && end !== 'date' && end !== 'never' && (
                <Input
                  aria-label={t('lines.end.number')}
                  aria-invalid={aria['aria-invalid']}
                  type="number"
                  required
                  min={1}
                  max={36_500}
                  className="w-28"
                  {...register(`${at}.overrides.term`)}
                />
              )}
            </div>
          )}
        </Field>
        <Field label={t('license.graceDays')} hint={t('issue.asTemplate')} fault={of('overrides.grace_period_days')}>
          {(aria) => (
            <Input {...aria} type="number" min={0} max={36_500} {...register(`${at}.overrides.grace_period_days`)} />
          )}
        </Field>
      </div>
      <div className="mt-5 space-y-4">
        <FeatureFields form={form} name={`${at}.overrides.features`} empty={t('lines.noFeatures')}>
          {(add, rows) => (
            <Group title={t('template.features')} action={add}>
              {rows}
            </Group>
          )}
        </FeatureFields>
        <CheckField
          label={t('lines.ownRestrictions')}
          hint={t('lines.ownRestrictionsHint')}
          {...register(`${at}.overrides.has_restrictions`)}
        />
        {hasRestrictions && (
          <RestrictionFields form={form} name={`${at}.overrides.restrictions`}>
            {(add, rows) => (
              <Group title={t('overview.restrictions')} action={add}>
                {rows}
              </Group>
            )}
          </RestrictionFields>
        )}
      </div>
    </details>
  );
}

function Group({ title, action, children }: { title: string; action: ReactNode; children: ReactNode }) {
  return (
    <div role="group" aria-label={title} className="space-y-3 border-t border-line pt-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h4 className="font-medium">{title}</h4>
        {action}
      </div>
      {children}
    </div>
  );
}
