import { FileDown } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Code } from '../../parts/copy';
import { DataTable } from '../../parts/data-table';
import { download } from '../../parts/download';
import { Field, Input } from '../../parts/fields';
import type { Reason } from '../../parts/reason-fields';
import { Empty } from '../../parts/states';
import { RelativeTime, Time } from '../../parts/time';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { stateOf, type License } from './license-status';

const DAY_SECONDS = 86_400;
/** Letters of a key id that tell keys apart. */
const SHOWN = 12;

/** License files that were made, for devices without a network. */
export function FilesTab({ license }: { license: License }) {
  const t = useText();
  const may = useMay();
  const [isMaking, setMaking] = useState(false);
  const { license_id } = license;
  const list = useList(['license-files', license_id], (cursor) =>
    bodyOf(
      api.GET('/v1/licenses/{license_id}/files', {
        params: { path: { license_id }, query: { limit: 50, ...given({ cursor }) } },
      }),
    ),
  );
  const make = may('licenses:check-out') && stateOf(license) !== 'REVOKED' && (
    <Button
      onClick={() => {
        setMaking(true);
      }}
    >
      <FileDown aria-hidden />
      {t('files.make')}
    </Button>
  );
  return (
    <>
      <div className="mb-3 flex justify-end">{list.rows.length > 0 && make}</div>
      <DataTable
        label={t('license.tab.files')}
        list={list}
        rowKey={({ issued_at, fingerprint, kid }) => `${issued_at} ${fingerprint} ${kid}`}
        empty={
          <Empty title={t('files.empty')} hint={t('files.emptyHint')}>
            {make}
          </Empty>
        }
        columns={[
          {
            id: 'device',
            header: t('devices.device'),
            cell: ({ fingerprint }) =>
              fingerprint === null ? (
                <span className="text-soft">{t('files.anyDevice')}</span>
              ) : (
                <Code>{fingerprint}</Code>
              ),
          },
          {
            id: 'expires',
            header: t('license.expires'),
            cell: ({ expires_at }) => (
              <div className="flex flex-wrap items-center gap-2">
                <Badge tone={Date.parse(expires_at) > Date.now() ? 'good' : 'quiet'} dot>
                  <RelativeTime at={expires_at} />
                </Badge>
              </div>
            ),
          },
          {
            id: 'issued',
            header: t('files.issued'),
            secondary: true,
            cell: ({ issued_at }) => <Time at={issued_at} />,
          },
          {
            id: 'key',
            header: t('signingKeys.key'),
            secondary: true,
            cell: ({ kid }) => (
              <span title={kid} className="font-mono text-xs">
                {kid.slice(0, SHOWN)}…
              </span>
            ),
          },
        ]}
      />
      {isMaking && (
        <MakeFile
          license={license}
          onClose={() => {
            setMaking(false);
          }}
        />
      )}
    </>
  );
}

interface Form {
  fingerprint: string;
  user_id: string;
  days: string;
  reason: Reason;
}

/** Makes a license file and saves it; the server keeps no copy of its text. */
export function MakeFile({
  license,
  onClose,
}: {
  license: Pick<License, 'license_id' | 'license_type'>;
  onClose: () => void;
}) {
  const t = useText();
  const { license_id } = license;
  const write = useWrite({
    write: ({ fingerprint, user_id, days, reason }: Form) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/check-out', {
          params: { path: { license_id } },
          body: { ...given({ fingerprint, user_id }), ttl_seconds: Number(days) * DAY_SECONDS, reason },
        }),
      ),
    done: t('files.done'),
    changes: ['license-files', 'activations', 'licenses'],
    onDone: ({ license_file }) => {
      download(`license-${license_id.slice(-12)}.lic`, new Blob([license_file], { type: 'text/plain' }));
      onClose();
    },
  });
  return (
    <WriteDialog
      title={t('files.make')}
      hint={t('files.makeHint')}
      submitLabel={t('files.do')}
      values={{ fingerprint: '', user_id: '', days: '30', reason: { code: 'CUSTOMER_REQUEST' } }}
      write={write}
      onClose={onClose}
    >
      {({ register, control }, fault) => (
        <>
          <Field label={t('devices.device')} hint={t('files.deviceHint')} fault={fault('fingerprint')}>
            {(aria) => <Input {...aria} maxLength={255} className="font-mono" {...register('fingerprint')} />}
          </Field>
          {license.license_type === 'NAMED_USER' && (
            <Field label={t('files.user')} required fault={fault('user_id')}>
              {(aria) => <Input {...aria} required maxLength={255} {...register('user_id')} />}
            </Field>
          )}
          <Field label={t('files.days')} hint={t('files.daysHint')} required fault={fault('ttl_seconds')}>
            {(aria) => <Input {...aria} type="number" required min={1} max={366} {...register('days')} />}
          </Field>
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}
