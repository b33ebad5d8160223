import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { subscriptionQuery, templatesQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Field, Input, Select } from '../../parts/fields';
import { WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import type { Subscription } from './subscription-page';

export type SubscriptionAction = 'edit' | 'link' | 'unlink' | 'keep' | 'cancel';

interface Props {
  subscription: Subscription;
  onClose: () => void;
}

/** Returns the last second of a day in the zone of the person. */
export function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString();
}

/** Returns the day of a time, in the zone of the person, as a date field has it. */
export function dayOf(at: string | null): string {
  return at === null ? '' : new Date(at).toLocaleDateString('sv');
}

const DIALOGS = { edit: Edit, link: LinkLicense, unlink: UnlinkLicense, keep: Keep, cancel: Cancel };

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
  const may = useMay();
  const { template_id, quantity, period_end } = props.subscription;
  const templates = useQuery({ ...templatesQuery(), enabled: may('templates:read') });
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
  return (
    <WriteDialog
      title={t('subscription.edit')}
      hint={t('subscription.edit.hint')}
      submitLabel={t('save')}
      values={before}
      write={write}
      onClose={props.onClose}
    >
      {({ register }, fault) => (
        <>
          {templates.data && (
            <Field label={t('template')} fault={fault('template_id')}>
              {(aria) => (
                <Select {...aria} {...register('template_id')}>
                  {templates.data.data.every((template) => template.template_id !== template_id) && (
                    <option value={template_id}>{template_id}</option>
                  )}
                  {templates.data.data.map((template) => (
                    <option key={template.template_id} value={template.template_id}>
                      {template.template_name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          )}
          <Field label={t('license.seats')} fault={fault('quantity')}>
            {(aria) => <Input {...aria} type="number" min={1} max={1_000_000} {...register('quantity')} />}
          </Field>
          <Field label={t('subscription.periodEnd')} fault={fault('period_end')}>
            {(aria) => <Input {...aria} type="date" {...register('period_end')} />}
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
  const write = useSubscriptionWrite(props, t('subscription.unlink.done'), (_input: object, params) =>
    bodyOf(api.POST('/v1/subscriptions/{subscription_id}/unlink', { params })),
  );
  return (
    <WriteDialog
      title={t('subscription.unlink')}
      hint={t('subscription.unlink.hint')}
      submitLabel={t('subscription.unlink')}
      danger
      values={{}}
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

type When = 'PERIOD_END' | 'NOW';

/** Ends the subscription with its period, or at once by an event as the billing system sends it. */
function Cancel(props: Props) {
  const t = useText();
  const may = useMay();
  const { subscription, onClose } = props;
  const { subscription_id, cancel_at_period_end: isPlanned } = subscription;
  const later = useSubscriptionWrite(props, t('subscription.cancel.done'), (_input: object, params) =>
    bodyOf(api.PATCH('/v1/subscriptions/{subscription_id}', { params, body: { cancel_at_period_end: true } })),
  );
  const now = useWrite({
    write: (event_id: string) => {
      const occurred_at = new Date().toISOString();
      return bodyOf(
        api.POST('/v1/subscriptions/{subscription_id}/events', {
          params: { path: { subscription_id } },
          body: { event_id, occurred_at, kind: 'canceled', ends_at: occurred_at },
        }),
      );
    },
    done: t('subscription.cancel.nowDone'),
    changes: ['subscriptions', 'licenses'],
    onDone: onClose,
  });
  const write = {
    mutate: ({ when }: { when: When }) => {
      if (when === 'NOW') now.mutate(crypto.randomUUID());
      else later.mutate({});
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
      values={{ when: isPlanned ? 'NOW' : 'PERIOD_END' }}
      write={write}
      onClose={onClose}
    >
      {({ register }) => (
        <Field label={t('subscription.when')}>
          {(aria) => (
            <Select {...aria} {...register('when')}>
              {!isPlanned && <option value="PERIOD_END">{t('subscription.when.periodEnd')}</option>}
              {may('subscriptions:ingest') && <option value="NOW">{t('subscription.when.now')}</option>}
            </Select>
          )}
        </Field>
      )}
    </WriteDialog>
  );
}
