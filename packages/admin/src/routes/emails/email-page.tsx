import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { CircleX, Send } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { isCode } from '../../api/problem';
import { emailQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Badge, type Tone } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Card, Fact, Facts } from '../../parts/card';
import { Code } from '../../parts/copy';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ResourceDetail } from '../../parts/resource-detail';
import { TEXT_LINK } from '../../parts/text-link';
import { RelativeTime, Time } from '../../parts/time';
import type { Reason } from '../../parts/reason-fields';
import { ReasonDialog, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { LicenseLink } from '../orders/lines-table';
import { EmailContent } from './email-content';
import { EmailState } from './email-state';

type Message = Schemas['EmailMessageWithAttempts'];

const route = getRouteApi('/emails/$emailId');
const REFRESH_MS = 3_000;

export const EmailPage = gated('emails:read', function EmailPage() {
  const { emailId } = route.useParams();
  const message = useQuery({
    ...emailQuery(emailId),
    refetchInterval: ({ state }) =>
      state.data?.status === 'QUEUED' && !isCode(state.error, 'UNAUTHENTICATED') ? REFRESH_MS : false,
  });
  return (
    <ResourceDetail query={message} id={emailId}>
      {(read) => <Details message={read} />}
    </ResourceDetail>
  );
});

function Details({ message }: { message: Message }) {
  const t = useText();
  const word = useWord();
  const name = word('emailTemplate', message.template);
  const { customer_id, partner_id, order_id, license_id, resend_of } = message;
  const times = [
    ['created', message.created_at],
    ['emails.sentAt', message.sent_at],
    ['emails.nextAttempt', message.next_attempt_at],
  ] as const;
  return (
    <>
      <PageHeader
        above={
          <Link to="/emails" className="hover:underline">
            {t('emails.title')}
          </Link>
        }
        name={name}
        title={
          <span className="flex flex-wrap items-center gap-3">
            {name}
            <EmailState status={message.status} />
          </span>
        }
        hint={message.to ?? t('emails.erased')}
        actions={<Actions message={message} />}
      />
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <div className="space-y-5">
          <Card title={t('emails.details')}>
            <Facts>
              {message.reason !== null && (
                <Fact name={t('emails.reason')}>
                  {word('emailReason', message.reason)} <Code>{message.reason}</Code>
                </Fact>
              )}
              {message.language !== null && <Fact name={t('emailTexts.language')}>{message.language}</Fact>}
              {customer_id !== null && (
                <Fact name={t('customer')}>
                  <Link to="/customers/$customerId" params={{ customerId: customer_id }} className={TEXT_LINK}>
                    {customer_id}
                  </Link>
                </Fact>
              )}
              {partner_id !== null && (
                <Fact name={t('partner')}>
                  <Link to="/partners/$partnerId" params={{ partnerId: partner_id }} className={TEXT_LINK}>
                    {partner_id}
                  </Link>
                </Fact>
              )}
              {order_id !== null && <Fact name={t('orders.order')}>{order_id}</Fact>}
              {license_id !== null && (
                <Fact name={t('customer.license')}>
                  <LicenseLink licenseId={license_id} />
                </Fact>
              )}
              {resend_of !== null && (
                <Fact name={t('emails.resendOf')}>
                  <Link to="/emails/$emailId" params={{ emailId: resend_of }} className={TEXT_LINK}>
                    {resend_of}
                  </Link>
                </Fact>
              )}
              {times.map(
                ([text, at]) =>
                  at !== null && (
                    <Fact key={text} name={t(text)}>
                      <Time at={at} />
                    </Fact>
                  ),
              )}
              {message.status === 'QUEUED' && (
                <Fact name={t('emails.givenUp')}>
                  <RelativeTime at={message.expires_at} />
                </Fact>
              )}
            </Facts>
          </Card>
          <Attempts attempts={message.attempts} />
        </div>
        <Preview message={message} />
      </div>
    </>
  );
}

const OUTCOMES: Readonly<Record<string, Tone>> = { SENT: 'good', DEFERRED: 'warn', REFUSED: 'bad', UNREACHABLE: 'bad' };

/** Each attempt with what the relay answered. */
function Attempts({ attempts }: { attempts: Message['attempts'] }) {
  const t = useText();
  const word = useWord();
  return (
    <Card title={t('emails.attempts')}>
      {attempts.length === 0 ? (
        <p className="text-sm text-soft">{t('emails.noAttempts')}</p>
      ) : (
        <ol className="divide-y divide-line">
          {attempts.map(({ number, outcome, response_code, response, started_at }) => (
            <li key={number} className="py-2.5 text-sm first:pt-0 last:pb-0">
              <div className="flex flex-wrap items-center gap-3">
                <span className="text-soft tabular-nums">{number}.</span>
                <Badge tone={toneOf(outcome)}>
                  {outcome === null ? t('emails.running') : word('emailOutcome', outcome)}
                </Badge>
                <span className="grow text-right text-xs text-soft">
                  <Time at={started_at} />
                </span>
              </div>
              {response !== null && (
                <p className="mt-1.5 font-mono text-xs break-all text-soft">
                  {response_code !== null && `${response_code} `}
                  {response}
                </p>
              )}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function toneOf(outcome: string | null): Tone {
  return outcome === null ? 'info' : (OUTCOMES[outcome] ?? 'quiet');
}

function Preview({ message }: { message: Message }) {
  const t = useText();
  const { email_message_id } = message;
  const preview = useQuery({
    queryKey: ['emails', email_message_id, 'preview'],
    queryFn: () =>
      bodyOf(api.GET('/v1/email-messages/{email_message_id}/preview', { params: { path: { email_message_id } } })),
    enabled: message.to !== null,
    retry: false,
  });
  return (
    <Card title={t('emails.preview')} hint={t('emails.previewHint')}>
      {message.to === null ? (
        <p className="text-sm text-soft">{t('emails.erased')}</p>
      ) : (
        <ResourceDetail query={preview} bare>
          {(read) => <EmailContent email={read} />}
        </ResourceDetail>
      )}
    </Card>
  );
}

function Actions({ message }: { message: Message }) {
  const t = useText();
  const may = useMay();
  const [open, setOpen] = useState<'resend' | 'cancel' | undefined>();
  const close = () => {
    setOpen(undefined);
  };
  if (!may('emails:send')) return null;
  const isOver = message.status !== 'QUEUED';
  return (
    <>
      {isOver && message.to !== null && (
        <Button
          onClick={() => {
            setOpen('resend');
          }}
        >
          <Send aria-hidden />
          {t('emails.resend')}
        </Button>
      )}
      {!isOver && (
        <Button
          onClick={() => {
            setOpen('cancel');
          }}
        >
          <CircleX aria-hidden />
          {t('emails.cancel')}
        </Button>
      )}
      {open === 'resend' && <Resend message={message} onClose={close} />}
      {open === 'cancel' && <Cancel message={message} onClose={close} />}
    </>
  );
}

interface Props {
  message: Message;
  onClose: () => void;
}

function Resend({ message, onClose }: Props) {
  const t = useText();
  const navigate = useNavigate();
  const write = useWrite({
    write: (_input: object) =>
      bodyOf(
        api.POST('/v1/email-messages/{email_message_id}/resend', {
          params: { path: { email_message_id: message.email_message_id } },
        }),
      ),
    done: t('email.done'),
    changes: ['emails'],
    onDone: ({ email_message_id }) => {
      onClose();
      void navigate({ to: '/emails/$emailId', params: { emailId: email_message_id } });
    },
  });
  return (
    <WriteDialog
      title={t('emails.resend')}
      hint={t('emails.resendHint')}
      submitLabel={t('emails.resend')}
      values={{}}
      write={write}
      onClose={onClose}
    />
  );
}

function Cancel({ message, onClose }: Props) {
  const t = useText();
  const client = useQueryClient();
  const { email_message_id } = message;
  const write = useGuardedWrite({
    resource: message,
    read: () => client.query({ ...emailQuery(email_message_id), staleTime: 0 }),
    write: (body: { reason: Reason }, base) =>
      bodyOf(
        api.POST('/v1/email-messages/{email_message_id}/cancel', {
          params: { path: { email_message_id }, header: ifUnchanged(base) },
          body,
        }),
      ),
    done: t('emails.cancelled'),
    changes: ['emails'],
    onDone: onClose,
  });
  return (
    <ReasonDialog
      title={t('emails.cancel')}
      hint={t('emails.cancelHint')}
      submitLabel={t('emails.cancel')}
      danger
      write={write}
      onClose={onClose}
    />
  );
}
