import { Controller } from 'react-hook-form';
import { api, bodyOf, ifUnchanged } from '../../api/client';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { Dialog, DialogDone } from '../../parts/dialog';
import { CheckField } from '../../parts/fields';
import type { Reason } from '../../parts/reason-fields';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { CustomerPicker } from '../customers/customer-picker';
import { useNewestLicense } from './action-dialogs';
import { DevicesReleased } from './devices-released';
import type { License } from './license-status';
import { LicenseKey } from './reveal-key-dialog';

interface Form {
  customer_id: string;
  rotate_key: boolean;
  deactivate_devices: boolean;
  reason: Reason;
}

/** Gives a license to another customer. A new key is shown once. */
export function TransferDialog({ license, onClose }: { license: License; onClose: () => void }) {
  const t = useText();
  const may = useMay();
  const write = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: (body: Form, base) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/transfer', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
          body,
        }),
      ),
    done: t('transfer.done'),
    changes: ['licenses', 'activations'],
    onDone: ({ license_key, devices }) => {
      if (license_key === undefined && devices === undefined) onClose();
    },
  });
  if (write.data) {
    const { license_key: key, devices } = write.data;
    return (
      <Dialog open onClose={onClose} title={t('transfer.done')} hint={key === undefined ? undefined : t('issued.hint')}>
        {key !== undefined && <LicenseKey value={key} />}
        {devices && <DevicesReleased devices={devices} />}
        <DialogDone onClose={onClose} />
      </Dialog>
    );
  }
  const values: Form = {
    customer_id: '',
    rotate_key: false,
    deactivate_devices: false,
    reason: { code: 'CUSTOMER_REQUEST' },
  };
  return (
    <WriteDialog
      title={t('transfer.title')}
      hint={t('transfer.hint')}
      submitLabel={t('transfer.do')}
      values={values}
      write={write}
      onClose={onClose}
    >
      {({ control, register }, fault) => (
        <>
          <Controller
            control={control}
            name="customer_id"
            rules={{ required: t('customerPicker.hint') }}
            render={({ field: { value, onChange } }) => (
              <CustomerPicker value={value} onChange={(id) => onChange(id ?? '')} fault={fault('customer_id')} />
            )}
          />
          {may('licenses:rotate-key') && (
            <CheckField
              label={t('transfer.rotateKey')}
              hint={t('transfer.rotateKeyHint')}
              {...register('rotate_key')}
            />
          )}
          {may('activations:write') && (
            <CheckField
              label={t('transfer.deactivateDevices')}
              hint={t('transfer.deactivateDevicesHint')}
              {...register('deactivate_devices')}
            />
          )}
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}
