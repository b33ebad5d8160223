import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { CircleAlert, CircleCheck, CirclePause, CirclePlay, FileKey2 } from 'lucide-react';
import { useState } from 'react';
import type { UseFormReturn } from 'react-hook-form';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { partnerQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Button, LinkButton } from '../../parts/button';
import { Code } from '../../parts/copy';
import { Field, Input, Select } from '../../parts/fields';
import { Gate, gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Pinned } from '../../parts/pinned';
import type { Reason } from '../../parts/reason-fields';
import { ResourceDetail } from '../../parts/resource-detail';
import { changedMembers, ResourceForm } from '../../parts/resource-form';
import { Tabs, type Tab } from '../../parts/tabs';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useSaving } from '../../parts/use-saving';
import { useText } from '../../text/texts';
import { EventFeed } from '../events/event-feed';
import { InvitationsTab } from './invitations-tab';
import { PartnerState } from './partner-list';
import { PoolsTab } from './pools-tab';

export type Partner = Schemas['Partner'];
type PartnerAction = 'approve' | 'suspend' | 'reinstate';

interface Form {
  name: string;
  email: string;
}

const route = getRouteApi('/partners/$partnerId');

function Up() {
  const t = useText();
  return (
    <Link to="/partners" className="hover:underline">
      {t('partners.title')}
    </Link>
  );
}

function PartnerFields({
  form: { register },
  fault,
}: {
  form: UseFormReturn<Form>;
  fault: (name: string) => string | undefined;
}) {
  const t = useText();
  return (
    <>
      <Field label={t('partner.name')} required fault={fault('name')}>
        {(aria) => <Input {...aria} required maxLength={255} {...register('name')} />}
      </Field>
      <Field label={t('customer.email')} hint={t('partner.emailHint')} fault={fault('email')}>
        {(aria) => <Input {...aria} type="email" maxLength={254} {...register('email')} />}
      </Field>
    </>
  );
}

export function NewPartnerPage() {
  const t = useText();
  const navigate = useNavigate();
  const create = useWrite({
    write: ({ name, email }: Form) =>
      bodyOf(api.POST('/v1/partners', { body: { name, email: email === '' ? null : email } })),
    done: t('partner.created'),
    changes: ['partners'],
    onDone: ({ partner_id }) =>
      void navigate({ to: '/partners/$partnerId', params: { partnerId: partner_id }, ignoreBlocker: true }),
  });
  return (
    <Gate permission="partners:write">
      <PageHeader above={<Up />} title={t('partners.new')} name={t('partners.new')} hint={t('partners.newHint')} />
      <ResourceForm
        title={t('partner.details')}
        values={{ name: '', email: '' }}
        isNew
        busy={create.isPending}
        error={create.error}
        submitLabel={t('partner.create')}
        onSubmit={create.mutate}
      >
        {(form, fault) => <PartnerFields form={form} fault={fault} />}
      </ResourceForm>
    </Gate>
  );
}

export const PartnerPage = gated('partners:read', function PartnerPage() {
  const { partnerId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(partnerQuery(partnerId))} id={partnerId}>
      {(partner) => <Details partner={partner} />}
    </ResourceDetail>
  );
});

function Details({ partner }: { partner: Partner }) {
  const t = useText();
  const may = useMay();
  const navigate = route.useNavigate();
  const { tab = 'pools' } = route.useSearch();
  const tabs: Tab[] = [
    { value: 'pools', label: t('partner.tab.pools'), panel: <PoolsTab partner={partner} /> },
    { value: 'invitations', label: t('partner.tab.invitations'), panel: <InvitationsTab partner={partner} /> },
    {
      value: 'details',
      label: t('partner.details'),
      panel: <Pinned resource={partner}>{(pinned, pin) => <Edit partner={pinned} onSaved={pin} />}</Pinned>,
    },
    ...(may('events:read')
      ? [{ value: 'history', label: t('history'), panel: <EventFeed filter={{ resource_id: partner.partner_id }} /> }]
      : []),
  ];
  return (
    <>
      <PageHeader
        above={<Up />}
        name={partner.name}
        title={
          <span className="flex flex-wrap items-center gap-3">
            {partner.name}
            <PartnerState status={partner.status} />
          </span>
        }
        hint={<Code>{partner.partner_id}</Code>}
        actions={<Actions partner={partner} />}
      />
      {partner.license_effect !== null && (
        <p role="status" className="mb-5 flex items-start gap-3 rounded-lg bg-warn-soft px-4 py-3 text-sm text-warn">
          <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
          {t('partner.effectGoesOn')}
        </p>
      )}
      <Tabs
        value={tabs.some(({ value }) => value === tab) ? tab : 'pools'}
        onChange={(value) => void navigate({ search: { tab: value }, replace: true })}
        tabs={tabs}
      />
    </>
  );
}

