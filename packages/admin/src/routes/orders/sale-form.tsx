import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Controller, useFieldArray, useWatch, type UseFormReturn } from 'react-hook-form';
import { Button } from '../../parts/button';
import { ChoiceControl } from '../../parts/choice-control';
import { Field, Input, Select } from '../../parts/fields';
import { MetadataField } from '../../parts/metadata-field';
import { toMinorUnits, useMoney } from '../../parts/money';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { CustomerPicker } from '../customers/customer-picker';
import { LineTerms } from './line-terms';
import { KINDS, NEW_LINE, type SaleForm } from './sale-values';

export interface SalePart {
  form: UseFormReturn<SaleForm>;
  fault: (name: string) => string | undefined;
}

/** The fields of an order or quote: to whom, in which currency, and its lines. */
export function SaleFields({ form, fault, children }: SalePart & { children?: ReactNode }) {
  const t = useText();
  const mayFind = useMay()('customers:read');
  const { control, register } = form;
  return (
    <>
      <div className="sm:col-span-2">
        {mayFind ? (
          <Controller
            control={control}
            name="customer_id"
            render={({ field: { value, onChange } }) => (
              <CustomerPicker
                value={value}
                onChange={(customerId) => onChange(customerId ?? '')}
                fault={fault('customer_id')}
              />
            )}
          />
        ) : (
          <Field label={t('customer.id')} required fault={fault('customer_id')}>
            {(aria) => <Input {...aria} required maxLength={64} {...register('customer_id')} />}
          </Field>
        )}
      </div>
      <Field label={t('sale.currency')} hint={t('sale.currencyHint')} required fault={fault('currency')}>
        {(aria) => (
          <Input
            {...aria}
            required
            minLength={3}
            maxLength={3}
            className="uppercase"
            {...register('currency', { setValueAs: (value: string) => value.toUpperCase() })}
          />
        )}
      </Field>
      {children}
      <Lines form={form} fault={fault} />
      <MetadataField register={register} fault={fault} />
    </>
  );
}

function Lines({ form, fault }: SalePart) {
  const t = useText();
  const { control } = form;
  const lines = useFieldArray({ control, name: 'lines' });
  return (
    <div className="space-y-3 sm:col-span-2">
      <h3 className="border-t border-line pt-5 text-sm font-semibold">{t('lines.title')}</h3>
      {fault('lines') !== undefined && <p className="text-xs font-medium text-bad">{fault('lines')}</p>}
      <ol className="space-y-3">
        {lines.fields.map(({ id }, index) => (
          <li key={id} className="rounded-lg border border-line p-4">
            <LineFields form={form} fault={fault} index={index} />
            {lines.fields.length > 1 && (
              <div className="mt-3 flex justify-end">
                <Button
                  size="small"
                  look="quiet"
                  onClick={() => {
                    lines.remove(index);
                  }}
                >
                  <Trash2 aria-hidden />
                  {t('lines.remove', { line: index + 1 })}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Button
          onClick={() => {
            lines.append(NEW_LINE);
          }}
        >
          <Plus aria-hidden />
          {t('lines.add')}
        </Button>
        <Total form={form} />
      </div>
    </div>
  );
}

/** The sum as the server will compute it, once every line has a price. */
function Total({ form }: { form: UseFormReturn<SaleForm> }) {
  const t = useText();
  const money = useMoney();
  const [lines, currency] = useWatch({ control: form.control, name: ['lines', 'currency'] });
  const amounts = lines.map(
    ({ kind, quantity, unit_price }) =>
      (toMinorUnits(unit_price, currency) ?? Number.NaN) * (kind === 'ISSUE' ? Number(quantity) : 1),
  );
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  const isKnown = Number.isSafeInteger(total) && /^[A-Za-z]{3}$/.test(currency);
  return (
    <p className="text-sm">
      <span className="text-soft">{t('lines.total')}</span>{' '}
      <span className="font-semibold tabular-nums">{isKnown ? money(total, currency.toUpperCase()) : '—'}</span>
    </p>
  );
}

function LineFields({ form, fault, index }: SalePart & { index: number }) {
  const t = useText();
  const { control, register, getValues } = form;
  const [kind, unit] = useWatch({ control, name: [`lines.${index}.kind`, `lines.${index}.renewal_unit`] });
  const of = (name: string) => fault(`lines.${index}.${name}`);
  return (
    <>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-4">
        <Field label={t('lines.what')} fault={of('kind')}>
          {(aria) => (
            <Select {...aria} {...register(`lines.${index}.kind`)}>
              {KINDS.map((value) => (
                <option key={value} value={value}>
                  {t(`lines.kind.${value}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {kind !== 'ISSUE' && (
          <Field label={t('lines.licenseId')} required fault={of('license_id')}>
            {(aria) => <Input {...aria} required className="font-mono" {...register(`lines.${index}.license_id`)} />}
          </Field>
        )}
        {kind !== 'RENEW' && (
          <Field label={t('template')} required fault={of('license_template_id')}>
            {(aria) => (
              <ChoiceControl
                {...aria}
                of="templates"
                required
                control={control}
                name={`lines.${index}.license_template_id`}
              />
            )}
          </Field>
        )}
        {kind === 'ISSUE' && (
          <Field label={t('lines.licenses')} required fault={of('quantity')}>
            {(aria) => (
              <Input {...aria} type="number" required min={1} max={10_000} {...register(`lines.${index}.quantity`)} />
            )}
          </Field>
        )}
        {kind === 'RENEW' && (
          <Field label={t('renew.by')} fault={of('months') ?? of('days')}>
            {(aria) => (
              <div className="flex gap-2">
                <Select {...aria} {...register(`lines.${index}.renewal_unit`)}>
                  <option value="">{t('renew.sameTerm')}</option>
                  <option value="months">{t('template.unit.months')}</option>
                  <option value="days">{t('template.unit.days')}</option>
                </Select>
                {unit !== '' && (
                  <Input
                    aria-label={t('lines.end.number')}
                    type="number"
                    required
                    min={1}
                    max={unit === 'months' ? 1_200 : 36_500}
                    className="w-24"
                    {...register(`lines.${index}.months`)}
                  />
                )}
              </div>
            )}
          </Field>
        )}
        <Field label={t('lines.unitPrice')} required fault={of('unit_price')}>
          {(aria) => (
            <Input
              {...aria}
              required
              inputMode="decimal"
              placeholder="0.00"
              {...register(`lines.${index}.unit_price`, {
                validate: (text) =>
                  toMinorUnits(text, getValues('currency').toUpperCase()) !== undefined || t('lines.priceFault'),
              })}
            />
          )}
        </Field>
      </div>
      {kind === 'ISSUE' && <LineTerms form={form} fault={fault} index={index} />}
    </>
  );
}
