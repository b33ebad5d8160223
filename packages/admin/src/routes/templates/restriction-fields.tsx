import type { ReactNode } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';
import { Field, Select, TextArea } from '../../parts/fields';
import { useText, useWord } from '../../text/texts';
import { FormRows } from './form-rows';
import type { RestrictionRow } from './template-form-values';

const RESTRICTIONS = ['GEOGRAPHIC', 'DOMAIN', 'IP_RANGE', 'MAC_ADDRESS', 'HARDWARE_ID', 'TIME_BASED'] as const;

const NEW_ROW: RestrictionRow = { restriction_type: 'GEOGRAPHIC', operator: 'ALLOW', values: '', had: [] };

/** The restrictions in a form, at any place of it: `name` is that of the list. */
export function RestrictionFields<F extends FieldValues>({
  form,
  name,
  children,
}: {
  form: UseFormReturn<F>;
  name: string;
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
      addLabel={t('template.addRestriction')}
      removeLabel={(index) => t('template.removeRestriction', { index })}
      empty={t('template.noRestrictions')}
      className="sm:grid-cols-[10rem_8rem_1fr_auto]"
      removeClassName="sm:mt-6"
      frame={children}
    >
      {(path, fault) => (
        <>
          <Field label={t('restriction.type')} fault={fault('restriction_type')}>
            {(aria) => (
              <Select {...aria} {...register(`${path}.restriction_type`)}>
                {RESTRICTIONS.map((type) => (
                  <option key={type} value={type}>
                    {word('restriction', type)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('restriction.operator')}>
            {(aria) => (
              <Select {...aria} {...register(`${path}.operator`)}>
                <option value="ALLOW">{word('operator', 'ALLOW')}</option>
                <option value="DENY">{word('operator', 'DENY')}</option>
              </Select>
            )}
          </Field>
          <Field label={t('restriction.values')} hint={t('restriction.valuesHint')} fault={fault('values')}>
            {(aria) => <TextArea {...aria} required placeholder={'DE\nAT\nCH'} {...register(`${path}.values`)} />}
          </Field>
        </>
      )}
    </FormRows>
  );
}
