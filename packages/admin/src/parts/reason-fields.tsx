import type { Schemas } from '../api/client';
import { Field, Input, Select } from './fields';
import { useText, useWord } from '../text/texts';

export type Reason = Schemas['ActionReason'];
export const REASON_CODES = [
  'CUSTOMER_REQUEST',
  'PAYMENT_RECEIVED',
  'PAYMENT_OVERDUE',
  'REFUNDED',
  'CONTRACT_CHANGED',
  'TERMS_VIOLATED',
  'FRAUD',
  'CORRECTION',
  'OTHER',
] as const;

/** Why an action is taken; it stands in the event log. */
export function ReasonFields({ value, onChange }: { value: Reason; onChange: (value: Reason) => void }) {
  const t = useText();
  const word = useWord();
  return (
    <div className="space-y-4">
      <Field label={t('reason.code')}>
        {(aria) => (
          <Select
            {...aria}
            value={value.code}
            onChange={(event) => onChange({ ...value, code: event.target.value as Reason['code'] })}
          >
            {REASON_CODES.map((code) => (
              <option key={code} value={code}>
                {word('reason', code)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t('reason.text')} hint={t('reason.hint')}>
        {(aria) => (
          <Input
            {...aria}
            maxLength={500}
            value={value.text ?? ''}
            onChange={(event) =>
              onChange({ code: value.code, ...(event.target.value && { text: event.target.value }) })
            }
          />
        )}
      </Field>
    </div>
  );
}
