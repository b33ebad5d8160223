import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import {
  Banknote,
  Braces,
  CalendarClock,
  CircleAlert,
  CircleCheck,
  PackageCheck,
  Pencil,
  Undo2,
  X,
} from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { orderQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { ActionMenu } from '../../parts/action-menu';
import { Button, LinkButton } from '../../parts/button';
import { Card, Fact, Facts } from '../../parts/card';
import { Code } from '../../parts/copy';
import { Field, Input } from '../../parts/fields';
import { Gate, gated } from '../../parts/gate';
import { MetadataCard } from '../../parts/metadata-field';
import { useMoney } from '../../parts/money';
import { PageHeader } from '../../parts/page';
import { EditedResource, ResourceDetail } from '../../parts/resource-detail';
import { ResourceForm } from '../../parts/resource-form';
import { Section } from '../../parts/section';
import { TEXT_LINK } from '../../parts/text-link';
import { Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useProblemText } from '../../text/problems';
import { useSaving } from '../../parts/use-saving';
import { useText } from '../../text/texts';
import { EventFeed } from '../events/event-feed';
import { LicenseLink, LinesTable } from './lines-table';
import { dueAmount, OrderDialog, type OrderAction } from './order-dialogs';
import { OrderState, PaymentState } from './order-state';
import { isEnded, passedTimes } from './order-times';
import { SaleFields } from './sale-form';
import { changedSale, emptySale, saleFormOf, toSale, type SaleForm } from './sale-values';

export type Order = Schemas['Order'];

const route = getRouteApi('/orders/$orderId');
const newRoute = getRouteApi('/orders/new');
const editRoute = getRouteApi('/orders/$orderId/edit');

function Up() {
  const t = useText();
  return (
    <Link to="/orders" className="hover:underline">
      {t('orders.title')}
    </Link>
  );
}

export function NewOrderPage() {
  const t = useText();
  const navigate = useNavigate();
  const { customer_id } = newRoute.useSearch();
  const create = useWrite({
    write: (form: SaleForm) =>
      bodyOf(api.POST('/v1/orders', { body: { ...given({ external_id: form.external_id }), ...toSale(form) } })),
    done: t('order.created'),
    changes: ['orders'],
    onDone: ({ order_id }) =>
      void navigate({ to: '/orders/$orderId', params: { orderId: order_id }, ignoreBlocker: true }),
  });
  return (
    <Gate permission="orders:write">
      <PageHeader above={<Up />} title={t('orders.new')} name={t('orders.new')} />
      <ResourceForm
        title={t('order.details')}
        values={emptySale(customer_id)}
        isNew
        busy={create.isPending}
        error={create.error}
        submitLabel={t('order.create')}
        onSubmit={create.mutate}
      >
        {(form, fault) => (
          <SaleFields form={form} fault={fault}>
            <Field label={t('order.externalId')} hint={t('order.externalIdHint')} fault={fault('external_id')}>
              {(aria) => <Input {...aria} maxLength={64} {...form.register('external_id')} />}
            </Field>
          </SaleFields>
        )}
      </ResourceForm>
    </Gate>
  );
}

/** Whether the API allows changes of customer, currency and lines: before an approval, a payment and a license. */
function isEditable({ status, paid_amount, lines }: Order): boolean {
  const hasBegun = lines.some(({ fulfilled_quantity, refunded }) => fulfilled_quantity > 0 || refunded);
  return status === 'PENDING' && paid_amount === 0 && !hasBegun;
}

export const EditOrderPage = gated('orders:write', function EditOrderPage() {
  const t = useText();
  const { orderId } = editRoute.useParams();
  const back = (
    <LinkButton to="/orders/$orderId" params={{ orderId }}>
      {t('back')}
    </LinkButton>
  );
  return (
    <EditedResource
      query={useQuery(orderQuery(orderId))}
      id={orderId}
      isEditable={isEditable}
      fixed={{ title: t('order.fixed'), hint: t('order.fixedHint'), back }}
    >
      {(order) => <Edit order={order} />}
    </EditedResource>
  );
});

function Edit({ order }: { order: Order }) {
  const t = useText();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { order_id } = order;
  const before = saleFormOf(order);
  const save = useGuardedWrite({
    resource: order,
    read: () => bodyOf(api.GET('/v1/orders/{order_id}', { params: { path: { order_id } } })),
    write: (form: SaleForm, base) =>
      bodyOf(
        api.PATCH('/v1/orders/{order_id}', {
          params: { path: { order_id }, header: ifUnchanged(base) },
          body: changedSale(before, form),
        }),
      ),
    done: t('order.saved'),
    changes: ['orders'],
    onDone: (saved) => {
      client.setQueryData(orderQuery(order_id).queryKey, saved);
      void navigate({ to: '/orders/$orderId', params: { orderId: order_id }, ignoreBlocker: true });
    },
  });
  const saving = useSaving(save);
  const name = t('order.editTitle', { name: order.external_id ?? `…${order_id.slice(-12)}` });
  return (
    <>
      <PageHeader
        above={
          <Link to="/orders/$orderId" params={{ orderId: order_id }} className="hover:underline">
            {t('orders.order')}
          </Link>
        }
        title={name}
        name={name}
      />
      <ResourceForm title={t('order.details')} values={before} {...saving}>
        {(form, fault) => <SaleFields form={form} fault={fault} />}
      </ResourceForm>
    </>
  );
}

export const OrderPage = gated('orders:read', function OrderPage() {
  const { orderId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(orderQuery(orderId))} id={orderId}>
      {(order) => <Details order={order} />}
    </ResourceDetail>
  );
});

