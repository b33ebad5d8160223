import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { get, useFieldArray, type FieldValues, type UseFormReturn } from 'react-hook-form';
import { Button } from '../../parts/button';
import { Field, Input, Select } from '../../parts/fields';
import { useText, useWord } from '../../text/texts';
import type { FeatureRow } from './template-form-values';

type Faults<Row> = { readonly [K in keyof Row]?: { readonly message?: string } } | undefined;

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
  const { control, register, formState } = form as unknown as UseFormReturn;
  const { fields, append, remove } = useFieldArray({ control, name });
  const add = () => {
    append({
      feature_id: '',
      feature_name: '',
      limit_type: '',
      limit_value: '',
      reset_period: '',
      enabled: true,
      expires_at: null,
    } satisfies FeatureRow);
  };
  return children(
    <Button size="small" onClick={add}>
      <Plus aria-hidden />
      {t('template.addFeature')}
    </Button>,
    fields.length === 0 ? (
      <p className="text-sm text-soft">{empty}</p>
    ) : (
      <ul className="space-y-3">
        {fields.map((field, index) => {
          const faults: Faults<FeatureRow> = get(formState.errors, `${name}.${index}`);
          return (
            <li
              key={field.id}
              className="relative grid items-start gap-3 rounded-lg border border-line p-4 pr-14 sm:grid-cols-6 [&>*]:sm:col-span-2"
            >
              <Field label={t('feature.id')} fault={faults?.feature_id?.message} className="sm:col-span-3!">
                {(aria) => (
                  <Input
                    {...aria}
                    required
                    maxLength={100}
                    className="font-mono"
                    {...register(`${name}.${index}.feature_id`)}
                  />
                )}
              </Field>
              <Field label={t('feature.name')} fault={faults?.feature_name?.message} className="sm:col-span-3!">
                {(aria) => <Input {...aria} required maxLength={255} {...register(`${name}.${index}.feature_name`)} />}
              </Field>
              <Field label={t('feature.limitType')} fault={faults?.limit_type?.message}>
                {(aria) => (
                  <Select {...aria} {...register(`${name}.${index}.limit_type`)}>
                    <option value="">{t('feature.noUnit')}</option>
                    {(['COUNT', 'SIZE', 'DURATION', 'BANDWIDTH'] as const).map((type) => (
                      <option key={type} value={type}>
                        {word('limit', type)}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              <Field label={t('feature.limit')} fault={faults?.limit_value?.message}>
                {(aria) => <Input {...aria} type="number" min={0} {...register(`${name}.${index}.limit_value`)} />}
              </Field>
              <Field label={t('feature.reset')} fault={faults?.reset_period?.message}>
                {(aria) => (
                  <Select {...aria} {...register(`${name}.${index}.reset_period`)}>
                    <option value="">{t('never')}</option>
                    {(['DAY', 'MONTH', 'YEAR'] as const).map((period) => (
                      <option key={period} value={period}>
                        {word('reset', period)}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              <Button
                look="quiet"
                size="icon"
                className="absolute top-3 right-3"
                aria-label={t('template.removeFeature', { index: index + 1 })}
                onClick={() => {
                  remove(index);
                }}
              >
                <Trash2 aria-hidden />
              </Button>
            </li>
          );
        })}
      </ul>
    ),
  );
}
