import { ownerOf } from '../../api/queries';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ChoiceSelect } from '../../parts/choice-select';
import { CheckField, Field, Input } from '../../parts/fields';
import { FormDialog } from '../../parts/form-dialog';
import { ReasonFields, type Reason } from '../../parts/reason-fields';
import { Fault, Loading } from '../../parts/states';
import { useSession } from '../../shell/session';
import { useText } from '../../text/texts';
import { CustomerPicker } from '../customers/customer-picker';
import { TermField } from '../licenses/action-dialogs';
import { USUAL_REASON, type BulkAction, type BulkBody, type BulkChange, type SelectedLicense } from './bulk-change';
import { run } from './bulk-runner';
import { saveChange } from './bulk-store';
import { licensesOf, type Selection } from './selection';

/** Asks how and why many licenses are changed; a revocation also asks for their number to be typed. Then the change begins. */
export function BulkDialog({
  action,
  selection,
  onClose,
}: {
  action: BulkAction;
  selection: Selection;
  onClose: () => void;
}) {
  const t = useText();
  const { me } = useSession();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [reason, setReason] = useState<Reason>({ code: USUAL_REASON[action] });
  const [body, setBody] = useState<BulkBody | undefined>(NEEDS_CHOICE.includes(action) ? undefined : {});
  const [typed, setTyped] = useState('');
  const licenses = useQuery({
    queryKey: ['selected-licenses', selection.kind === 'matching' ? selection.filter : [...selection.licenses.keys()]],
    queryFn: () => licensesOf(selection),
    gcTime: 0,
    staleTime: Infinity,
  });
  const begin = useMutation({
    mutationFn: async (selected: readonly SelectedLicense[]) => {
      const change: BulkChange = {
        id: crypto.randomUUID(),
        owner: ownerOf(me),
        action,
        body: { ...body, reason },
        createdAt: new Date().toISOString(),
        total: selected.length,
        succeeded: 0,
        failed: 0,
      };
      await saveChange(change, selected);
      await client.invalidateQueries({ queryKey: ['bulk-changes'] });
      void run(change);
      await navigate({ to: '/bulk-changes/$changeId', params: { changeId: change.id } });
    },
  });
  const count = licenses.data?.length;
  const isRevocation = action === 'revoke';
  return (
    <FormDialog
      title={t(`bulk.${action}.title`, { count: count ?? 0 })}
      hint={t(`bulk.${action}.hint`)}
      submitLabel={t(`bulk.${action}.do`)}
      busy={begin.isPending}
      danger={isRevocation}
      disabled={!count || body === undefined || (isRevocation && typed.trim() !== String(count))}
      onSubmit={() => {
        if (licenses.data) begin.mutate(licenses.data);
      }}
      onClose={onClose}
    >
      {licenses.isPending ? (
        <Loading />
      ) : (
        <>
          <ActionFields action={action} body={body} onChange={setBody} />
          <ReasonFields value={reason} onChange={setReason} />
          {isRevocation && count !== undefined && (
            <Field label={t('bulk.revoke.type', { count: String(count) })}>
              {(aria) => (
                <Input
                  {...aria}
                  inputMode="numeric"
                  value={typed}
                  onChange={(event) => {
                    setTyped(event.target.value);
                  }}
                />
              )}
            </Field>
          )}
        </>
      )}
      <Fault error={licenses.error ?? begin.error} />
    </FormDialog>
  );
}

/** Actions that need more than a reason. */
const NEEDS_CHOICE: readonly BulkAction[] = ['transfer', 'change-template'];

function ActionFields({
  action,
  body,
  onChange,
}: {
  action: BulkAction;
  body: BulkBody | undefined;
  onChange: (body: BulkBody | undefined) => void;
}) {
  const t = useText();
  switch (action) {
    case 'renew':
      return (
        <TermField
          value={body?.months === undefined ? '' : String(body.months)}
          onChange={(months) => onChange(months === '' ? {} : { months: Number(months) })}
        />
      );
    case 'transfer':
      return (
        <CustomerPicker
          value={body?.customer_id === undefined ? undefined : String(body.customer_id)}
          onChange={(customer_id) => onChange(customer_id === undefined ? undefined : { customer_id })}
        />
      );
    case 'change-template':
      return (
        <>
          <Field label={t('template')}>
            {(aria) => (
              <ChoiceSelect
                {...aria}
                of="templates"
                value={String(body?.license_template_id ?? '')}
                onChange={(id) => onChange(id === '' ? undefined : { ...body, license_template_id: id })}
              />
            )}
          </Field>
          <CheckField
            label={t('bulk.resetOverrides')}
            hint={t('bulk.resetOverridesHint')}
            checked={body?.reset_overrides === true}
            disabled={body === undefined}
            onChange={({ target: { checked } }) => onChange({ ...body, reset_overrides: checked })}
          />
        </>
      );
    default:
      return null;
  }
}
