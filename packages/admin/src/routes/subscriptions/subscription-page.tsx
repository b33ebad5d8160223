import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { CalendarX, Link2, Pencil, ReceiptText, Undo2, Unlink } from 'lucide-react';
import { useState } from 'react';
import { Controller } from 'react-hook-form';
import { api, bodyOf, type Schemas } from '../../api/client';
import { given, useList } from '../../api/lists';
import { subscriptionQuery } from '../../api/queries';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { ActionMenu } from '../../parts/action-menu';
import { Card, Fact, Facts } from '../../parts/card';
import { ChoiceControl } from '../../parts/choice-control';
import { DataTable } from '../../parts/data-table';
import { endOfDay } from '../../parts/days';
import { CheckField, Field, Input } from '../../parts/fields';
import { Gate, gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ProblemLine } from '../../parts/problem-line';
import { ResourceDetail } from '../../parts/resource-detail';
import { ResourceForm } from '../../parts/resource-form';
import { Section } from '../../parts/section';
import { Empty } from '../../parts/states';
import { TEXT_LINK } from '../../parts/text-link';
import { Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { useNoExpiry } from '../licenses/license-status';
import { CustomerPicker } from '../customers/customer-picker';
import { EventFeed } from '../events/event-feed';
import { LicenseLink } from '../orders/lines-table';
import { SubscriptionDialog, type SubscriptionAction } from './subscription-dialogs';
import { SubscriptionState } from './subscription-state';

export type Subscription = Schemas['Subscription'];

const route = getRouteApi('/subscriptions/$subscriptionId');
const newRoute = getRouteApi('/subscriptions/new');

interface Form {
  subscription_id: string;
  customer_id: string;
  template_id: string;
  trial: boolean;
  quantity: string;
  period_end: string;
}

function Up() {
  const t = useText();
  return (
    <Link to="/subscriptions" className="hover:underline">
      {t('subscriptions.title')}
    </Link>
  );
}

export function NewSubscriptionPage() {
  const t = useText();
  const navigate = useNavigate();
  const { customer_id } = newRoute.useSearch();
  const create = useWrite({
    write: ({ subscription_id, trial, quantity, period_end, ...form }: Form) =>
      bodyOf(
        api.POST('/v1/subscriptions', {
          body: {
            ...form,
            ...given({ subscription_id }),
            status: trial ? 'TRIALING' : 'ACTIVE',
            quantity: quantity === '' ? null : Number(quantity),
            period_end: period_end === '' ? null : endOfDay(period_end),
          },
        }),
      ),
    done: t('subscription.created'),
    changes: ['subscriptions'],
    onDone: ({ subscription_id }) =>
      void navigate({
        to: '/subscriptions/$subscriptionId',
        params: { subscriptionId: subscription_id },
        ignoreBlocker: true,
      }),
  });
  return (
    <Gate permission="subscriptions:write">
      <PageHeader above={<Up />} title={t('subscriptions.new')} name={t('subscriptions.new')} />
      <ResourceForm
        title={t('subscription.details')}
        values={{
          subscription_id: '',
          customer_id: customer_id ?? '',
          template_id: '',
          trial: false,
          quantity: '',
          period_end: '',
        }}
        isNew
        busy={create.isPending}
        error={create.error}
        submitLabel={t('subscription.create')}
        onSubmit={create.mutate}
      >
        {({ control, register }, fault) => (
          <>
            <div className="sm:col-span-2">
              <Controller
                control={control}
                name="customer_id"
                render={({ field: { value, onChange } }) => (
                  <CustomerPicker
                    value={value}
                    onChange={(customerId) => onChange(customerId ?? '')}
                    fault={fault('customer_id')}
                  />
                )}
              />
            </div>
            <Field label={t('template')} hint={t('subscription.templateHint')} required fault={fault('template_id')}>
              {(aria) => <ChoiceControl {...aria} of="templates" required control={control} name="template_id" />}
            </Field>
            <Field label={t('subscription.id')} hint={t('subscription.idHint')} fault={fault('subscription_id')}>
              {(aria) => <Input {...aria} maxLength={64} {...register('subscription_id')} />}
            </Field>
            <Field label={t('license.seats')} hint={t('subscription.seatsHint')} fault={fault('quantity')}>
              {(aria) => <Input {...aria} type="number" min={1} max={1_000_000} {...register('quantity')} />}
            </Field>
            <Field
              label={t('subscription.periodEnd')}
              hint={t('subscription.periodEndHint')}
              fault={fault('period_end')}
            >
              {(aria) => <Input {...aria} type="date" {...register('period_end')} />}
            </Field>
            <CheckField label={t('subscription.trial')} {...register('trial')} />
          </>
        )}
      </ResourceForm>
    </Gate>
  );
}

export const SubscriptionPage = gated('subscriptions:read', function SubscriptionPage() {
  const { subscriptionId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(subscriptionQuery(subscriptionId))} id={subscriptionId}>
      {(subscription) => <Details subscription={subscription} />}
    </ResourceDetail>
  );
});