function Details({ order }: { order: Order }) {
  const t = useText();
  const may = useMay();
  const money = useMoney();
  const [open, setOpen] = useState<OrderAction | undefined>();
  const [shownAt] = useState(() => Date.now());
  const passed = passedTimes(order, shownAt);
  const { currency } = order;
  const name = order.external_id ?? t('order.name', { id: order.order_id.slice(-12) });
  const times = [
    ['created', order.created_at],
    ['order.approvedAt', order.approved_at],
    ['order.fulfilledAt', order.fulfilled_at],
    ['order.cancelledAt', order.cancelled_at],
  ] as const;
  return (
    <>
      <PageHeader
        above={<Up />}
        name={name}
        title={
          <span className="flex flex-wrap items-center gap-3">
            {name}
            <OrderState status={order.status} />
            <PaymentState status={order.payment_status} />
          </span>
        }
        hint={<Code>{order.order_id}</Code>}
        actions={
          <>
            {may('orders:write') && isEditable(order) && (
              <LinkButton to="/orders/$orderId/edit" params={{ orderId: order.order_id }}>
                <Pencil aria-hidden />
                {t('edit')}
              </LinkButton>
            )}
            <Actions order={order} passed={passed.length > 0} onChoose={setOpen} />
          </>
        }
      />
      <div className="space-y-5">
        {order.fulfilment_refusal && <Refused refusal={order.fulfilment_refusal} />}
        {passed.filter(isEnded).map(({ line }) => (
          <Notice key={line}>
            {t('order.timesPassed', { line })}{' '}
            {may('orders:write') && (
              <Button
                size="small"
                className="ml-1"
                onClick={() => {
                  setOpen('correctTimes');
                }}
              >
                {t('order.correctTimes')}
              </Button>
            )}
          </Notice>
        ))}
        <Card>
          <Facts>
            <Fact name={t('customer')}>
              <Link to="/customers/$customerId" params={{ customerId: order.customer_id }} className={TEXT_LINK}>
                {order.customer_id}
              </Link>
            </Fact>
            <Fact name={t('orders.payment')}>
              {t('order.paidOf', {
                paid: money(order.paid_amount - order.refunded_amount, currency),
                total: money(order.total_amount, currency),
              })}
              {order.refunded_amount > 0 && (
                <span className="block text-xs text-soft">
                  {t('order.refundedAmount', { amount: money(order.refunded_amount, currency) })}
                </span>
              )}
            </Fact>
            {order.quote_id !== null && (
              <Fact name={t('order.quote')}>
                <Link to="/quotes/$quoteId" params={{ quoteId: order.quote_id }} className={TEXT_LINK}>
                  {order.quote_id}
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
        <LinesTable
          lines={order.lines}
          currency={currency}
          total={order.total_amount}
          below={(line) => <LineState line={line} />}
        />
        <MetadataCard metadata={order.metadata} />
        {may('events:read') && (
          <Section title={t('history')}>
            <EventFeed filter={{ resource_id: order.order_id }} />
          </Section>
        )}
      </div>
      {open && (
        <OrderDialog
          key={open}
          action={open}
          order={order}
          onChoose={setOpen}
          onClose={() => {
            setOpen(undefined);
          }}
        />
      )}
    </>
  );
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <div role="status" className="flex items-start gap-3 rounded-lg bg-warn-soft px-4 py-3 text-sm text-warn">
      <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div>{children}</div>
    </div>
  );
}

function Refused({ refusal: { line, code } }: { refusal: NonNullable<Order['fulfilment_refusal']> }) {
  const t = useText();
  const { meaning } = useProblemText()({ code });
  return (
    <Notice>
      {line === null ? t('order.refused') : t('order.refusedLine', { line })} {meaning}. <Code>{code}</Code>
    </Notice>
  );
}

/** Shows how far a line is: the licenses that it issued, and what became of them. */
function LineState({ line }: { line: Schemas['OrderLine'] }) {
  const t = useText();
  const { license_ids: ids, fulfilled_quantity: fulfilled, quantity, withdrawal, refunded } = line;
  return (
    <div className="mt-1.5 space-y-1.5">
      <div className="flex flex-wrap gap-1.5">
        {fulfilled > 0 && (
          <Badge tone={fulfilled === quantity ? 'good' : 'warn'}>{t('lines.fulfilled', { fulfilled, quantity })}</Badge>
        )}
        {refunded && <Badge>{t('lines.refunded')}</Badge>}
        {withdrawal !== 'KEEP' && <Badge tone="warn">{t(`withdrawal.${withdrawal}.done`)}</Badge>}
      </div>
      {ids.length > 0 && (
        <details className="text-xs">
          <summary className="text-accent-ink">{t('lines.issued', { count: ids.length })}</summary>
          <ul className="mt-1.5 max-h-56 space-y-1 overflow-y-auto">
            {ids.map((id) => (
              <li key={id}>
                <LicenseLink licenseId={id} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Actions({
  order,
  passed,
  onChoose,
}: {
  order: Order;
  /** Whether times of lines have passed. */
  passed: boolean;
  onChoose: (action: OrderAction) => void;
}) {
  const t = useText();
  const may = useMay();
  const { status, payment_status: payment } = order;
  const isOpen = status === 'PENDING' || status === 'APPROVED';
  const isRefunded = payment === 'REFUNDED';
  const all = [
    { name: 'approve', icon: CircleCheck, open: status === 'PENDING' && !isRefunded && may('orders:approve') },
    {
      name: 'recordPayment',
      icon: Banknote,
      open: status !== 'CANCELLED' && dueAmount(order) > 0 && !isRefunded && may('orders:write'),
    },
    { name: 'fulfil', icon: PackageCheck, open: isOpen && !isRefunded && may('orders:fulfil') },
    { name: 'correctTimes', icon: CalendarClock, open: passed && may('orders:write') },
    { name: 'editMetadata', icon: Braces, open: !isEditable(order) && may('orders:write') },
    { name: 'refund', icon: Undo2, open: ['PAID', 'PARTIAL'].includes(payment) && may('orders:write') },
    { name: 'cancel', icon: X, open: status !== 'CANCELLED' && may('orders:write'), danger: true },
  ] as const;
  const actions = all
    .filter((action) => action.open)
    .map((action) => ({ ...action, label: t(`order.${action.name}`) }));
  return <ActionMenu actions={actions} primary onChoose={onChoose} />;
}
