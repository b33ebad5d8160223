// Turns notifications of Paddle Billing into events of a subscription.

/** Returns the subscription and its events, as `fromStripe` does. */
export function fromPaddle({ event_id, event_type, occurred_at, data }, { templates = {} } = {}) {
  const events = HANDLERS[event_type]?.(data, templates) ?? [];
  const subscriptionId = event_type.startsWith('subscription.') ? data.id : (data.subscription_id ?? null);
  if (subscriptionId === null || events.length === 0) return { subscriptionId: null, events: [] };
  return {
    subscriptionId,
    events: events.map(({ kind, ...facts }) => ({ event_id: `${event_id}/${kind}`, occurred_at, kind, ...facts })),
  };
}

const HANDLERS = {
  'subscription.activated': (data, templates) => [
    { kind: 'activated', ...termsOf(data, templates), ...periodOf(data) },
  ],
  'subscription.trialing': (data, templates) => [
    { kind: 'activated', trial: true, ...termsOf(data, templates), ...periodOf(data) },
  ],
  // It does not say what has changed. An event that repeats what was decided changes nothing.
  'subscription.updated': (data, templates) =>
    data.status === 'canceled'
      ? []
      : [...planOf(data, templates), { kind: 'cancel_scheduled', cancel_at_period_end: cancels(data) }],
  'subscription.past_due': () => [{ kind: 'payment_failed' }],
  'subscription.paused': () => [{ kind: 'paused' }],
  'subscription.resumed': (data) => [{ kind: 'resumed', ...periodOf(data) }],
  'subscription.canceled': ({ canceled_at }) => [{ kind: 'canceled', ...(canceled_at && { ends_at: canceled_at }) }],
  // The period of the subscription moves on before it is paid, so the transaction decides.
  'transaction.completed': ({ origin, billing_period }) =>
    origin === 'subscription_recurring' && billing_period ? [{ kind: 'renewed', ...toPeriod(billing_period) }] : [],
  'adjustment.created': adjusted,
  'adjustment.updated': adjusted,
};

/** A refund counts when it is approved, and if it is one of everything. */
function adjusted({ action, status, type, items = [] }) {
  if (status !== 'approved') return [];
  const isFull = type === 'full' || (items.length > 0 && items.every((item) => item.type === 'full'));
  if (action === 'refund') return isFull ? [{ kind: 'refunded' }] : [];
  if (action === 'chargeback') return [{ kind: 'charged_back' }];
  return action === 'chargeback_reverse' ? [{ kind: 'payment_recovered' }] : [];
}

/** The first recurring item is the plan; others are add-ons. */
function termsOf({ items }, templates) {
  const item = items.find(({ recurring }) => recurring !== false);
  const template_id = templates[item?.price.id];
  return {
    ...(template_id !== undefined && { template_id }),
    ...(item?.quantity > 0 && { quantity: item.quantity }),
  };
}

function planOf(data, templates) {
  const terms = termsOf(data, templates);
  if (terms.template_id !== undefined) return [{ kind: 'plan_changed', ...terms }];
  return terms.quantity === undefined ? [] : [{ kind: 'quantity_changed', ...terms }];
}

function periodOf({ current_billing_period }) {
  return current_billing_period ? toPeriod(current_billing_period) : {};
}

function toPeriod({ starts_at, ends_at }) {
  return { period_start: starts_at, period_end: ends_at };
}

function cancels({ scheduled_change }) {
  return scheduled_change?.action === 'cancel';
}
