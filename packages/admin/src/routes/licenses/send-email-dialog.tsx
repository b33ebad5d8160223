import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { useWrite } from '../../api/use-write';
import { Field, Input, Select } from '../../parts/fields';
import { Fault } from '../../parts/states';
import { useText, useWord } from '../../text/texts';
import { FormDialog } from '../../parts/form-dialog';

const TEMPLATES = ['license_issued', 'renewal_reminder', 'license_expired', 'trial_ending'] as const;

export function SendEmailDialog({
  license,
  onClose,
}: {
  license: { readonly license_id: string };
  onClose: () => void;
}) {
  const t = useText();
  const word = useWord();
  const [template, setTemplate] = useState<(typeof TEMPLATES)[number]>('license_issued');
  const [to, setTo] = useState('');
  const carriesKey = template === 'license_issued';
  const send = useWrite({
    write: (body: Schemas['SendEmailRequest']) => bodyOf(api.POST('/v1/email-messages', { body })),
    done: t('email.done'),
    changes: ['emails'],
    onDone: onClose,
  });
  return (
    <FormDialog
      title={t('email.title')}
      hint={t('email.hint')}
      submitLabel={t('email.do')}
      busy={send.isPending}
      onSubmit={() => {
        send.mutate({ template, license_id: license.license_id, ...(!carriesKey && to !== '' && { to }) });
      }}
      onClose={onClose}
    >
      <Field label={t('email.template')}>
        {(aria) => (
          <Select
            {...aria}
            value={template}
            onChange={(event) => {
              setTemplate(event.target.value as typeof template);
            }}
          >
            {TEMPLATES.map((name) => (
              <option key={name} value={name}>
                {word('emailTemplate', name)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {carriesKey ? (
        <p className="text-xs text-soft">{t('email.keyHint')}</p>
      ) : (
        <Field label={t('email.to')} hint={t('email.toHint')}>
          {(aria) => (
            <Input
              {...aria}
              type="email"
              value={to}
              onChange={(event) => {
                setTo(event.target.value);
              }}
            />
          )}
        </Field>
      )}
      <Fault error={send.error} />
    </FormDialog>
  );
}
