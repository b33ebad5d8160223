import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { templatesQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { ChangedMeanwhile } from '../../parts/changes';
import { CheckField, Field, Input, Select } from '../../parts/fields';
import { Fault } from '../../parts/states';
import { useText } from '../../text/texts';
import { useNewestLicense } from './action-dialogs';
import { CustomerPicker } from '../customers/customer-picker';
import type { License } from './license-status';
import { faultOf, FormDialog } from '../../parts/form-dialog';

/** Changes the terms of one license: its seats, its grace period, whom it names. */
export function EditDialog({ license, onClose }: { license: License; onClose: () => void }) {
  const t = useText();
  // Only what was typed here is sent, however the license changes meanwhile.
  const [before] = useState(license);
  const [name, setName] = useState(license.issued_to);
  const [seats, setSeats] = useState(license.max_activations?.toString() ?? '');
  const [grace, setGrace] = useState(String(license.grace_period_days));
  const [renews, setRenews] = useState(license.auto_renewal_enabled);
  const write = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: (body: Schemas['UpdateLicenseRequest'], base) =>
      bodyOf(
        api.PATCH('/v1/licenses/{license_id}', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
          body,
        }),
      ),
    done: t('edit.done'),
    changes: ['licenses'],
    onDone: onClose,
  });
  const max = seats === '' ? null : Number(seats);
  const changed: Schemas['UpdateLicenseRequest'] = {
    ...(name !== before.issued_to && { issued_to: name }),
    ...(max !== before.max_activations && { max_activations: max }),
    ...(Number(grace) !== before.grace_period_days && { grace_period_days: Number(grace) }),
    ...(renews !== before.auto_renewal_enabled && { auto_renewal_enabled: renews }),
  };
  return (
    <FormDialog
      title={t('edit.title')}
      hint={t('edit.hint')}
      submitLabel={t('save')}
      busy={write.isPending}
      disabled={Object.keys(changed).length === 0 || write.conflict !== undefined}
      onSubmit={() => {
        write.mutate(changed);
      }}
      onClose={onClose}
    >
      <Field label={t('license.issuedTo')} fault={faultOf(write.error, 'issued_to')}>
        {(aria) => (
          <Input
            {...aria}
            required
            maxLength={255}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
        )}
      </Field>
      <Field label={t('license.seats')} hint={t('edit.seatsHint')} fault={faultOf(write.error, 'max_activations')}>
        {(aria) => (
          <Input
            {...aria}
            type="number"
            min={1}
            max={1_000_000}
            value={seats}
            onChange={(event) => {
              setSeats(event.target.value);
            }}
          />
        )}
      </Field>
      <Field label={t('license.graceDays')} fault={faultOf(write.error, 'grace_period_days')}>
        {(aria) => (
          <Input
            {...aria}
            type="number"
            min={0}
            max={36_500}
            required
            value={grace}
            onChange={(event) => {
              setGrace(event.target.value);
            }}
          />
        )}
      </Field>
      <CheckField
        label={t('license.autoRenewal')}
        hint={t('license.autoRenewalHint')}
        checked={renews}
        onChange={(event) => {
          setRenews(event.target.checked);
        }}
      />
      <ChangedMeanwhile conflict={write.conflict} />
      {!write.conflict && <Fault error={write.error} />}
    </FormDialog>
  );
}

export function ChangeTemplateDialog({ license, onClose }: { license: License; onClose: () => void }) {
  const t = useText();
  const templates = useQuery(templatesQuery());
  const [chosen, setChosen] = useState(license.template_id);
  const write = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: (license_template_id: string, base) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/change-template', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
          body: { license_template_id },
        }),
      ),
    done: t('changeTemplate.done'),
    changes: ['licenses'],
    onDone: onClose,
  });
  const options = (templates.data?.data ?? []).filter(({ product_id }) => product_id === license.product_id);
  return (
    <FormDialog
      title={t('changeTemplate.title')}
      hint={t('changeTemplate.hint')}
      submitLabel={t('changeTemplate.do')}
      busy={write.isPending}
      disabled={write.conflict !== undefined || options.length === 0}
      onSubmit={() => {
        write.mutate(chosen);
      }}
      onClose={onClose}
    >
      <Field label={t('template')}>
        {(aria) => (
          <Select
            {...aria}
            value={chosen}
            onChange={(event) => {
              setChosen(event.target.value);
            }}
          >
            {options.map(({ template_id, template_name }) => (
              <option key={template_id} value={template_id}>
                {template_id === license.template_id
                  ? t('changeTemplate.sameTemplate', { name: template_name })
                  : template_name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <ChangedMeanwhile conflict={write.conflict} />
      {!write.conflict && <Fault error={write.error ?? templates.error} />}
    </FormDialog>
  );
}

export function TransferDialog({ license, onClose }: { license: License; onClose: () => void }) {
  const t = useText();
  const [customer, setCustomer] = useState<string | undefined>();
  const write = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: (customer_id: string, base) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/transfer', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
          body: { customer_id },
        }),
      ),
    done: t('transfer.done'),
    changes: ['licenses'],
    onDone: onClose,
  });
  return (
    <FormDialog
      title={t('transfer.title')}
      hint={t('transfer.hint')}
      submitLabel={t('transfer.do')}
      busy={write.isPending}
      disabled={customer === undefined || write.conflict !== undefined}
      onSubmit={() => {
        if (customer !== undefined) write.mutate(customer);
      }}
      onClose={onClose}
    >
      <CustomerPicker value={customer} onChange={setCustomer} />
      <ChangedMeanwhile conflict={write.conflict} />
      {!write.conflict && <Fault error={write.error} />}
    </FormDialog>
  );
}
