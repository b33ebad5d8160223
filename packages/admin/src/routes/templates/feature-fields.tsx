import type { ReactNode } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';
import { Field, Input, Select } from '../../parts/fields';
import { useText, useWord } from '../../text/texts';
import { FormRows } from './form-rows';
import type { FeatureRow } from './template-form-values';

const NEW_ROW: FeatureRow = {
  feature_id: '',
  feature_name: '',
  limit_type: '',
  limit_value: '',
  reset_period: '',
  enabled: true,
  expires_at: null,
};

/** The features in a form, at any place of it: `name` is that of the list. */
export function FeatureFields<F extends FieldValues>({
  form,
  name,
  empty,
  children,
}: {
  form: UseFormReturn<F>;
  name: string;
  /** Stands there if there are none. */
  empty: string;
  /** Frames the button that adds one, and the list. */
  children: (add: ReactNode, rows: ReactNode) => ReactNode;
}) {
  const t = useText();
  const word = useWord();
  const rows = form as unknown as UseFormReturn;
  const { register } = rows;
  return (
    <FormRows
      form={rows}
      name={name}
      newRow={NEW_ROW}
      addLabel={t('template.addFeature')}
      removeLabel={(index) => t('template.removeFeature', { index })}
      empty={empty}
      className="relative pr-14 sm:grid-cols-6 [&>*]:sm:col-span-2"
      removeClassName="absolute top-3 right-3"
      frame={children}
    >
      {(path, fault) => (
        <>
          <Field label={t('feature.id')} fault={fault('feature_id')} className="sm:col-span-3!">
            {(aria) => (
              <Input {...aria} required maxLength={100} className="font-mono" {...register(`${path}.feature_id`)} />
            )}
          </Field>
          <Field label={t('feature.name')} fault={fault('feature_name')} className="sm:col-span-3!">
            {(aria) => <Input {...aria} required maxLength={255} {...register(`${path}.feature_name`)} />}
          </Field>
          <Field label={t('feature.limitType')} fault={fault('limit_type')}>
            {(aria) => (
              <Select {...aria} {...register(`${path}.limit_type`)}>
                <option value="">{t('feature.noUnit')}</option>
                {(['COUNT', 'SIZE', 'DURATION', 'BANDWIDTH'] as const).map((type) => (
                  <option key={type} value={type}>
                    {word('limit', type)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('feature.limit')} fault={fault('limit_value')}>
            {(aria) => <Input {...aria} type="number" min={0} {...register(`${path}.limit_value`)} />}
          </Field>
          <Field label={t('feature.reset')} fault={fault('reset_period')}>
            {(aria) => (
              <Select {...aria} {...register(`${path}.reset_period`)}>
                <option value="">{t('never')}</option>
                {(['DAY', 'MONTH', 'YEAR'] as const).map((period) => (
                  <option key={period} value={period}>
                    {word('reset', period)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </>
      )}
    </FormRows>
  );
}
