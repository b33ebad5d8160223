import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useWatch, type Control, type UseFormReturn } from 'react-hook-form';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { isCode } from '../../api/problem';
import { orderQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { Button } from '../../parts/button';
import { CheckField, Field, Input, Select } from '../../parts/fields';
import { mergePatch, objectOf, textOfObject } from '../../parts/merge-patch';
import { MetadataField } from '../../parts/metadata-field';
import { fromMinorUnits, toMinorUnits, useMoney } from '../../parts/money';
import type { Reason } from '../../parts/reason-fields';
import { ReasonControl, ReasonDialog, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import type { Order } from './order-page';
import { correctedLines, emptyTimes, isEnded, passedTimes, type TimesForm } from './order-times';

export type OrderAction =
  | 'approve'
  | 'recordPayment'
  | 'fulfil'
  | 'correctTimes'
  | 'editMetadata'
  | 'refund'
  | 'cancel';

interface Props {
  order: Order;
  onClose: () => void;
  /** Opens another dialog in the place of this one. */
  onChoose: (action: OrderAction) => void;
}

/** Returns what is still to be paid. */
export function dueAmount({ lines, paid_amount, refunded_amount }: Order): number {
  const total = lines.reduce((sum, { amount, refunded }) => sum + (refunded ? 0 : amount), 0);
  return Math.max(0, total - (paid_amount - refunded_amount));
}

const DIALOGS = {
  approve: Approve,
  recordPayment: RecordPayment,
  fulfil: Fulfil,
  correctTimes: CorrectTimes,
  editMetadata: EditMetadata,
  refund: Refund,
  cancel: Cancel,
};

export function OrderDialog({ action, ...props }: Props & { action: OrderAction }) {
  const Dialog = DIALOGS[action];
  return <Dialog {...props} />;
}

/** A write that changes the order, or its licenses, only while it is as it is shown. */
function useOrderWrite<Input>(
  { order, onClose }: Props,
  done: string,
  write: (input: Input, params: { path: { order_id: string }; header: { 'If-Match': string } }) => Promise<Order>,
) {
  const client = useQueryClient();
  const { order_id } = order;
  return useGuardedWrite({
    resource: order,
    read: () => client.query({ ...orderQuery(order_id), staleTime: 0 }),
    write: (input: Input, base) => write(input, { path: { order_id }, header: ifUnchanged(base) }),
    done,
    changes: ['orders', 'licenses'],
    onDone: onClose,
  });
}

function Approve(props: Props) {
  const t = useText();
  const write = useOrderWrite(props, t('order.approved'), ({ reason }: { reason: Reason }, params) =>
    bodyOf(api.POST('/v1/orders/{order_id}/approve', { params, body: { reason } })),
  );
  return (
    <ReasonDialog
      title={t('order.approve')}
      hint={t('order.approveHint')}
      submitLabel={t('order.approve')}
      code="CUSTOMER_REQUEST"
      write={write}
      onClose={props.onClose}
    >
      <ToTimes error={write.error} {...props} />
    </ReasonDialog>
  );
}

/** Leads from a refusal of a line whose end has passed to its times. */
function ToTimes({ error, order, onChoose }: Props & { error: Error | null }) {
  const t = useText();
  const may = useMay();
  const [shownAt] = useState(() => Date.now());
  if (!isCode(error, 'ORDER_LINE_REFUSED') || !may('orders:write') || !passedTimes(order, shownAt).some(isEnded))
    return null;
  return (
    <Button
      onClick={() => {
        onChoose('correctTimes');
      }}
    >
      {t('order.correctTimes')}
    </Button>
  );
}

/** Takes new times in the place of those that have passed, or leaves them out; nothing else of the lines changes. */
function CorrectTimes(props: Props) {
  const t = useText();
  const { order } = props;
  const [passed] = useState(() => passedTimes(order, Date.now()));
  const write = useOrderWrite(props, t('order.timesCorrected'), (form: TimesForm, params) =>
    bodyOf(api.PATCH('/v1/orders/{order_id}', { params, body: { lines: correctedLines(order, passed, form) } })),
  );
  const fields = {
    starts: ['starts', 'issue.startDate', 'order.startHint'],
    expires_if_started_by: ['expires_if_started_by', 'issue.startBy', 'issue.startByHint'],
    expiry_date: ['overrides.expiry_date', 'lines.end.day', 'order.endHint'],
  } as const;
  return (
    <WriteDialog
      title={t('order.correctTimes')}
      hint={t('order.correctTimesHint')}
      submitLabel={t('save')}
      values={emptyTimes(order)}
      write={write}
      onClose={props.onClose}
    >
      {({ register }, fault) =>
        passed.map(({ line, names }) => (
          <fieldset key={line} className="space-y-4">
            <legend className="text-sm font-medium">{t('lines.ofNumber', { line })}</legend>
            {names.map((time) => {
              const [field, label, hint] = fields[time];
              const name = `lines.${line - 1}.${field}` as const;
              return (
                <Field key={time} label={t(label)} hint={t(hint)} fault={fault(name)}>
                  {(aria) => <Input {...aria} type="date" {...register(name)} />}
                </Field>
              );
            })}
          </fieldset>
        ))
      }
    </WriteDialog>
  );
}

/** Changes the metadata of an order whose lines are fixed. */
function EditMetadata(props: Props) {
  const t = useText();
  const { metadata } = props.order;
  const write = useOrderWrite(props, t('order.saved'), (form: { metadata: string }, params) =>
    bodyOf(
      api.PATCH('/v1/orders/{order_id}', {
        params,
        body: { metadata: mergePatch(metadata, objectOf(form.metadata) ?? metadata) ?? {} },
      }),
    ),
  );
  return (
    <WriteDialog
      title={t('order.editMetadata')}
      submitLabel={t('save')}
      values={{ metadata: textOfObject(metadata) }}
      write={write}
      onClose={props.onClose}
    >
      {({ register }, fault) => <MetadataField register={register} fault={fault} />}
    </WriteDialog>
  );
}

function Fulfil(props: Props) {
  const t = useText();
  const write = useOrderWrite(props, t('order.fulfilled'), (_input: object, params) =>
    bodyOf(api.POST('/v1/orders/{order_id}/fulfil', { params, body: {} })),
  );
  return (
    <WriteDialog
      title={t('order.fulfil')}
      hint={t('order.fulfilHint')}
      submitLabel={t('order.fulfil')}
      values={{}}
      write={write}
      onClose={props.onClose}
    >
      {() => <ToTimes error={write.error} {...props} />}
    </WriteDialog>
  );
}

interface Payment {
  outcome: 'RECEIVED' | 'FAILED';
  amount: string;
  reference: string;
}

function RecordPayment(props: Props) {
  const t = useText();
  const money = useMoney();
  const { currency } = props.order;
  const due = dueAmount(props.order);
  const write = useOrderWrite(props, t('order.paymentRecorded'), ({ outcome, amount, reference }: Payment, params) =>
    bodyOf(
      api.POST('/v1/orders/{order_id}/record-payment', {
        params,
        body: {
          outcome,
          ...given({ reference, amount: outcome === 'RECEIVED' ? toMinorUnits(amount, currency) : undefined }),
        },
      }),
    ),
  );
  return (
    <WriteDialog
      title={t('order.recordPayment')}
      hint={t('order.due', { amount: money(due, currency) })}
      submitLabel={t('order.recordPayment')}
      values={{ outcome: 'RECEIVED', amount: fromMinorUnits(due, currency), reference: '' }}
      write={write}
      onClose={props.onClose}
    >
      {({ register, control }, fault) => (
        <>
          <Field label={t('order.outcome')} fault={fault('outcome')}>
            {(aria) => (
              <Select {...aria} {...register('outcome')}>
                <option value="RECEIVED">{t('order.outcome.RECEIVED')}</option>
                <option value="FAILED">{t('order.outcome.FAILED')}</option>
              </Select>
            )}
          </Field>
          <IfReceived control={control}>
            <Field label={t('order.amount', { currency })} required fault={fault('amount')}>
              {(aria) => (
                <Input
                  {...aria}
                  required
                  inputMode="decimal"
                  {...register('amount', {
                    validate: (text, { outcome }) =>
                      outcome === 'FAILED' || toMinorUnits(text, currency) !== undefined || t('lines.priceFault'),
                  })}
                />
              )}
            </Field>
          </IfReceived>
          <Field label={t('order.reference')} hint={t('order.referenceHint')} fault={fault('reference')}>
            {(aria) => <Input {...aria} maxLength={255} {...register('reference')} />}
          </Field>
        </>
      )}
    </WriteDialog>
  );
}

function IfReceived({ control, children }: { control: Control<Payment>; children: ReactNode }) {
  return useWatch({ control, name: 'outcome' }) === 'RECEIVED' ? children : null;
}

interface Withdrawal {
  licenses: Schemas['Withdrawal'];
  reason: Reason;
}

/** Asks what becomes of the licenses, as far as the person may do that. An order that issued none has no choice. */
function WithdrawalFields({
  order,
  form,
  fault,
}: {
  order: Order;
  form: UseFormReturn<Withdrawal>;
  fault: (name: string) => string | undefined;
}) {
  const t = useText();
  const may = useMay();
  const { control, register } = form;
  const hasLicenses = order.lines.some(({ license_ids }) => license_ids.length > 0);
  return (
    <>
      {hasLicenses && (
        <Field label={t('withdrawal')} fault={fault('licenses')}>
          {(aria) => (
            <Select {...aria} {...register('licenses')}>
              <option value="KEEP">{t('withdrawal.KEEP')}</option>
              {may('licenses:suspend') && <option value="SUSPEND">{t('withdrawal.SUSPEND')}</option>}
              {may('licenses:revoke') && <option value="REVOKE">{t('withdrawal.REVOKE')}</option>}
            </Select>
          )}
        </Field>
      )}
      <ReasonControl control={control} name="reason" />
    </>
  );
}

function Cancel(props: Props) {
  const t = useText();
  const write = useOrderWrite(props, t('order.cancelled'), (body: Withdrawal, params) =>
    bodyOf(api.POST('/v1/orders/{order_id}/cancel', { params, body })),
  );
  return (
    <WriteDialog
      title={t('order.cancel')}
      hint={t('order.cancelHint')}
      submitLabel={t('order.cancel')}
      danger
      values={{ licenses: 'KEEP', reason: { code: 'CUSTOMER_REQUEST' } }}
      write={write}
      onClose={props.onClose}
    >
      {(form, fault) => <WithdrawalFields order={props.order} form={form} fault={fault} />}
    </WriteDialog>
  );
}

interface RefundForm extends Withdrawal {
  /** Whether each line is refunded, in the order of the lines. */
  chosen: boolean[];
}

function Refund(props: Props) {
  const t = useText();
  const money = useMoney();
  const { lines, currency } = props.order;
  const write = useOrderWrite(props, t('order.refunded'), ({ chosen, licenses, reason }: RefundForm, params) => {
    const numbers = lines.flatMap(({ line }, index) => (chosen[index] === true ? [line] : []));
    // The whole order is refunded by what was paid of it, which may be less than its lines.
    const isWhole = lines.every(({ refunded }, index) => refunded || chosen[index] === true);
    const body = { ...(!isWhole && { lines: numbers }), licenses, reason };
    return bodyOf(api.POST('/v1/orders/{order_id}/refund', { params, body }));
  });
  return (
    <WriteDialog
      title={t('order.refund')}
      hint={t('order.refundHint')}
      submitLabel={t('order.refund')}
      danger
      values={{
        chosen: lines.map(({ refunded }) => !refunded),
        licenses: 'KEEP',
        reason: { code: 'REFUNDED' },
      }}
      write={write}
      onClose={props.onClose}
    >
      {(form, fault) => (
        <>
          <fieldset>
            <legend className="text-sm font-medium">{t('order.refundLines')}</legend>
            <div className="mt-2 space-y-2">
              {lines.map(({ line, kind, amount, refunded }, index) => (
                <CheckField
                  key={line}
                  label={t('order.refundLine', {
                    line,
                    what: t(`lines.kind.${kind}`),
                    amount: money(amount, currency),
                  })}
                  hint={refunded ? t('lines.refunded') : undefined}
                  disabled={refunded}
                  {...form.register(`chosen.${index}`)}
                />
              ))}
            </div>
            {fault('lines') !== undefined && <p className="mt-1 text-xs font-medium text-bad">{fault('lines')}</p>}
          </fieldset>
          <WithdrawalFields order={props.order} form={form as never} fault={fault} />
        </>
      )}
    </WriteDialog>
  );
}
