import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useWatch, type UseFormReturn } from 'react-hook-form';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { ProblemError } from '../../api/problem';
import { subscriptionQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { ChoiceControl } from '../../parts/choice-control';
import { dayOf, endOfDay, startOfDay, toInstant } from '../../parts/days';
import { CheckField, Field, Input, Select } from '../../parts/fields';
import type { Reason } from '../../parts/reason-fields';
import { ReasonControl, ReasonDialog, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import type { Subscription } from './subscription-page';

export type SubscriptionAction = 'edit' | 'record' | 'link' | 'unlink' | 'keep' | 'cancel';

interface Props {
  subscription: Subscription;
  onClose: () => void;
}

const DIALOGS = {
  edit: Edit,
  record: RecordEvent,
  link: LinkLicense,
  unlink: UnlinkLicense,
  keep: Keep,
  cancel: Cancel,
};

export function SubscriptionDialog({ action, ...props }: Props & { action: SubscriptionAction }) {
  const Dialog = DIALOGS[action];
  return <Dialog {...props} />;
}

interface Parameters {
  readonly path: { readonly subscription_id: string };
  readonly header: { readonly 'If-Match': string };
}

/** A write that happens only while the subscription is as it is shown. */
function useSubscriptionWrite<Input>(
  { subscription, onClose }: Props,
  done: string,
  write: (input: Input, params: Parameters) => Promise<Subscription>,
) {
  const client = useQueryClient();
  const { subscription_id } = subscription;
  return useGuardedWrite({
    resource: subscription,
    read: () => client.query({ ...subscriptionQuery(subscription_id), staleTime: 0 }),
    write: (input: Input, base) => write(input, { path: { subscription_id }, header: ifUnchanged(base) }),
    done,
    changes: ['subscriptions', 'licenses'],
    onDone: onClose,
  });
}

interface EditForm {
  template_id: string;
  quantity: string;
  period_end: string;
}

function Edit(props: Props) {
  const t = useText();
  const { template_id, quantity, period_end } = props.subscription;
  const before: EditForm = { template_id, quantity: quantity?.toString() ?? '', period_end: dayOf(period_end) };
  const write = useSubscriptionWrite(props, t('subscription.edit.done'), (form: EditForm, params) =>
    bodyOf(
      api.PATCH('/v1/subscriptions/{subscription_id}', {
        params,
        body: given({
          template_id: form.template_id === before.template_id ? undefined : form.template_id,
          quantity: form.quantity === before.quantity || form.quantity === '' ? undefined : Number(form.quantity),
          period_end:
            form.period_end === before.period_end || form.period_end === '' ? undefined : endOfDay(form.period_end),
        }) as Schemas['UpdateSubscriptionRequest'],
      }),
    ),
  );
  // Seats and the end of a period can be changed, and not taken away.
  return (
    <WriteDialog
      title={t('subscription.edit')}
      hint={t('subscription.edit.hint')}
      submitLabel={t('save')}
      values={before}
      write={write}
      onClose={props.onClose}
    >
      {({ control, register }, fault) => (
        <>
          <Field label={t('template')} fault={fault('template_id')}>
            {(aria) => <ChoiceControl {...aria} of="templates" required control={control} name="template_id" />}
          </Field>
          <Field label={t('license.seats')} fault={fault('quantity')}>
            {(aria) => (
              <Input
                {...aria}
                type="number"
                min={1}
                max={1_000_000}
                required={before.quantity !== ''}
                {...register('quantity')}
              />
            )}
          </Field>
          <Field label={t('subscription.periodEnd')} fault={fault('period_end')}>
            {(aria) => <Input {...aria} type="date" required={before.period_end !== ''} {...register('period_end')} />}
          </Field>
        </>
      )}
    </WriteDialog>
  );
}

function LinkLicense(props: Props) {
  const t = useText();
  const { customer_id } = props.subscription;
  const licenses = useQuery({
    queryKey: ['licenses', 'to-link', customer_id],
    queryFn: () => bodyOf(api.GET('/v1/licenses', { params: { query: { customer_id, limit: 100 } } })),
  });
  const write = useSubscriptionWrite(props, t('subscription.link.done'), (body: { license_id: string }, params) =>
    bodyOf(api.POST('/v1/subscriptions/{subscription_id}/link', { params, body })),
  );
  return (
    <WriteDialog
      title={t('subscription.link')}
      hint={t('subscription.link.hint')}
      submitLabel={t('subscription.link')}
      values={{ license_id: '' }}
      write={write}
      onClose={props.onClose}
    >
      {({ register }, fault) => (
        <Field label={t('customer.license')} required fault={fault('license_id')}>
          {(aria) => (
            <Select {...aria} required {...register('license_id')}>
              <option value="">{t('choose')}</option>
              {licenses.data?.data.map(({ license_id, product_display_name, license_key_last_four: lastFour }) => (
                <option key={license_id} value={license_id}>
                  {`${product_display_name} …${lastFour}`}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </WriteDialog>
  );
}

function UnlinkLicense(props: Props) {
  const t = useText();
  const write = useSubscriptionWrite(props, t('subscription.unlink.done'), (body: { reason: Reason }, params) =>
    bodyOf(api.POST('/v1/subscriptions/{subscription_id}/unlink', { params, body })),
  );
  return (
    <ReasonDialog
      title={t('subscription.unlink')}
      hint={t('subscription.unlink.hint')}
      submitLabel={t('subscription.unlink')}
      danger
      code="CORRECTION"
      write={write}
      onClose={props.onClose}
    />
  );
}

function Keep(props: Props) {
  const t = useText();
  const write = useSubscriptionWrite(props, t('subscription.keep.done'), (_input: object, params) =>
    bodyOf(api.PATCH('/v1/subscriptions/{subscription_id}', { params, body: { cancel_at_period_end: false } })),
  );
  return (
    <WriteDialog
      title={t('subscription.keep')}
      hint={t('subscription.keep.hint')}
      submitLabel={t('subscription.keep')}
      values={{}}
      write={write}
      onClose={props.onClose}
    />
  );
}

const EVENT_KINDS = [
  'activated',
  'renewed',
  'payment_failed',
  'payment_recovered',
  'plan_changed',
  'quantity_changed',
  'paused',
  'resumed',
  'cancel_scheduled',
  'canceled',
  'refunded',
  'charged_back',
] as const satisfies readonly Schemas['BillingEventKind'][];
type EventKind = (typeof EVENT_KINDS)[number];

interface EventForm {
  kind: EventKind;
  event_id: string;
  occurred_at: string;
  trial: boolean;
  template_id: string;
  quantity: string;
  period_start: string;
  period_end: string;
  cancel_at_period_end: boolean;
  ends_at: string;
}
type Fact = Exclude<keyof EventForm, 'kind' | 'event_id' | 'occurred_at'>;

/** Facts that an event of each kind brings along; the first list is required. */
const FACTS: Readonly<Record<EventKind, readonly [required: readonly Fact[], optional: readonly Fact[]]>> = {
  activated: [[], ['trial', 'template_id', 'quantity', 'period_start', 'period_end']],
  renewed: [['period_end'], ['period_start']],
  payment_failed: [[], []],
  payment_recovered: [[], ['period_start', 'period_end']],
  plan_changed: [['template_id'], ['quantity']],
  quantity_changed: [['quantity'], []],
  paused: [[], []],
  resumed: [[], ['period_start', 'period_end']],
  cancel_scheduled: [[], ['cancel_at_period_end']],
  canceled: [[], ['ends_at']],
  refunded: [[], []],
  charged_back: [[], []],
};

const TO_WIRE: Readonly<Record<Fact, (form: EventForm) => unknown>> = {
  trial: ({ trial }) => trial,
  template_id: ({ template_id }) => template_id,
  quantity: ({ quantity }) => (quantity === '' ? '' : Number(quantity)),
  period_start: ({ period_start }) => period_start && startOfDay(period_start),
  period_end: ({ period_end }) => period_end && endOfDay(period_end),
  cancel_at_period_end: ({ cancel_at_period_end }) => cancel_at_period_end,
  ends_at: ({ ends_at }) => ends_at && endOfDay(ends_at),
};

/** Returns a time as a field for date and time has it, in the zone of the person. */
function secondOf(at: Date): string {
  return at.toLocaleString('sv').slice(0, 19).replace(' ', 'T');
}

/** Records what happened in the billing system, where that did not report it itself. */
function RecordEvent({ subscription, onClose }: Props) {
  const t = useText();
  const word = useWord();
  const { subscription_id } = subscription;
  const [opened] = useState(() => new Date());
  const write = useWrite({
    write: (form: EventForm) => {
      const { kind, event_id, occurred_at } = form;
      const facts = given(Object.fromEntries(FACTS[kind].flat().map((fact) => [fact, TO_WIRE[fact](form)])));
      // A correction in this second, made before the dialog opened, is older than the event.
      const at = occurred_at === secondOf(opened) ? opened.toISOString() : toInstant(occurred_at);
      return bodyOf(
        api.POST('/v1/subscriptions/{subscription_id}/events', {
          params: { path: { subscription_id } },
          body: { kind, event_id, occurred_at: at, ...facts },
        }),
      );
    },
    done: t('subscription.record.done'),
    changes: ['subscriptions', 'licenses'],
    onDone: onClose,
  });
  const values: EventForm = {
    kind: 'renewed',
    event_id: crypto.randomUUID(),
    occurred_at: secondOf(opened),
    trial: false,
    template_id: '',
    quantity: '',
    period_start: '',
    period_end: '',
    cancel_at_period_end: true,
    ends_at: '',
  };
  return (
    <WriteDialog
      title={t('subscription.record')}
      hint={t('subscription.record.hint')}
      submitLabel={t('subscription.record.do')}
      values={values}
      write={write}
      onClose={onClose}
    >
      {(form, fault) => (
        <>
          <Field label={t('subscription.record.kind')} fault={fault('kind')}>
            {(aria) => (
              <Select {...aria} {...form.register('kind')}>
                {EVENT_KINDS.map((kind) => (
                  <option key={kind} value={kind}>
                    {word('billingEvent', kind)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('subscription.occurred')} required fault={fault('occurred_at')}>
            {(aria) => <Input {...aria} type="datetime-local" step={1} required {...form.register('occurred_at')} />}
          </Field>
          <Field
            label={t('subscription.record.id')}
            hint={t('subscription.record.idHint')}
            required
            fault={fault('event_id')}
          >
            {(aria) => (
              <Input {...aria} required maxLength={255} className="font-mono" {...form.register('event_id')} />
            )}
          </Field>
          <FactFields form={form} fault={fault} />
        </>
      )}
    </WriteDialog>
  );
}

function FactFields({
  form: { control, register },
  fault,
}: {
  form: UseFormReturn<EventForm>;
  fault: (name: string) => string | undefined;
}) {
  const t = useText();
  const [required, optional] = FACTS[useWatch({ control, name: 'kind' })];
  const isRequired = (fact: Fact) => required.includes(fact);
  const has = (fact: Fact) => isRequired(fact) || optional.includes(fact);
  const days = [
    ['period_start', 'subscription.periodStart'],
    ['period_end', 'subscription.periodEnd'],
    ['ends_at', 'subscription.endsAt'],
  ] as const;
  return (
    <>
      {has('template_id') && (
        <Field label={t('template')} required={isRequired('template_id')} fault={fault('template_id')}>
          {(aria) => (
            <ChoiceControl
              {...aria}
              of="templates"
              required={isRequired('template_id')}
              none={isRequired('template_id') ? undefined : t('subscription.record.unchanged')}
              control={control}
              name="template_id"
            />
          )}
        </Field>
      )}
      {has('quantity') && (
        <Field label={t('license.seats')} required={isRequired('quantity')} fault={fault('quantity')}>
          {(aria) => (
            <Input
              {...aria}
              type="number"
              min={1}
              max={1_000_000}
              required={isRequired('quantity')}
              {...register('quantity')}
            />
          )}
        </Field>
      )}
      {days.map(
        ([fact, text]) =>
          has(fact) && (
            <Field key={fact} label={t(text)} required={isRequired(fact)} fault={fault(fact)}>
              {(aria) => <Input {...aria} type="date" required={isRequired(fact)} {...register(fact)} />}
            </Field>
          ),
      )}
      {has('trial') && <CheckField label={t('subscription.trial')} {...register('trial')} />}
      {has('cancel_at_period_end') && (
        <CheckField label={t('subscription.record.cancelAtPeriodEnd')} {...register('cancel_at_period_end')} />
      )}
    </>
  );
}

type When = 'PERIOD_END' | 'NOW';

type End = Schemas['BillingEventRequest'];

function endNow(): End {
  const occurred_at = new Date().toISOString();
  return { event_id: crypto.randomUUID(), occurred_at, kind: 'canceled', ends_at: occurred_at };
}

/** Ends the subscription with its period, or at once by an event as the billing system sends it. */
function Cancel(props: Props) {
  const t = useText();
  const may = useMay();
  const { subscription, onClose } = props;
  const { subscription_id, cancel_at_period_end: isPlanned } = subscription;
  const later = useSubscriptionWrite(props, t('subscription.cancel.done'), ({ reason }: { reason: Reason }, params) =>
    bodyOf(api.PATCH('/v1/subscriptions/{subscription_id}', { params, body: { cancel_at_period_end: true, reason } })),
  );
  const now = useWrite({
    write: (body: End) =>
      bodyOf(api.POST('/v1/subscriptions/{subscription_id}/events', { params: { path: { subscription_id } }, body })),
    done: t('subscription.cancel.nowDone'),
    changes: ['subscriptions', 'licenses'],
    onDone: onClose,
  });
  const write = {
    mutate: ({ when, reason }: { when: When; reason: Reason }) => {
      if (when !== 'NOW') later.mutate({ reason });
      else {
        // An event whose answer is lost is sent again as it was.
        const isLost = now.error instanceof ProblemError && now.error.isPassing;
        now.mutate((isLost ? now.variables : undefined) ?? { ...endNow(), reason });
      }
    },
    isPending: now.isPending || later.isPending,
    error: now.error ?? later.error,
    conflict: later.conflict,
  };
  return (
    <WriteDialog
      title={t('subscription.cancel')}
      hint={t('subscription.cancel.hint')}
      submitLabel={t('subscription.cancel')}
      danger
      values={{ when: isPlanned ? 'NOW' : 'PERIOD_END', reason: { code: 'CUSTOMER_REQUEST' } }}
      write={write}
      onClose={onClose}
    >
      {({ register, control }) => (
        <>
          <Field label={t('subscription.when')}>
            {(aria) => (
              <Select {...aria} {...register('when')}>
                {!isPlanned && <option value="PERIOD_END">{t('subscription.when.periodEnd')}</option>}
                {may('subscriptions:ingest') && <option value="NOW">{t('subscription.when.now')}</option>}
              </Select>
            )}
          </Field>
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}
