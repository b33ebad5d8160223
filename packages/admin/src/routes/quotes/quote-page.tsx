import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { CircleCheck, CircleX, Pencil, Send } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { quoteQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Button, LinkButton } from '../../parts/button';
import { Card, Fact, Facts } from '../../parts/card';
import { Code } from '../../parts/copy';
import { endOfDay } from '../../parts/days';
import { Field, Input } from '../../parts/fields';
import { Gate, gated } from '../../parts/gate';
import { MetadataCard, MetadataField } from '../../parts/metadata-field';
import { PageHeader } from '../../parts/page';
import type { Reason } from '../../parts/reason-fields';
import { EditedResource, ResourceDetail } from '../../parts/resource-detail';
import { ResourceForm } from '../../parts/resource-form';
import { Section } from '../../parts/section';
import { TEXT_LINK } from '../../parts/text-link';
import { Time } from '../../parts/time';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useSaving } from '../../parts/use-saving';
import { useText } from '../../text/texts';
import { EventFeed } from '../events/event-feed';
import { LinesTable } from '../orders/lines-table';
import { OrderState } from '../orders/order-state';
import { SaleFields } from '../orders/sale-form';
import { changedSale, emptySale, saleFormOf, toSale, type SaleForm } from '../orders/sale-values';

type Quote = Schemas['Quote'];
type QuoteAction = 'send' | 'accept' | 'decline';

const route = getRouteApi('/quotes/$quoteId');
const newRoute = getRouteApi('/quotes/new');
const editRoute = getRouteApi('/quotes/$quoteId/edit');

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
          body: { ...toSale(form), valid_until: endOfDay(form.valid_until) },
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

/** A quote that was sent keeps what it offers; only its end can change. */
function isEditable({ status }: Quote): boolean {
  return status === 'DRAFT' || status === 'SENT';
}

export const EditQuotePage = gated('orders:write', function EditQuotePage() {
  const t = useText();
  const { quoteId } = editRoute.useParams();
  const back = (
    <LinkButton to="/quotes/$quoteId" params={{ quoteId }}>
      {t('back')}
    </LinkButton>
  );
  return (
    <EditedResource
      query={useQuery(quoteQuery(quoteId))}
      id={quoteId}
      isEditable={isEditable}
      fixed={{ title: t('quote.fixed'), hint: t('quote.fixedHint'), back }}
    >
      {(quote) => <Edit quote={quote} />}
    </EditedResource>
  );
});

function Edit({ quote }: { quote: Quote }) {
  const t = useText();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { quote_id } = quote;
  const before = saleFormOf(quote);
  const save = useGuardedWrite({
    resource: quote,
    read: () => bodyOf(api.GET('/v1/quotes/{quote_id}', { params: { path: { quote_id } } })),
    write: (form: SaleForm, base) =>
      bodyOf(
        api.PATCH('/v1/quotes/{quote_id}', {
          params: { path: { quote_id }, header: ifUnchanged(base) },
          body: {
            ...changedSale(before, form),
            ...(form.valid_until !== before.valid_until && { valid_until: endOfDay(form.valid_until) }),
          },
        }),
      ),
    done: t('quote.saved'),
    changes: ['quotes'],
    onDone: (saved) => {
      client.setQueryData(quoteQuery(quote_id).queryKey, saved);
      void navigate({ to: '/quotes/$quoteId', params: { quoteId: quote_id }, ignoreBlocker: true });
    },
  });
  const saving = useSaving(save);
  const name = t('quote.editTitle', { id: quote_id.slice(-12) });
  return (
    <>
      <PageHeader
        above={
          <Link to="/quotes/$quoteId" params={{ quoteId: quote_id }} className="hover:underline">
            {t('order.quote')}
          </Link>
        }
        title={name}
        name={name}
        {...(quote.status === 'SENT' && { hint: t('quote.sentHint') })}
      />
      <ResourceForm title={t('quote.details')} values={before} {...saving}>
        {(form, fault) => {
          const validUntil = (
            <Field label={t('quote.validUntil')} required fault={fault('valid_until')}>
              {(aria) => <Input {...aria} type="date" required {...form.register('valid_until')} />}
            </Field>
          );
          return quote.status === 'SENT' ? (
            <>
              {validUntil}
              <MetadataField register={form.register} fault={fault} />
            </>
          ) : (
            <SaleFields form={form} fault={fault}>
              {validUntil}
            </SaleFields>
          );
        }}
      </ResourceForm>
    </>
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
        actions={
          may('orders:write') && (
            <>
              {isEditable(quote) && (
                <LinkButton to="/quotes/$quoteId/edit" params={{ quoteId: quote.quote_id }}>
                  <Pencil aria-hidden />
                  {t('edit')}
                </LinkButton>
              )}
              <Actions quote={quote} />
            </>
          )
        }
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
        <MetadataCard metadata={quote.metadata} />
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
