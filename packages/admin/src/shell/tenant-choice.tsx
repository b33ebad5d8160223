import { CirclePause, CirclePlay, Ellipsis, Gauge, Plus } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../api/client';
import { given, useList } from '../api/lists';
import { useGuardedWrite } from '../api/use-guarded-write';
import { useWrite } from '../api/use-write';
import { Badge } from '../parts/badge';
import { Button } from '../parts/button';
import { Field, Input } from '../parts/fields';
import { Menu, MenuItem } from '../parts/menu';
import { ResourceList } from '../parts/resource-list';
import { Empty } from '../parts/states';
import { RelativeTime } from '../parts/time';
import type { Reason } from '../parts/reason-fields';
import { ReasonControl, WriteDialog } from '../parts/write-dialog';
import { useText, useWord } from '../text/texts';
import { useSession } from './session';

type Tenant = Schemas['Tenant'];
type Open =
  | { readonly dialog: 'create' }
  | { readonly dialog: 'suspend' | 'reinstate' | 'limit'; readonly tenant: Tenant };

/** A platform key belongs to no tenant: it names the one that it acts for. It also creates, suspends and limits tenants. */
export function TenantChoice({ onChosen }: { onChosen: (tenantId: string) => void }) {
  const t = useText();
  const word = useWord();
  const { signOut, may } = useSession();
  const mayWrite = may('tenants:write');
  const [open, setOpen] = useState<Open | undefined>();
  const list = useList(['tenants'], (cursor) =>
    bodyOf(api.GET('/v1/tenants', { params: { query: { ...given({ cursor }) } } })),
  );
  const close = () => {
    setOpen(undefined);
  };
  const create = mayWrite && (
    <Button
      look="primary"
      onClick={() => {
        setOpen({ dialog: 'create' });
      }}
    >
      <Plus aria-hidden />
      {t('tenants.new')}
    </Button>
  );
  return (
    <main className="mx-auto max-w-4xl p-6">
      <ResourceList
        title={t('tenants.title')}
        hint={t('tenants.hint')}
        actions={
          <>
            <Button onClick={signOut}>{t('signOut')}</Button>
            {create}
          </>
        }
        list={list}
        rowKey={({ tenant_id }) => tenant_id}
        empty={<Empty title={t('tenants.empty')}>{create}</Empty>}
        columns={[
          {
            id: 'tenant',
            header: t('tenants.tenant'),
            cell: ({ tenant_id }) => <span className="font-medium break-all">{tenant_id}</span>,
          },
          {
            id: 'status',
            header: t('status'),
            cell: ({ status }) => (
              <Badge tone={status === 'ACTIVE' ? 'good' : 'warn'} dot>
                {word('state', status)}
              </Badge>
            ),
          },
          {
            id: 'limit',
            header: t('tenants.limit'),
            secondary: true,
            align: 'right',
            cell: ({ requests_per_minute: limit }) => limit ?? t('tenants.limitDefault'),
          },
          {
            id: 'created',
            header: t('created'),
            secondary: true,
            cell: ({ created_at }) => <RelativeTime at={created_at} />,
          },
          {
            id: 'act',
            header: '',
            align: 'right',
            cell: (tenant) => (
              <div className="flex items-center justify-end gap-1">
                {may('tenants:act-as') && (
                  <Button
                    size="small"
                    aria-label={t('tenants.actFor', { tenant: tenant.tenant_id })}
                    onClick={() => onChosen(tenant.tenant_id)}
                  >
                    {t('tenants.act')}
                  </Button>
                )}
                {mayWrite && (
                  <Menu
                    trigger={
                      <Button look="quiet" size="icon" aria-label={t('keys.actions', { name: tenant.tenant_id })}>
                        <Ellipsis aria-hidden />
                      </Button>
                    }
                  >
                    <MenuItem
                      icon={Gauge}
                      onClick={() => {
                        setOpen({ dialog: 'limit', tenant });
                      }}
                    >
                      {t('tenants.limit.menu')}
                    </MenuItem>
                    {tenant.status === 'ACTIVE' ? (
                      <MenuItem
                        icon={CirclePause}
                        danger
                        onClick={() => {
                          setOpen({ dialog: 'suspend', tenant });
                        }}
                      >
                        {t('tenants.suspend')}
                      </MenuItem>
                    ) : (
                      <MenuItem
                        icon={CirclePlay}
                        onClick={() => {
                          setOpen({ dialog: 'reinstate', tenant });
                        }}
                      >
                        {t('tenants.reinstate')}
                      </MenuItem>
                    )}
                  </Menu>
                )}
              </div>
            ),
          },
        ]}
      />
      {open?.dialog === 'create' && <CreateTenant onClose={close} />}
      {open && open.dialog !== 'create' && <ChangeTenant action={open.dialog} tenant={open.tenant} onClose={close} />}
    </main>
  );
}

