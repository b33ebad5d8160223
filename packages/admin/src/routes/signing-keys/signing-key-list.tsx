import { Ban, CircleCheck, Ellipsis, FileCode, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given, useList } from '../../api/lists';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Badge, type Tone } from '../../parts/badge';
import { Button } from '../../parts/button';
import { CodeBlock } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Field, Input } from '../../parts/fields';
import { gated } from '../../parts/gate';
import { Menu, MenuItem } from '../../parts/menu';
import { ResourceList } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import type { Reason } from '../../parts/reason-fields';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';

type SigningKey = Schemas['SigningKey'];
type Action = 'activate' | 'retire' | 'revoke';
type Open =
  | { readonly dialog: 'create' }
  | { readonly dialog: 'show'; readonly key: SigningKey }
  | { readonly dialog: Action; readonly key: SigningKey };

const TONES: Readonly<Record<string, Tone>> = { CREATED: 'info', ACTIVE: 'good', RETIRED: 'quiet', REVOKED: 'bad' };
/** Letters of a key id that tell keys apart. */
const SHOWN = 12;

export const SigningKeyList = gated('signing-keys:read', SigningKeys);

function SigningKeys() {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const mayManage = may('signing-keys:manage');
  const [open, setOpen] = useState<Open | undefined>();
  const list = useList(['signing-keys', 'list'], (cursor) =>
    bodyOf(api.GET('/v1/signing-keys', { params: { query: { limit: 50, ...given({ cursor }) } } })),
  );
  const close = () => {
    setOpen(undefined);
  };
  const actionsOf = (key: SigningKey) => {
    const isOver = key.state === 'RETIRED' || key.state === 'REVOKED';
    return [
      { name: 'activate', icon: CircleCheck, open: key.state === 'CREATED' },
      { name: 'retire', icon: Ban, open: !isOver },
      { name: 'revoke', icon: Trash2, open: key.state !== 'REVOKED', danger: true },
    ] as const;
  };
  return (
    <>
      <ResourceList
        title={t('signingKeys.title')}
        hint={t('signingKeys.hint')}
        actions={
          mayManage && (
            <Button
              look="primary"
              onClick={() => {
                setOpen({ dialog: 'create' });
              }}
            >
              <Plus aria-hidden />
              {t('signingKeys.new')}
            </Button>
          )
        }
        list={list}
        rowKey={({ kid }) => kid}
        empty={<Empty title={t('signingKeys.empty')} hint={t('signingKeys.emptyHint')} />}
        columns={[
          {
            id: 'kid',
            header: t('signingKeys.key'),
            cell: ({ kid }) => (
              <span title={kid} className="font-mono text-xs font-medium">
                {kid.slice(0, SHOWN)}…
              </span>
            ),
          },
          {
            id: 'state',
            header: t('status'),
            cell: ({ state }) => (
              <Badge tone={TONES[state] ?? 'quiet'} dot>
                {word('signingKeyState', state)}
              </Badge>
            ),
          },
          {
            id: 'activated',
            header: t('signingKeys.activated'),
            secondary: true,
            cell: ({ activated_at }) => (activated_at === null ? '—' : <RelativeTime at={activated_at} />),
          },
          {
            id: 'published',
            header: t('signingKeys.publishedUntil'),
            secondary: true,
            cell: ({ published_until, state }) =>
              published_until === null ? (
                state === 'REVOKED' ? (
                  '—'
                ) : (
                  t('signingKeys.published')
                )
              ) : (
                <RelativeTime at={published_until} />
              ),
          },
          {
            id: 'actions',
            header: '',
            align: 'right',
            cell: (key) => (
              <Menu
                trigger={
                  <Button look="quiet" size="icon" aria-label={t('keys.actions', { name: key.kid.slice(0, SHOWN) })}>
                    <Ellipsis aria-hidden />
                  </Button>
                }
              >
                <MenuItem
                  icon={FileCode}
                  onClick={() => {
                    setOpen({ dialog: 'show', key });
                  }}
                >
                  {t('signingKeys.show')}
                </MenuItem>
                {mayManage &&
                  actionsOf(key)
                    .filter((action) => action.open)
                    .map(({ name, icon, ...action }) => (
                      <MenuItem
                        key={name}
                        icon={icon}
                        danger={'danger' in action}
                        onClick={() => {
                          setOpen({ dialog: name, key });
                        }}
                      >
                        {t(`signingKeys.${name}`)}
                      </MenuItem>
                    ))}
              </Menu>
            ),
          },
        ]}
      />
      {open?.dialog === 'create' && <CreateKey onClose={close} />}
      {open?.dialog === 'show' && (
        <Dialog open onClose={close} wide title={t('signingKeys.show')} hint={t('signingKeys.showHint')}>
          <CodeBlock text={JSON.stringify(open.key.public_key, null, 2)} label={t('signingKeys.show')} />
        </Dialog>
      )}
      {open && open.dialog !== 'create' && open.dialog !== 'show' && (
        <ActionDialog action={open.dialog} signingKey={open.key} onClose={close} />
      )}
    </>
  );
}

