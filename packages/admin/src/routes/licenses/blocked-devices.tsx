import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { given, useList } from '../../api/lists';
import { useWrite } from '../../api/use-write';
import { Button } from '../../parts/button';
import { Code } from '../../parts/copy';
import { DataTable } from '../../parts/data-table';
import { Field, Input } from '../../parts/fields';
import type { Reason } from '../../parts/reason-fields';
import { Empty } from '../../parts/states';
import { RelativeTime, Time } from '../../parts/time';
import { ReasonControl, ReasonDialog, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import type { License } from './license-status';

type Blocked = Schemas['BlockedDevice'];

/** Devices that a license refuses whatever its seats. */
export function BlockedDevices({ license, onBlock }: { license: License; onBlock: () => void }) {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const mayBlock = may('devices:block');
  const [unblocking, setUnblocking] = useState<Blocked | undefined>();
  const { license_id } = license;
  const list = useList(['blocked-devices', license_id], (cursor) =>
    bodyOf(
      api.GET('/v1/licenses/{license_id}/blocked-devices', {
        params: { path: { license_id }, query: { limit: 50, ...given({ cursor }) } },
      }),
    ),
  );
  return (
    <section className="mt-8">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h2 className="text-sm font-semibold">{t('blocked.title')}</h2>
        {mayBlock && (
          <Button size="small" onClick={onBlock}>
            {t('block.do')}
          </Button>
        )}
      </div>
      <DataTable
        label={t('blocked.title')}
        list={list}
        rowKey={({ blocked_device_id }) => blocked_device_id}
        empty={<Empty title={t('blocked.empty')} hint={t('blocked.emptyHint')} />}
        columns={[
          {
            id: 'device',
            header: t('devices.device'),
            cell: ({ fingerprint }) => <Code>{fingerprint}</Code>,
          },
          {
            id: 'why',
            header: t('reason.code'),
            cell: ({ reason }) => [word('reason', reason.code), reason.text].filter(Boolean).join(': '),
          },
          {
            id: 'files',
            header: t('blocked.filesUntil'),
            secondary: true,
            cell: ({ files_until }) => (files_until === null ? '—' : <Time at={files_until} />),
          },
          {
            id: 'since',
            header: t('blocked.since'),
            secondary: true,
            cell: ({ created_at }) => <RelativeTime at={created_at} />,
          },
          ...(mayBlock
            ? [
                {
                  id: 'unblock',
                  header: '',
                  align: 'right' as const,
                  cell: (blocked: Blocked) => (
                    <Button
                      size="small"
                      onClick={() => {
                        setUnblocking(blocked);
                      }}
                    >
                      {t('unblock.do')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {unblocking && (
        <UnblockDialog
          blocked={unblocking}
          onClose={() => {
            setUnblocking(undefined);
          }}
        />
      )}
    </section>
  );
}

interface Form {
  fingerprint: string;
  reason: Reason;
}

/** Blocks a device; one that holds a seat loses it at once. */
export function BlockDialog({
  license,
  fingerprint,
  onClose,
}: {
  license: License;
  fingerprint: string;
  onClose: () => void;
}) {
  const t = useText();
  const write = useWrite({
    write: (body: Form) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/blocked-devices', {
          params: { path: { license_id: license.license_id } },
          body,
        }),
      ),
    done: t('block.done'),
    changes: ['blocked-devices', 'activations', 'licenses'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t('block.title')}
      hint={t('block.hint')}
      submitLabel={t('block.menu')}
      danger
      values={{ fingerprint, reason: { code: 'TERMS_VIOLATED' } }}
      write={write}
      onClose={onClose}
    >
      {({ register, control }, fault) => (
        <>
          <Field label={t('devices.device')} hint={t('explain.deviceHint')} required fault={fault('fingerprint')}>
            {(aria) => <Input {...aria} required maxLength={255} className="font-mono" {...register('fingerprint')} />}
          </Field>
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}

function UnblockDialog({ blocked, onClose }: { blocked: Blocked; onClose: () => void }) {
  const t = useText();
  const { license_id, blocked_device_id } = blocked;
  const write = useWrite({
    write: (body: { reason: Reason }) =>
      bodyOf(
        api.DELETE('/v1/licenses/{license_id}/blocked-devices/{blocked_device_id}', {
          params: { path: { license_id, blocked_device_id } },
          body,
        }),
      ),
    done: t('remedy.unblocked'),
    changes: ['blocked-devices', 'activations', 'licenses'],
    onDone: onClose,
  });
  return (
    <ReasonDialog
      title={t('unblock.title')}
      hint={t('unblock.hint', { device: blocked.fingerprint })}
      submitLabel={t('unblock.do')}
      code="CUSTOMER_REQUEST"
      write={write}
      onClose={onClose}
    />
  );
}
