import { MailPlus } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { findInList, given, useList } from '../../api/lists';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Badge, type Tone } from '../../parts/badge';
import { Button } from '../../parts/button';
import { CodeBlock } from '../../parts/copy';
import { DataTable } from '../../parts/data-table';
import { Dialog, DialogDone } from '../../parts/dialog';
import { CheckField, Field, Input } from '../../parts/fields';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import type { Reason } from '../../parts/reason-fields';
import { ReasonDialog, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import type { Partner } from './partner-page';

type Invitation = Schemas['PartnerInvitation'];
type Issued = Schemas['IssuedPartnerInvitation'];
type Open =
  | { readonly dialog: 'create' }
  | { readonly dialog: 'resend' | 'withdraw'; readonly invitation: Invitation }
  | { readonly dialog: 'shown'; readonly issued: Issued };

const TONES: Readonly<Record<string, Tone>> = { OPEN: 'info', REDEEMED: 'good', EXPIRED: 'warn', WITHDRAWN: 'quiet' };

function readPage(partner_id: string, cursor: string | undefined) {
  return bodyOf(
    api.GET('/v1/partner-invitations', { params: { query: { partner_id, limit: 50, ...given({ cursor }) } } }),
  );
}

/** Invitations by which a partner makes its API key. */
export function InvitationsTab({ partner }: { partner: Partner }) {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const mayWrite = may('partners:write');
  const [open, setOpen] = useState<Open | undefined>();
  const list = useList(['partner-invitations', partner.partner_id], (cursor) => readPage(partner.partner_id, cursor));
  const close = () => {
    setOpen(undefined);
  };
  const show = (issued: Issued) => {
    setOpen(issued.code === null ? undefined : { dialog: 'shown', issued });
  };
  const invite = mayWrite && partner.status === 'APPROVED' && (
    <Button
      look="primary"
      onClick={() => {
        setOpen({ dialog: 'create' });
      }}
    >
      <MailPlus aria-hidden />
      {t('invitation.create')}
    </Button>
  );
  return (
    <>
      <div className="mb-3 flex justify-end">{list.rows.length > 0 && invite}</div>
      <DataTable
        label={t('partner.tab.invitations')}
        list={list}
        rowKey={({ invitation_id }) => invitation_id}
        empty={
          <Empty
            title={t('invitation.empty')}
            hint={partner.status === 'APPROVED' ? t('invitation.emptyHint') : t('invitation.notApproved')}
          >
            {invite}
          </Empty>
        }
        columns={[
          {
            id: 'to',
            header: t('email.to'),
            cell: ({ email, invitation_id }) => (
              <div className="min-w-0">
                <div className="font-medium">{email ?? '—'}</div>
                <div className="truncate font-mono text-xs text-soft">{invitation_id}</div>
              </div>
            ),
          },
          {
            id: 'status',
            header: t('status'),
            cell: ({ status }) => (
              <Badge tone={TONES[status] ?? 'quiet'} dot>
                {word('invitationStatus', status)}
              </Badge>
            ),
          },
          {
            id: 'expires',
            header: t('invitation.expires'),
            secondary: true,
            cell: ({ expires_at }) => <RelativeTime at={expires_at} />,
          },
          {
            id: 'created',
            header: t('created'),
            secondary: true,
            cell: ({ created_at }) => <RelativeTime at={created_at} />,
          },
          ...(mayWrite
            ? [
                {
                  id: 'actions',
                  header: '',
                  align: 'right' as const,
                  cell: (invitation: Invitation) => (
                    <div className="flex justify-end gap-2">
                      {['OPEN', 'EXPIRED'].includes(invitation.status) && partner.status === 'APPROVED' && (
                        <Button
                          size="small"
                          onClick={() => {
                            setOpen({ dialog: 'resend', invitation });
                          }}
                        >
                          {t('invitation.resend')}
                        </Button>
                      )}
                      {invitation.status === 'OPEN' && (
                        <Button
                          size="small"
                          onClick={() => {
                            setOpen({ dialog: 'withdraw', invitation });
                          }}
                        >
                          {t('invitation.withdraw')}
                        </Button>
                      )}
                    </div>
                  ),
                },
              ]
            : []),
        ]}
      />
      {open?.dialog === 'create' && <Invite partner={partner} onClose={close} onDone={show} />}
      {open?.dialog === 'resend' && <Resend invitation={open.invitation} onClose={close} onDone={show} />}
      {open?.dialog === 'withdraw' && <Withdraw invitation={open.invitation} onClose={close} />}
      {open?.dialog === 'shown' && <ShownOnce issued={open.issued} onClose={close} />}
    </>
  );
}

interface Form {
  email: string;
  send_email: boolean;
}

function Invite({
  partner,
  onClose,
  onDone,
}: {
  partner: Partner;
  onClose: () => void;
  onDone: (issued: Issued) => void;
}) {
  const t = useText();
  const mayEmail = useMay()('emails:send');
  const write = useWrite({
    write: ({ email, send_email }: Form) =>
      bodyOf(
        api.POST('/v1/partner-invitations', {
          body: { partner_id: partner.partner_id, ...given({ email }), ...(send_email && { send_email }) },
        }),
      ),
    done: t('invitation.created'),
    changes: ['partner-invitations', 'emails'],
    onDone,
  });
  return (
    <WriteDialog
      title={t('invitation.create')}
      hint={t('invitation.createHint')}
      submitLabel={t('invitation.create')}
      values={{ email: '', send_email: mayEmail }}
      write={write}
      onClose={onClose}
    >
      {({ register }, fault) => (
        <>
          <Field
            label={t('email.to')}
            hint={partner.email === null ? undefined : t('invitation.emailHint', { email: partner.email })}
            fault={fault('email')}
          >
            {(aria) => <Input {...aria} type="email" maxLength={254} {...register('email')} />}
          </Field>
          {mayEmail && (
            <CheckField
              label={t('invitation.sendEmail')}
              hint={t('invitation.sendEmailHint')}
              {...register('send_email')}
            />
          )}
        </>
      )}
    </WriteDialog>
  );
}

/** A write that changes an invitation only while it is as it is shown. */
function useInvitationWrite<Input, Output>(
  invitation: Invitation,
  write: (input: Input, params: { path: { invitation_id: string }; header: { 'If-Match': string } }) => Promise<Output>,
  { done, onDone }: { done: string; onDone: (output: Output) => void },
) {
  const { invitation_id, partner_id } = invitation;
  return useGuardedWrite({
    resource: invitation,
    read: () =>
      findInList(
        (cursor) => readPage(partner_id, cursor),
        (each) => each.invitation_id === invitation_id,
      ),
    write: (input: Input, base) => write(input, { path: { invitation_id }, header: ifUnchanged(base) }),
    done,
    changes: ['partner-invitations', 'emails'],
    onDone,
  });
}

function Resend({
  invitation,
  onClose,
  onDone,
}: {
  invitation: Invitation;
  onClose: () => void;
  onDone: (issued: Issued) => void;
}) {
  const t = useText();
  const mayEmail = useMay()('emails:send');
  const write = useInvitationWrite(
    invitation,
    ({ send_email }: { send_email: boolean }, params) =>
      bodyOf(
        api.POST('/v1/partner-invitations/{invitation_id}/resend', { params, body: send_email ? { send_email } : {} }),
      ),
    { done: t('invitation.resent'), onDone },
  );
  return (
    <WriteDialog
      title={t('invitation.resend')}
      hint={t('invitation.resendHint')}
      submitLabel={t('invitation.resend')}
      values={{ send_email: mayEmail }}
      write={write}
      onClose={onClose}
    >
      {({ register }) =>
        mayEmail && (
          <CheckField
            label={t('invitation.sendEmail')}
            hint={t('invitation.sendEmailHint')}
            {...register('send_email')}
          />
        )
      }
    </WriteDialog>
  );
}

function Withdraw({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const t = useText();
  const write = useInvitationWrite(
    invitation,
    (body: { reason: Reason }, params) =>
      bodyOf(api.POST('/v1/partner-invitations/{invitation_id}/withdraw', { params, body })),
    { done: t('invitation.withdrawn'), onDone: onClose },
  );
  return (
    <ReasonDialog
      title={t('invitation.withdraw')}
      hint={t('invitation.withdrawHint')}
      submitLabel={t('invitation.withdraw')}
      danger
      write={write}
      onClose={onClose}
    />
  );
}

function ShownOnce({ issued, onClose }: { issued: Issued; onClose: () => void }) {
  const t = useText();
  return (
    <Dialog open onClose={onClose} title={t('invitation.shownOnce')} hint={t('invitation.shownOnceHint')}>
      <div className="space-y-3">
        {issued.link !== null && <CodeBlock text={issued.link} label={t('invitation.link')} />}
        {issued.code !== null && <CodeBlock text={issued.code} label={t('invitation.code')} />}
      </div>
      <DialogDone onClose={onClose} />
    </Dialog>
  );
}