function Details({ subscription }: { subscription: Subscription }) {
  const t = useText();
  const may = useMay();
  const { subscription_id: id, license, license_problem: problem } = subscription;
  const times = [
    ['subscription.periodStart', subscription.period_start],
    ['subscription.periodEnd', subscription.period_end],
    ['subscription.endsAt', subscription.ends_at],
    ['created', subscription.created_at],
  ] as const;
  return (
    <>
      <PageHeader
        above={<Up />}
        name={id}
        title={
          <span className="flex flex-wrap items-center gap-3">
            {id}
            <SubscriptionState subscription={subscription} />
          </span>
        }
        actions={(may('subscriptions:write') || may('subscriptions:ingest')) && <Actions subscription={subscription} />}
      />
      <div className="space-y-5">
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <Card title={t('subscription.details')}>
            <Facts>
              <Fact name={t('customer')}>
                <Link
                  to="/customers/$customerId"
                  params={{ customerId: subscription.customer_id }}
                  className={TEXT_LINK}
                >
                  {subscription.customer_id}
                </Link>
              </Fact>
              <Fact name={t('template')}>
                <Link
                  to="/templates/$templateId"
                  params={{ templateId: subscription.template_id }}
                  className={TEXT_LINK}
                >
                  {subscription.template_id}
                </Link>
              </Fact>
              <Fact name={t('license.seats')}>{subscription.quantity ?? t('subscription.seatsOfTemplate')}</Fact>
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
          <Card title={t('customer.license')}>
            {license ? (
              <LinkedLicense license={license} />
            ) : (
              <p className="text-sm text-soft">{t('subscription.noLicense')}</p>
            )}
            {problem && (
              <p role="status" className="mt-4 rounded-lg bg-bad-soft px-4 py-3 text-sm text-bad">
                <ProblemLine code={problem.code} detail={problem.detail} />
                <span className="block text-xs">{problem.code}</span>
              </p>
            )}
          </Card>
        </div>
        <BillingEvents subscriptionId={id} />
        {may('events:read') && (
          <Section title={t('history')}>
            <EventFeed filter={{ resource_id: id }} />
          </Section>
        )}
      </div>
    </>
  );
}

function LinkedLicense({ license }: { license: NonNullable<Subscription['license']> }) {
  const t = useText();
  const word = useWord();
  const noExpiry = useNoExpiry();
  const { license_id, status, expiry_date, current_activations: used, max_activations: max, overage } = license;
  return (
    <Facts>
      <Fact name={t('lines.licenseId')}>
        <LicenseLink licenseId={license_id} />
      </Fact>
      <Fact name={t('status')}>
        <Badge tone={status === 'ACTIVE' ? 'good' : 'warn'} dot>
          {word('state', status)}
        </Badge>
      </Fact>
      <Fact name={t('license.expires')}>{expiry_date === null ? noExpiry({ status }) : <Time at={expiry_date} />}</Fact>
      <Fact name={t('license.seats')}>
        {max === null ? t('seats.unlimited', { used }) : t('seats.of', { used, max })}
        {overage > 0 && <Badge tone="warn">{t('subscription.overage', { count: overage })}</Badge>}
      </Fact>
    </Facts>
  );
}

function BillingEvents({ subscriptionId }: { subscriptionId: string }) {
  const t = useText();
  const word = useWord();
  const list = useList(['subscriptions', 'billing-events', subscriptionId], (cursor) =>
    bodyOf(
      api.GET('/v1/subscriptions/{subscription_id}/events', {
        params: { path: { subscription_id: subscriptionId }, query: { limit: 20, ...given({ cursor }) } },
      }),
    ),
  );
  return (
    <Section title={t('subscription.billing')}>
      <DataTable
        label={t('subscription.billing')}
        list={list}
        rowKey={({ event_id }) => event_id}
        empty={<Empty title={t('subscription.noBilling')} hint={t('subscription.noBillingHint')} />}
        columns={[
          {
            id: 'kind',
            header: t('subscription.event'),
            cell: ({ kind, event_id }) => (
              <div className="min-w-0">
                <div className="font-medium">{word('billingEvent', kind)}</div>
                <div className="truncate font-mono text-xs text-soft">{event_id}</div>
              </div>
            ),
          },
          {
            id: 'facts',
            header: t('subscription.facts'),
            secondary: true,
            cell: ({ facts }) => (
              <span className="font-mono text-xs break-all">
                {Object.entries(facts)
                  .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
                  .join(', ') || '—'}
              </span>
            ),
          },
          { id: 'at', header: t('subscription.occurred'), cell: ({ occurred_at }) => <Time at={occurred_at} /> },
        ]}
      />
    </Section>
  );
}

function Actions({ subscription }: { subscription: Subscription }) {
  const t = useText();
  const may = useMay();
  const [open, setOpen] = useState<SubscriptionAction | undefined>();
  const { status, cancel_at_period_end: ends, license } = subscription;
  const isOver = status === 'ENDED' || status === 'CANCELED';
  const mayWrite = may('subscriptions:write');
  const all = [
    { name: 'edit', icon: Pencil, open: mayWrite && !isOver },
    { name: 'record', icon: ReceiptText, open: may('subscriptions:ingest') },
    { name: 'link', icon: Link2, open: mayWrite && !license && may('licenses:read') },
    { name: 'unlink', icon: Unlink, open: mayWrite && license !== null },
    { name: 'keep', icon: Undo2, open: mayWrite && !isOver && ends },
    {
      name: 'cancel',
      icon: CalendarX,
      open: mayWrite && !isOver && (!ends || may('subscriptions:ingest')),
      danger: true,
    },
  ] as const;
  const actions = all
    .filter((action) => action.open)
    .map((action) => ({ ...action, label: t(`subscription.${action.name}`) }));
  return (
    <>
      <ActionMenu actions={actions} onChoose={setOpen} />
      {open && (
        <SubscriptionDialog
          action={open}
          subscription={subscription}
          onClose={() => {
            setOpen(undefined);
          }}
        />
      )}
    </>
  );
}
