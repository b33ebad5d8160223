import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { CircleCheck, CircleX, Send } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { quoteQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Button } from '../../parts/button';
import { Card, Fact, Facts } from '../../parts/card';
import { Code } from '../../parts/copy';
import { Field, Input } from '../../parts/fields';
import { Gate, gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import type { Reason } from '../../parts/reason-fields';
import { ResourceDetail } from '../../parts/resource-detail';
import { ResourceForm } from '../../parts/resource-form';
import { Section } from '../../parts/section';
import { TEXT_LINK } from '../../parts/text-link';
import { Time } from '../../parts/time';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { EventFeed } from '../events/event-feed';
import { LinesTable } from '../orders/lines-table';
import { OrderState } from '../orders/order-state';
import { emptySale, SaleFields, toSale, type SaleForm } from '../orders/sale-form';

type Quote = Schemas['Quote'];
type QuoteAction = 'send' | 'accept' | 'decline';

const route = getRouteApi('/quotes/$quoteId');
const newRoute = getRouteApi('/quotes/new');

function Up() {
  const t = useText();
  return (
    <Link to="/quotes" className="hover:underline">
      {t('quotes.title')}
    </Link>
  );
}

export function NewQuotePage() {
  const t = useText();
  const navigate = useNavigate();
  const { customer_id } = newRoute.useSearch();
  const create = useWrite({
    write: (form: SaleForm) =>
      bodyOf(
        api.POST('/v1/quotes', {
          // The quote is good until the end of the day, in the zone of the person.
          body: { ...toSale(form), valid_until: new Date(`${form.valid_until}T23:59:59`).toISOString() },
        }),
      ),
    done: t('quote.created'),
    changes: ['quotes'],
    onDone: ({ quote_id }) =>
      void navigate({ to: '/quotes/$quoteId', params: { quoteId: quote_id }, ignoreBlocker: true }),
  });
  return (
    <Gate permission="orders:write">
      <PageHeader above={<Up />} title={t('quotes.new')} name={t('quotes.new')} />
      <ResourceForm
        title={t('quote.details')}
        values={emptySale(customer_id)}
        isNew
        busy={create.isPending}
        error={create.error}
        submitLabel={t('quote.create')}
        onSubmit={create.mutate}
      >
        {(form, fault) => (
          <SaleFields form={form} fault={fault}>
            <Field label={t('quote.validUntil')} required fault={fault('valid_until')}>
              {(aria) => <Input {...aria} type="date" required {...form.register('valid_until')} />}
            </Field>
          </SaleFields>
        )}
      </ResourceForm>
    </Gate>
  );
}

export const QuotePage = gated('orders:read', function QuotePage() {
  const { quoteId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(quoteQuery(quoteId))} id={quoteId}>
      {(quote) => <Details quote={quote} />}
    </ResourceDetail>
  );
});

function Details({ quote }: { quote: Quote }) {
  const t = useText();
  const may = useMay();
  const name = t('quote.name', { id: quote.quote_id.slice(-12) });
  const times = [
    ['created', quote.created_at],
    ['quote.validUntil', quote.valid_until],
    ['quote.sentAt', quote.sent_at],
    ['quote.decidedAt', quote.decided_at],
  ] as const;
  return (
    <>
      <PageHeader
        above={<Up />}
        name={name}
        title={
          <span className="flex flex-wrap items-center gap-3">
            {name}
            <OrderState status={quote.status} />
          </span>
        }
        hint={<Code>{quote.quote_id}</Code>}
        actions={may('orders:write') && <Actions quote={quote} />}
      />
      <div className="space-y-5">
        <Card>
          <Facts>
            <Fact name={t('customer')}>
              <Link to="/customers/$customerId" params={{ customerId: quote.customer_id }} className={TEXT_LINK}>
                {quote.customer_id}
              </Link>
            </Fact>
            {quote.order_id !== null && (
              <Fact name={t('orders.order')}>
                <Link to="/orders/$orderId" params={{ orderId: quote.order_id }} className={TEXT_LINK}>
                  {quote.order_id}
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
          </Facts>
        </Card>
        <LinesTable lines={quote.lines} currency={quote.currency} total={quote.total_amount} />
        {may('events:read') && (
          <Section title={t('history')}>
            <EventFeed filter={{ resource_id: quote.quote_id }} />
          </Section>
        )}
      </div>
    </>
  );
}

interface Decision {
  external_id: string;
  reason: Reason;
}

function Actions({ quote }: { quote: Quote }) {
  const t = useText();
  const [open, setOpen] = useState<QuoteAction | undefined>();
  return (
    <>
      {quote.status === 'DRAFT' && (
        <Button
          look="primary"
          onClick={() => {
            setOpen('send');
          }}
        >
          <Send aria-hidden />
          {t('quote.send')}
        </Button>
      )}
      {quote.status === 'SENT' && (
        <>
          <Button
            onClick={() => {
              setOpen('decline');
            }}
          >
            <CircleX aria-hidden />
            {t('quote.decline')}
          </Button>
          <Button
            look="primary"
            onClick={() => {
              setOpen('accept');
            }}
          >
            <CircleCheck aria-hidden />
            {t('quote.accept')}
          </Button>
        </>
      )}
      {open && (
        <QuoteDialog
          action={open}
          quote={quote}
          onClose={() => {
            setOpen(undefined);
          }}
        />
      )}
    </>
  );
}

function QuoteDialog({ action, quote, onClose }: { action: QuoteAction; quote: Quote; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { quote_id } = quote;
  const write = useGuardedWrite({
    resource: quote,
    read: () => client.query({ ...quoteQuery(quote_id), staleTime: 0 }),
    write: ({ external_id, reason }: Decision, base): Promise<Quote> => {
      const params = { path: { quote_id }, header: ifUnchanged(base) };
      if (action === 'send') return bodyOf(api.POST('/v1/quotes/{quote_id}/send', { params, body: {} }));
      if (action === 'decline') return bodyOf(api.POST('/v1/quotes/{quote_id}/decline', { params, body: { reason } }));
      return bodyOf(api.POST('/v1/quotes/{quote_id}/accept', { params, body: given({ external_id }) }));
    },
    done: t(`quote.${action}.done`),
    changes: ['quotes', 'orders'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t(`quote.${action}`)}
      hint={t(`quote.${action}.hint`)}
      submitLabel={t(`quote.${action}`)}
      danger={action === 'decline'}
      values={{ external_id: '', reason: { code: 'CUSTOMER_REQUEST' } }}
      write={write}
      onClose={onClose}
    >
      {({ register, control }, fault) => (
        <>
          {action === 'accept' && (
            <Field label={t('order.externalId')} hint={t('order.externalIdHint')} fault={fault('external_id')}>
              {(aria) => <Input {...aria} maxLength={64} {...register('external_id')} />}
            </Field>
          )}
          {action === 'decline' && <ReasonControl control={control} name="reason" />}
        </>
      )}
    </WriteDialog>
  );
}
