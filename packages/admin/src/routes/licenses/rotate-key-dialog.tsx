import { useState } from 'react';
import { api, bodyOf, ifUnchanged } from '../../api/client';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { ChangedMeanwhile } from '../../parts/changes';
import { Dialog, DialogDone } from '../../parts/dialog';
import { Field, Select } from '../../parts/fields';
import { ReasonFields, type Reason } from '../../parts/reason-fields';
import { Fault } from '../../parts/states';
import { Time } from '../../parts/time';
import { useText } from '../../text/texts';
import { useNewestLicense } from './action-dialogs';
import type { License } from './license-status';
import { LicenseKey } from './reveal-key-dialog';
import { FormDialog } from '../../parts/form-dialog';

const OVERLAPS = [0, 86_400, 604_800, 2_592_000] as const;

/** A new key for the same license, for when the former one has leaked. The new one is shown once. */
export function RotateKeyDialog({ license, onClose }: { license: License; onClose: () => void }) {
  const t = useText();
  const [reason, setReason] = useState<Reason>({ code: 'CUSTOMER_REQUEST' });
  const [overlap, setOverlap] = useState('604800');
  const rotate = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: (because: Reason, base) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/rotate-key', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
          body: { reason: because, overlap_seconds: Number(overlap) },
        }),
      ),
    changes: ['licenses'],
  });
  if (rotate.data) {
    return (
      <Dialog open onClose={onClose} title={t('rotateKey.done')} hint={t('issued.hint')}>
        <LicenseKey value={rotate.data.license_key} />
        <p className="mt-3 text-sm text-soft">
          {t('rotateKey.formerUntil')} <Time at={rotate.data.former_key_valid_until} />
        </p>
        <DialogDone onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <FormDialog
      title={t('rotateKey.title')}
      hint={t('rotateKey.hint')}
      submitLabel={t('rotateKey.do')}
      busy={rotate.isPending}
      disabled={rotate.conflict !== undefined}
      onSubmit={() => {
        rotate.mutate(reason);
      }}
      onClose={onClose}
    >
      <Field label={t('keys.overlap')}>
        {(aria) => (
          <Select
            {...aria}
            value={overlap}
            onChange={(event) => {
              setOverlap(event.target.value);
            }}
          >
            {OVERLAPS.map((seconds) => (
              <option key={seconds} value={seconds}>
                {t(`keys.overlap.${seconds}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <ReasonFields value={reason} onChange={setReason} />
      <ChangedMeanwhile conflict={rotate.conflict} />
      {!rotate.conflict && <Fault error={rotate.error} />}
    </FormDialog>
  );
}
