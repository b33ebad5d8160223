import { Ban, Ellipsis, Plus, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given, useList } from '../../api/lists';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Dialog, DialogDone } from '../../parts/dialog';
import { Field, Input, Select, TextArea } from '../../parts/fields';
import { gated } from '../../parts/gate';
import { ResourceList } from '../../parts/resource-list';
import { Menu, MenuItem } from '../../parts/menu';
import { Empty, Fault } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import type { Reason } from '../../parts/reason-fields';
import { ReasonControl, ReasonDialog, WriteDialog } from '../../parts/write-dialog';
import { useText, useWord } from '../../text/texts';
import { faultOf, FormDialog } from '../../parts/form-dialog';
import { LicenseKey } from '../licenses/reveal-key-dialog';

type ApiKey = Schemas['ApiKey'];
const ROLES = ['admin', 'issuer', 'support', 'read-only', 'billing', 'client'] as const;
const OVERLAPS = [0, 3_600, 86_400, 604_800] as const;

export const KeyList = gated('api-keys:manage', Keys);

type Open = { readonly dialog: 'create' } | { readonly dialog: 'rotate' | 'revoke'; readonly key: ApiKey };

function stateOf({ revoked_at, expires_at }: ApiKey): 'ACTIVE' | 'REVOKED' | 'EXPIRED' {
  if (revoked_at !== null) return 'REVOKED';
  return expires_at !== null && Date.parse(expires_at) <= Date.now() ? 'EXPIRED' : 'ACTIVE';
}

function Keys() {
  const t = useText();
  const word = useWord();
  const [open, setOpen] = useState<Open | undefined>();
  const [secret, setSecret] = useState<string | undefined>();
  const list = useList(['api-keys', 'list'], (cursor) =>
    bodyOf(api.GET('/v1/api-keys', { params: { query: { limit: 50, ...given({ cursor }) } } })),
  );
  const close = () => {
    setOpen(undefined);
  };
  const show = ({ api_key }: Schemas['IssuedApiKey']) => {
    setOpen(undefined);
    setSecret(api_key);
  };
  return (
    <>
      <ResourceList
        title={t('keys.title')}
        hint={t('keys.hint')}
        actions={
          <Button
            look="primary"
            onClick={() => {
              setOpen({ dialog: 'create' });
            }}
          >
            <Plus aria-hidden />
            {t('keys.new')}
          </Button>
        }
        list={list}
        rowKey={({ id }) => id}
        empty={<Empty title={t('keys.empty')} />}
        columns={[
          {
            id: 'name',
            header: t('keys.name'),
            cell: ({ name, key_prefix }) => (
              <div>
                <div className="font-medium">{name}</div>
                <div className="font-mono text-xs text-soft">{key_prefix}…</div>
              </div>
            ),
          },
          {
            id: 'role',
            header: t('keys.role'),
            cell: ({ role, permissions }) =>
              role === null ? t('keys.permissions', { count: permissions.length }) : word('role', role),
          },
          {
            id: 'status',
            header: t('status'),
            cell: (key) => (
              <Badge tone={stateOf(key) === 'ACTIVE' ? 'good' : 'quiet'} dot>
                {word('state', stateOf(key))}
              </Badge>
            ),
          },
          {
            id: 'networks',
            header: t('keys.networks'),
            secondary: true,
            cell: ({ networks }) => (networks.length === 0 ? t('keys.anywhere') : networks.join(', ')),
          },
          {
            id: 'used',
            header: t('keys.lastUsed'),
            secondary: true,
            cell: ({ last_used_at }) => (last_used_at === null ? t('never') : <RelativeTime at={last_used_at} />),
          },
          {
            id: 'actions',
            header: '',
            align: 'right',
            cell: (key) =>
              stateOf(key) === 'ACTIVE' && (
                <Menu
                  trigger={
                    <Button look="quiet" size="icon" aria-label={t('keys.actions', { name: key.name })}>
                      <Ellipsis aria-hidden />
                    </Button>
                  }
                >
                  <MenuItem
                    icon={RotateCw}
                    onClick={() => {
                      setOpen({ dialog: 'rotate', key });
                    }}
                  >
                    {t('keys.rotate')}
                  </MenuItem>
                  <MenuItem
                    icon={Ban}
                    danger
                    onClick={() => {
                      setOpen({ dialog: 'revoke', key });
                    }}
                  >
                    {t('keys.revoke')}
                  </MenuItem>
                </Menu>
              ),
          },
        ]}
      />
      {open?.dialog === 'create' && <CreateKey onClose={close} onDone={show} />}
      {open?.dialog === 'rotate' && <RotateKey apiKey={open.key} onClose={close} onDone={show} />}
      {open?.dialog === 'revoke' && <RevokeKey apiKey={open.key} onClose={close} />}
      {secret !== undefined && (
        <Dialog
          open
          onClose={() => {
            setSecret(undefined);
          }}
          title={t('keys.shownOnce')}
          hint={t('keys.shownOnceHint')}
        >
          <LicenseKey value={secret} />
          <DialogDone
            onClose={() => {
              setSecret(undefined);
            }}
          />
        </Dialog>
      )}
    </>
  );
}