function Actions({ partner }: { partner: Partner }) {
  const t = useText();
  const may = useMay();
  const [open, setOpen] = useState<PartnerAction | undefined>();
  const mayDecide = may('partners:approve');
  const button = (action: PartnerAction, Icon: typeof CircleCheck, look: 'primary' | 'plain') => (
    <Button
      look={look}
      onClick={() => {
        setOpen(action);
      }}
    >
      <Icon aria-hidden />
      {t(`partner.${action}`)}
    </Button>
  );
  return (
    <>
      {may('licenses:read') && (
        <LinkButton to="/licenses" search={{ partner_id: partner.partner_id }}>
          <FileKey2 aria-hidden />
          {t('template.licenses')}
        </LinkButton>
      )}
      {mayDecide && partner.status === 'PENDING' && button('approve', CircleCheck, 'primary')}
      {mayDecide && partner.status === 'APPROVED' && button('suspend', CirclePause, 'plain')}
      {mayDecide && partner.status === 'SUSPENDED' && button('reinstate', CirclePlay, 'primary')}
      {open && (
        <PartnerDialog
          action={open}
          partner={partner}
          onClose={() => {
            setOpen(undefined);
          }}
        />
      )}
    </>
  );
}

interface ActionForm {
  license_effect: 'KEEP' | 'SUSPEND' | 'REVOKE';
  reason: Reason;
}

const REASONS: Readonly<Record<PartnerAction, Reason['code']>> = {
  approve: 'CONTRACT_CHANGED',
  suspend: 'PAYMENT_OVERDUE',
  reinstate: 'PAYMENT_RECEIVED',
};

function PartnerDialog({ action, partner, onClose }: { action: PartnerAction; partner: Partner; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { partner_id, name } = partner;
  const write = useGuardedWrite({
    resource: partner,
    read: () => client.query({ ...partnerQuery(partner_id), staleTime: 0 }),
    write: ({ license_effect, reason }: ActionForm, base) => {
      const params = { path: { partner_id }, header: ifUnchanged(base) };
      if (action === 'approve')
        return bodyOf(api.POST('/v1/partners/{partner_id}/approve', { params, body: { reason } }));
      if (action === 'reinstate')
        return bodyOf(api.POST('/v1/partners/{partner_id}/reinstate', { params, body: { reason } }));
      return bodyOf(api.POST('/v1/partners/{partner_id}/suspend', { params, body: { license_effect, reason } }));
    },
    done: t(`partner.${action}.done`, { name }),
    changes: ['partners', 'licenses'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t(`partner.${action}`)}
      hint={t(`partner.${action}.hint`, { name })}
      submitLabel={t(`partner.${action}`)}
      danger={action === 'suspend'}
      values={{ license_effect: 'KEEP', reason: { code: REASONS[action] } }}
      write={write}
      onClose={onClose}
    >
      {({ register, control }, fault) => (
        <>
          {action === 'suspend' && (
            <Field label={t('partner.effect')} hint={t('partner.effectHint')} fault={fault('license_effect')}>
              {(aria) => (
                <Select {...aria} {...register('license_effect')}>
                  <option value="KEEP">{t('withdrawal.KEEP')}</option>
                  <option value="SUSPEND">{t('withdrawal.SUSPEND')}</option>
                  <option value="REVOKE">{t('withdrawal.REVOKE')}</option>
                </Select>
              )}
            </Field>
          )}
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}

function Edit({ partner, onSaved }: { partner: Partner; onSaved: (saved: Partner) => void }) {
  const t = useText();
  const may = useMay();
  const client = useQueryClient();
  const { partner_id } = partner;
  const before: Form = { name: partner.name, email: partner.email ?? '' };
  const save = useGuardedWrite({
    resource: partner,
    read: () => bodyOf(api.GET('/v1/partners/{partner_id}', { params: { path: { partner_id } } })),
    write: (form: Form, base) => {
      const { email, ...rest } = changedMembers(before, form);
      return bodyOf(
        api.PATCH('/v1/partners/{partner_id}', {
          params: { path: { partner_id }, header: ifUnchanged(base) },
          body: { ...rest, ...(email !== undefined && { email: email === '' ? null : email }) },
        }),
      );
    },
    done: t('partner.saved'),
    changes: ['partners'],
    onDone: (saved) => {
      client.setQueryData(partnerQuery(partner_id).queryKey, saved);
      onSaved(saved);
    },
  });
  const saving = useSaving(save);
  return (
    <ResourceForm title={t('partner.details')} values={before} readOnly={!may('partners:write')} {...saving}>
      {(form, fault) => <PartnerFields form={form} fault={fault} />}
    </ResourceForm>
  );
}
