import { useEffect, useState } from 'react';
import { api, bodyOf, ifUnchanged } from '../../api/client';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { Button } from '../../parts/button';
import { ChangedMeanwhile } from '../../parts/changes';
import { CopyButton } from '../../parts/copy';
import { Dialog, DialogActions, DialogDone } from '../../parts/dialog';
import { Fault } from '../../parts/states';
import { useText } from '../../text/texts';
import { useNewestLicense } from './action-dialogs';
import type { License } from './license-status';

const SHOWN_S = 60;

/** Shows a license key for a minute. The event log says who has seen it. */
export function RevealKeyDialog({ license, onClose }: { license: License; onClose: () => void }) {
  const t = useText();
  const reveal = useGuardedWrite({
    resource: license,
    read: useNewestLicense(license.license_id),
    write: (_input: undefined, base) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/reveal-key', {
          params: { path: { license_id: base.license_id }, header: ifUnchanged(base) },
        }),
      ),
    changes: [],
  });
  const [left, setLeft] = useState(SHOWN_S);
  const key = reveal.data?.license_key;
  useEffect(() => {
    if (key === undefined) return undefined;
    const timer = setInterval(() => {
      setLeft((seconds) => seconds - 1);
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, [key]);
  useEffect(() => {
    if (left <= 0) onClose();
  }, [left, onClose]);
  return (
    <Dialog open onClose={onClose} title={t('reveal.title')} hint={t('reveal.hint')}>
      {key === undefined ? (
        <>
          <ChangedMeanwhile conflict={reveal.conflict} />
          {!reveal.conflict && <Fault error={reveal.error} />}
          <DialogActions>
            <Button onClick={onClose}>{t('cancel')}</Button>
            <Button
              look="primary"
              busy={reveal.isPending}
              disabled={reveal.conflict !== undefined}
              onClick={() => {
                reveal.mutate(undefined);
              }}
            >
              {t('reveal.do')}
            </Button>
          </DialogActions>
        </>
      ) : (
        <>
          <LicenseKey value={key} />
          <p className="mt-3 text-xs text-soft">{t('reveal.countdown', { seconds: Math.max(0, left) })}</p>
          <DialogDone onClose={onClose} />
        </>
      )}
    </Dialog>
  );
}

export function LicenseKey({ value }: { value: string }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-line bg-sunken px-4 py-3">
      <span className="font-mono text-base font-semibold tracking-wide break-all" data-license-key>
        {value}
      </span>
      <CopyButton text={value} />
    </div>
  );
}