function CreateKey({ onClose, onDone }: { onClose: () => void; onDone: (key: Schemas['IssuedApiKey']) => void }) {
  const t = useText();
  const word = useWord();
  const [name, setName] = useState('');
  const [role, setRole] = useState<(typeof ROLES)[number]>('support');
  const [networks, setNetworks] = useState('');
  const create = useWrite({
    write: (body: Schemas['CreateApiKeyRequest']) => bodyOf(api.POST('/v1/api-keys', { body })),
    changes: ['api-keys'],
    onDone,
  });
  const fault = (field: string) => faultOf(create.error, field);
  const submit = () => {
    const listed = networks.split(/[\s,]+/).filter(Boolean);
    create.mutate({ name, role, ...(listed.length > 0 && { networks: listed }) });
  };
  return (
    <FormDialog
      title={t('keys.new')}
      submitLabel={t('keys.create')}
      busy={create.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field label={t('keys.name')} hint={t('keys.nameHint')} required fault={fault('name')}>
        {(aria) => (
          <Input
            {...aria}
            required
            maxLength={100}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
        )}
      </Field>
      <Field label={t('keys.role')} hint={word('roleHint', role)} fault={fault('role')}>
        {(aria) => (
          <Select
            {...aria}
            value={role}
            onChange={(event) => {
              setRole(event.target.value as typeof role);
            }}
          >
            {ROLES.map((value) => (
              <option key={value} value={value}>
                {word('role', value)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t('keys.networks')} hint={t('keys.networksHint')} fault={fault('networks.0') ?? fault('networks')}>
        {(aria) => (
          <TextArea
            {...aria}
            className="min-h-16 font-mono"
            value={networks}
            onChange={(event) => {
              setNetworks(event.target.value);
            }}
          />
        )}
      </Field>
      <Fault error={create.error} />
    </FormDialog>
  );
}

/** A write that changes a key only while it is as it is shown. */
function useKeyWrite<Input, Output>(
  apiKey: ApiKey,
  write: (input: Input, params: { path: { key_id: string }; header: { 'If-Match': string } }) => Promise<Output>,
  { done, onDone }: { done?: string; onDone: (output: Output) => void },
) {
  const path = { key_id: apiKey.id };
  return useGuardedWrite({
    resource: apiKey,
    read: () => bodyOf(api.GET('/v1/api-keys/{key_id}', { params: { path } })),
    write: (input: Input, base) => write(input, { path, header: ifUnchanged(base) }),
    ...(done !== undefined && { done }),
    changes: ['api-keys'],
    onDone,
  });
}

function RotateKey({
  apiKey,
  onClose,
  onDone,
}: {
  apiKey: ApiKey;
  onClose: () => void;
  onDone: (key: Schemas['IssuedApiKey']) => void;
}) {
  const t = useText();
  const rotate = useKeyWrite(
    apiKey,
    ({ overlap, reason }: { overlap: string; reason: Reason }, params) =>
      bodyOf(api.POST('/v1/api-keys/{key_id}/rotate', { params, body: { overlap_seconds: Number(overlap), reason } })),
    { onDone },
  );
  return (
    <WriteDialog
      title={t('keys.rotateTitle', { name: apiKey.name })}
      hint={t('keys.rotateHint')}
      submitLabel={t('keys.rotate')}
      values={{ overlap: '86400', reason: { code: 'OTHER' } }}
      write={rotate}
      onClose={onClose}
    >
      {({ register, control }, fault) => (
        <>
          <Field label={t('keys.overlap')} fault={fault('overlap_seconds')}>
            {(aria) => (
              <Select {...aria} {...register('overlap')}>
                {OVERLAPS.map((seconds) => (
                  <option key={seconds} value={seconds}>
                    {t(`keys.overlap.${seconds}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}

function RevokeKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const t = useText();
  const revoke = useKeyWrite(
    apiKey,
    (body: { reason: Reason }, params) => bodyOf(api.POST('/v1/api-keys/{key_id}/revoke', { params, body })),
    { done: t('keys.revoked'), onDone: onClose },
  );
  return (
    <ReasonDialog
      title={t('keys.revokeTitle', { name: apiKey.name })}
      hint={t('keys.revokeHint')}
      submitLabel={t('keys.revoke')}
      danger
      write={revoke}
      onClose={onClose}
    />
  );
}