interface Form {
  tenant_id: string;
  limit: string;
}

function LimitField({ aria, ...rest }: { aria: object } & React.ComponentProps<'input'>) {
  return <Input {...aria} type="number" min={1} max={1_000_000} {...rest} />;
}

function CreateTenant({ onClose }: { onClose: () => void }) {
  const t = useText();
  const write = useWrite({
    write: ({ tenant_id, limit }: Form) =>
      bodyOf(
        api.POST('/v1/tenants', {
          body: { tenant_id, ...(limit !== '' && { requests_per_minute: Number(limit) }) },
        }),
      ),
    done: t('tenants.created'),
    changes: ['tenants'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t('tenants.new')}
      submitLabel={t('tenants.create')}
      values={{ tenant_id: '', limit: '' }}
      write={write}
      onClose={onClose}
    >
      {({ register }, fault) => (
        <>
          <Field label={t('tenants.id')} hint={t('tenants.idHint')} required fault={fault('tenant_id')}>
            {(aria) => <Input {...aria} required maxLength={64} {...register('tenant_id')} />}
          </Field>
          <Field label={t('tenants.limit')} hint={t('tenants.limitHint')} fault={fault('requests_per_minute')}>
            {(aria) => <LimitField aria={aria} {...register('limit')} />}
          </Field>
        </>
      )}
    </WriteDialog>
  );
}

function ChangeTenant({
  action,
  tenant,
  onClose,
}: {
  action: 'suspend' | 'reinstate' | 'limit';
  tenant: Tenant;
  onClose: () => void;
}) {
  const t = useText();
  const { tenant_id } = tenant;
  const write = useGuardedWrite({
    resource: tenant,
    read: () => bodyOf(api.GET('/v1/tenants/{tenant_id}', { params: { path: { tenant_id } } })),
    write: ({ limit, reason }: { limit: string; reason: Reason }, base) =>
      bodyOf(
        api.PATCH('/v1/tenants/{tenant_id}', {
          params: { path: { tenant_id }, header: ifUnchanged(base) },
          body:
            action === 'limit'
              ? { requests_per_minute: limit === '' ? null : Number(limit) }
              : { status: action === 'suspend' ? 'SUSPENDED' : 'ACTIVE', reason },
        }),
      ),
    done: t('tenants.changed'),
    changes: ['tenants'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t(`tenants.${action}.title`, { tenant: tenant_id })}
      hint={t(`tenants.${action}.hint`)}
      submitLabel={action === 'limit' ? t('save') : t(`tenants.${action}`)}
      danger={action === 'suspend'}
      values={{
        limit: tenant.requests_per_minute?.toString() ?? '',
        reason: { code: action === 'suspend' ? 'PAYMENT_OVERDUE' : 'PAYMENT_RECEIVED' },
      }}
      write={write}
      onClose={onClose}
    >
      {({ register, control }, fault) =>
        action === 'limit' ? (
          <Field label={t('tenants.limit')} fault={fault('requests_per_minute')}>
            {(aria) => <LimitField aria={aria} {...register('limit')} />}
          </Field>
        ) : (
          <ReasonControl control={control} name="reason" />
        )
      }
    </WriteDialog>
  );
}
