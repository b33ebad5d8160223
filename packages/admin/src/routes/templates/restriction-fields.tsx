import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { get, useFieldArray, type FieldValues, type UseFormReturn } from 'react-hook-form';
import { Button } from '../../parts/button';
import { Field, Select, TextArea } from '../../parts/fields';
import { useText, useWord } from '../../text/texts';
import type { RestrictionRow } from './template-form-values';

const RESTRICTIONS = ['GEOGRAPHIC', 'DOMAIN', 'IP_RANGE', 'MAC_ADDRESS', 'HARDWARE_ID', 'TIME_BASED'] as const;

interface Fault {
  readonly message?: string;
}
type Faults =
  | { readonly restriction_type?: Fault; readonly values?: Fault | readonly (Fault | undefined)[] }
  | undefined;

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
  const { control, register, formState } = form as unknown as UseFormReturn;
  const { fields, append, remove } = useFieldArray({ control, name });
  const add = () => {
    append({ restriction_type: 'GEOGRAPHIC', operator: 'ALLOW', values: '', had: [] } satisfies RestrictionRow);
  };
  return children(
    <Button size="small" onClick={add}>
      <Plus aria-hidden />
      {t('template.addRestriction')}
    </Button>,
    fields.length === 0 ? (
      <p className="text-sm text-soft">{t('template.noRestrictions')}</p>
    ) : (
      <ul className="space-y-3">
        {fields.map((field, index) => {
          const faults: Faults = get(formState.errors, `${name}.${index}`);
          return (
            <li
              key={field.id}
              className="grid items-start gap-3 rounded-lg border border-line p-4 sm:grid-cols-[10rem_8rem_1fr_auto]"
            >
              <Field label={t('restriction.type')} fault={faults?.restriction_type?.message}>
                {(aria) => (
                  <Select {...aria} {...register(`${name}.${index}.restriction_type`)}>
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
                  <Select {...aria} {...register(`${name}.${index}.operator`)}>
                    <option value="ALLOW">{word('operator', 'ALLOW')}</option>
                    <option value="DENY">{word('operator', 'DENY')}</option>
                  </Select>
                )}
              </Field>
              <Field label={t('restriction.values')} hint={t('restriction.valuesHint')} fault={faultOf(faults?.values)}>
                {(aria) => (
                  <TextArea {...aria} required placeholder={'DE\nAT\nCH'} {...register(`${name}.${index}.values`)} />
                )}
              </Field>
              <Button
                look="quiet"
                size="icon"
                className="sm:mt-6"
                aria-label={t('template.removeRestriction', { index: index + 1 })}
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

/** Returns the fault of the list of values, or of the first value that has one. */
function faultOf(values: Fault | readonly (Fault | undefined)[] | undefined): string | undefined {
  const fault = Array.isArray(values)
    ? (values as readonly (Fault | undefined)[]).find(Boolean)
    : (values as Fault | undefined);
  return fault?.message;
}
