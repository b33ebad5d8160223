import { Ban, MonitorOff, MonitorX } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { given, useList } from '../../api/lists';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Code } from '../../parts/copy';
import { DataTable } from '../../parts/data-table';
import { CheckField } from '../../parts/fields';
import { Gate } from '../../parts/gate';
import { Empty } from '../../parts/states';
import { RelativeTime, Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { SeatPeaks } from '../dashboard/seat-peaks';
import { BlockDialog, BlockedDevices } from './blocked-devices';
import type { License } from './license-status';
import type { Reason } from '../../parts/reason-fields';
import { Dialog, DialogDone } from '../../parts/dialog';
import { ReasonDialog } from '../../parts/write-dialog';
import { DevicesReleased } from './devices-released';

type Activation = Schemas['Activation'];

export function nameOfDevice({ name, hostname, fingerprint }: Activation): string {
  return name ?? hostname ?? fingerprint;
}

export function useDevices(license_id: string, { all = false, enabled = true } = {}) {
  const read = (cursor: string | undefined) =>
    bodyOf(
      api.GET('/v1/licenses/{license_id}/activations', {
        params: {
          path: { license_id },
          query: { limit: 50, ...(!all && { status: 'ACTIVE' as const }), ...given({ cursor }) },
        },
      }),
    );
  return useList(['activations', license_id, all], read, { enabled });
}

export function DevicesTab({ license }: { license: License }) {
  return (
    <Gate permission="activations:read" isPart>
      <Devices license={license} />
    </Gate>
  );
}

function Devices({ license }: { license: License }) {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const [all, setAll] = useState(false);
  const [releasing, setReleasing] = useState<Activation | undefined>();
  const [blocking, setBlocking] = useState<string | undefined>();
  const [isResetting, setResetting] = useState(false);
  const list = useDevices(license.license_id, { all });
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <CheckField
          label={t('devices.all')}
          checked={all}
          onChange={(event) => {
            setAll(event.target.checked);
          }}
        />
        {may('activations:write') && list.rows.some(({ status }) => status === 'ACTIVE') && (
          <Button
            size="small"
            onClick={() => {
              setResetting(true);
            }}
          >
            <MonitorOff aria-hidden />
            {t('reset.menu')}
          </Button>
        )}
      </div>
      <DataTable
        label={t('license.tab.devices')}
        list={list}
        rowKey={({ activation_id }) => activation_id}
        empty={<Empty title={t('devices.empty')} hint={t('devices.emptyHint')} />}
        columns={[
          {
            id: 'device',
            header: t('devices.device'),
            cell: (device) => (
              <div className="min-w-0">
                <div className="truncate font-medium">{nameOfDevice(device)}</div>
                <div className="mt-0.5 flex flex-wrap gap-1.5 text-xs text-soft">
                  <Code>{device.fingerprint}</Code>
                  {[device.platform, device.version, device.user_id].filter(Boolean).join(' · ')}
                </div>
              </div>
            ),
          },
          { id: 'seen', header: t('devices.lastSeen'), cell: ({ last_seen_at }) => <RelativeTime at={last_seen_at} /> },
          {
            id: 'status',
            header: t('status'),
            cell: ({ status, lent_until, lease_expires_at }) => (
              <div>
                <Badge tone={status === 'ACTIVE' ? 'good' : 'quiet'} dot>
                  {word('activation', status)}
                </Badge>
                {lent_until !== null && status === 'ACTIVE' && (
                  <div className="mt-1 text-xs text-soft">
                    {t('devices.heldUntil')} <Time at={lent_until} />
                  </div>
                )}
                {lease_expires_at !== null && lent_until === null && status === 'ACTIVE' && (
                  <div className="mt-1 text-xs text-soft">
                    {t('devices.leaseUntil')} <Time at={lease_expires_at} />
                  </div>
                )}
              </div>
            ),
          },
          { id: 'units', header: t('devices.units'), secondary: true, align: 'right', cell: ({ units }) => units },
          ...(may('activations:write') || may('devices:block')
            ? [
                {
                  id: 'release',
                  header: '',
                  align: 'right' as const,
                  cell: (device: Activation) =>
                    device.status === 'ACTIVE' && (
                      <div className="flex justify-end gap-2">
                        {may('devices:block') && (
                          <Button
                            size="small"
                            onClick={() => {
                              setBlocking(device.fingerprint);
                            }}
                          >
                            <Ban aria-hidden />
                            {t('block.menu')}
                          </Button>
                        )}
                        {may('activations:write') && (
                          <Button
                            size="small"
                            onClick={() => {
                              setReleasing(device);
                            }}
                          >
                            <MonitorX aria-hidden />
                            {t('release.menu')}
                          </Button>
                        )}
                      </div>
                    ),
                },
              ]
            : []),
        ]}
      />
      <BlockedDevices
        license={license}
        onBlock={() => {
          setBlocking('');
        }}
      />
      {may('reports:read') && (
        <div className="mt-6">
          <SeatPeaks licenseId={license.license_id} />
        </div>
      )}
      {blocking !== undefined && (
        <BlockDialog
          license={license}
          fingerprint={blocking}
          onClose={() => {
            setBlocking(undefined);
          }}
        />
      )}
      {isResetting && (
        <ResetDialog
          license={license}
          onClose={() => {
            setResetting(false);
          }}
        />
      )}
      {releasing && (
        <ReleaseDialog
          license={license}
          device={releasing}
          onClose={() => {
            setReleasing(undefined);
          }}
        />
      )}
    </>
  );
}

function ReleaseDialog({ license, device, onClose }: { license: License; device: Activation; onClose: () => void }) {
  const t = useText();
  const release = useWrite({
    write: (body: { reason: Reason }) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/activations/{activation_id}/deactivate', {
          params: { path: { license_id: license.license_id, activation_id: device.activation_id } },
          body,
        }),
      ),
    done: t('release.done'),
    changes: ['activations', 'licenses'],
    onDone: onClose,
  });
  return (
    <ReasonDialog
      title={t('release.title')}
      hint={t('release.hint', { name: nameOfDevice(device) })}
      submitLabel={t('release.do')}
      code="CUSTOMER_REQUEST"
      write={release}
      onClose={onClose}
    />
  );
}

/** Frees all seats of a license, but those that license files hold. */
function ResetDialog({ license, onClose }: { license: License; onClose: () => void }) {
  const t = useText();
  const reset = useWrite({
    write: (body: { reason: Reason }) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/activations:reset', {
          params: { path: { license_id: license.license_id } },
          body,
        }),
      ),
    changes: ['activations', 'licenses'],
  });
  if (reset.data) {
    return (
      <Dialog open onClose={onClose} title={t('reset.done')}>
        <DevicesReleased devices={reset.data} />
        <DialogDone onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <ReasonDialog
      title={t('reset.title')}
      hint={t('reset.hint')}
      submitLabel={t('reset.do')}
      danger
      code="CUSTOMER_REQUEST"
      write={reset}
      onClose={onClose}
    />
  );
}
