import { useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { api, bodyOf, ifUnchanged, type Guarded } from '../../api/client';
import { licenseQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { Button } from '../../parts/button';
import { ChangedMeanwhile } from '../../parts/changes';
import { Dialog, DialogActions } from '../../parts/dialog';
import { Field, Input, Select } from '../../parts/fields';
import { ReasonFields, type Reason } from '../../parts/reason-fields';
import { Fault } from '../../parts/states';
import { useText, type TextId } from '../../text/texts';
import type { License } from './license-status';

export type ActionName = 'renew' | 'suspend' | 'reinstate' | 'revoke';

interface ActionInput {
  readonly reason: Reason;
  readonly term?: { readonly months: number } | { readonly days: number } | undefined;
}

const SEND: Readonly<Record<ActionName, (license: Guarded<License>, input: ActionInput) => Promise<License>>> = {
  renew: (license, { reason, term }) =>
    bodyOf(api.POST('/v1/licenses/{license_id}/renew', { params: parametersOf(license), body: { ...term, reason } })),
  suspend: (license, { reason }) =>
    bodyOf(api.POST('/v1/licenses/{license_id}/suspend', { params: parametersOf(license), body: { reason } })),
  reinstate: (license, { reason }) =>
    bodyOf(api.POST('/v1/licenses/{license_id}/reinstate', { params: parametersOf(license), body: { reason } })),
  revoke: (license, { reason }) =>
    bodyOf(api.POST('/v1/licenses/{license_id}/revoke', { params: parametersOf(license), body: { reason } })),
};

function parametersOf(license: Guarded<License>) {
  return { path: { license_id: license.license_id }, header: ifUnchanged(license) };
}

/** Reads the newest state of a license, past any cache. */
export function useNewestLicense(license_id: string): () => Promise<License> {
  const client = useQueryClient();
  return () => client.query({ ...licenseQuery(license_id), staleTime: 0 });
}

const DEFAULT_REASONS: Readonly<Record<ActionName, Reason['code']>> = {
  renew: 'CUSTOMER_REQUEST',
  suspend: 'PAYMENT_OVERDUE',
  reinstate: 'PAYMENT_RECEIVED',
  revoke: 'CUSTOMER_REQUEST',
};

/** Asks for the reason of an action, and for the last letters of the key before a revocation, which is permanent. */
export function ActionDialog({
  action,
  license,
  onClose,
}: {
  action: ActionName;
  license: License;
  onClose: () => void;
}) {
  const t = useText();
  const [reason, setReason] = useState<Reason>({ code: DEFAULT_REASONS[action] });
  const [typed, setTyped] = useState('');
  const hasTerm = !license.trial && (license.default_term !== null || license.default_duration !== null);
  const [months, setMonths] = useState(hasTerm ? '' : '1');
  const write = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: (input: ActionInput, base) => SEND[action](base, input),
    done: t(`${action}.done`),
    changes: ['licenses'],
    onDone: onClose,
  });
  const isDangerous = action === 'revoke';
  const lastFour = license.license_key_last_four;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    write.mutate({ reason, term: months === '' ? undefined : { months: Number(months) } });
  };
  return (
    <Dialog open onClose={onClose} title={t(`${action}.title`)} hint={t(`${action}.hint`, { name: license.issued_to })}>
      <form onSubmit={submit} className="space-y-4">
        {action === 'renew' && <TermField value={months} onChange={setMonths} hasTerm={hasTerm} />}
        <ReasonFields value={reason} onChange={setReason} />
        {isDangerous && (
          <Field label={t('revoke.type', { lastFour })}>
            {(aria) => (
              <Input
                {...aria}
                className="font-mono"
                value={typed}
                onChange={(event) => {
                  setTyped(event.target.value.toUpperCase());
                }}
              />
            )}
          </Field>
        )}
        <ChangedMeanwhile conflict={write.conflict} />
        {!write.conflict && <Fault error={write.error} />}
        <DialogActions>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button
            type="submit"
            look={isDangerous ? 'danger' : 'primary'}
            busy={write.isPending}
            disabled={write.conflict !== undefined || (isDangerous && typed.trim() !== lastFour.toUpperCase())}
          >
            {t(`${action}.do`)}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

const TERMS: readonly (readonly [months: string, text: TextId])[] = [
  ['', 'renew.sameTerm'],
  ['1', 'renew.month'],
  ['3', 'renew.quarter'],
  ['12', 'renew.year'],
  ['24', 'renew.twoYears'],
  ['36', 'renew.threeYears'],
];

/** `hasTerm`: whether the license has a term of its own. */
export function TermField({
  value,
  onChange,
  hasTerm = true,
}: {
  value: string;
  onChange: (value: string) => void;
  hasTerm?: boolean;
}) {
  const t = useText();
  return (
    <Field label={t('renew.by')}>
      {(aria) => (
        <Select {...aria} value={value} onChange={(event) => onChange(event.target.value)}>
          {TERMS.filter(([months]) => hasTerm || months !== '').map(([months, text]) => (
            <option key={months} value={months}>
              {t(text)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