function CreateKey({ onClose }: { onClose: () => void }) {
  const t = useText();
  const write = useWrite({
    write: (_input: object) => bodyOf(api.POST('/v1/signing-keys')),
    done: t('signingKeys.created'),
    changes: ['signing-keys'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t('signingKeys.new')}
      hint={t('signingKeys.newHint')}
      submitLabel={t('signingKeys.create')}
      values={{}}
      write={write}
      onClose={onClose}
    />
  );
}

/** An action on a key. The end of the key that signs is asked for by its first letters, because nothing can be signed afterwards. */
function ActionDialog({
  action,
  signingKey,
  onClose,
}: {
  action: Action;
  signingKey: SigningKey;
  onClose: () => void;
}) {
  const t = useText();
  const { kid } = signingKey;
  const isEndOfActive = signingKey.state === 'ACTIVE' && action !== 'activate';
  const start = kid.slice(0, 4);
  const write = useGuardedWrite({
    resource: signingKey,
    read: () => bodyOf(api.GET('/v1/signing-keys/{kid}', { params: { path: { kid } } })),
    write: ({ reason }: { typed: string; reason: Reason }, base) => {
      const params = { path: { kid }, header: ifUnchanged(base) };
      const body = { force: isEndOfActive, reason };
      if (action === 'activate') return bodyOf(api.POST('/v1/signing-keys/{kid}/activate', { params }));
      if (action === 'retire') return bodyOf(api.POST('/v1/signing-keys/{kid}/retire', { params, body }));
      return bodyOf(api.POST('/v1/signing-keys/{kid}/revoke', { params, body }));
    },
    done: t(`signingKeys.${action}.done`),
    changes: ['signing-keys'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t(`signingKeys.${action}`)}
      hint={
        <>
          {t(`signingKeys.${action}.hint`)}
          {isEndOfActive && <span className="mt-2 block font-medium text-bad">{t('signingKeys.activeHint')}</span>}
        </>
      }
      submitLabel={t(`signingKeys.${action}`)}
      danger={action !== 'activate'}
      values={{ typed: '', reason: { code: 'OTHER' } }}
      write={write}
      onClose={onClose}
    >
      {({ register, control }, fault) => (
        <>
          {isEndOfActive && (
            <Field label={t('signingKeys.type', { start })} required fault={fault('typed')}>
              {(aria) => (
                <Input
                  {...aria}
                  required
                  maxLength={4}
                  className="font-mono"
                  {...register('typed', {
                    validate: (typed) => typed === start || t('signingKeys.typeFault', { start }),
                  })}
                />
              )}
            </Field>
          )}
          {action !== 'activate' && <ReasonControl control={control} name="reason" />}
        </>
      )}
    </WriteDialog>
  );
}
