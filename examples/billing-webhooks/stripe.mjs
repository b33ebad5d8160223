// Turns events of Stripe into events of a subscription. Webhook endpoints keep the API version that they were created with, so the fields
// from before 2025-03-31.basil are read, too.

/** Statuses in which the customer has the service. */
const STATUSES = { active: 'ACTIVE', trialing: 'TRIALING' };
const UNPAID = ['past_due', 'unpaid'];
/** Invoices of a period. The first one belongs to `activated`; it may be that of a trial, over nothing. */
const OF_A_PERIOD = ['subscription_cycle', 'subscription_update'];

/**
 * Returns the subscription and its events; none for an event that says nothing about one. `templates` maps ids of prices to ids of license
 * templates. `subscriptionOf` finds the subscription that a payment intent paid for.
 */
export async function fromStripe(event, { templates = {}, subscriptionOf = () => null } = {}) {
  const { object, previous_attributes: before = {} } = event.data;
  const translate = HANDLERS[event.type];
  if (!translate) return NOTHING;
  const events = translate(object, before, templates);
  if (events.length === 0) return NOTHING;
  const subscriptionId = await subscriptionIdOf(object, subscriptionOf);
  if (!subscriptionId) return NOTHING;
  const occurred_at = isoOf(event.created);
  return {
    subscriptionId,
    // One event of Stripe may be several of a subscription; each has an id of its own.
    events: events.map(({ kind, ...facts }) => ({ event_id: `${event.id}/${kind}`, occurred_at, kind, ...facts })),
  };
}

const NOTHING = { subscriptionId: null, events: [] };

const HANDLERS = {
  'customer.subscription.created': (subscription, _, templates) =>
    subscription.status in STATUSES ? [activated(subscription, templates)] : [],
  'customer.subscription.updated': updated,
  'customer.subscription.paused': () => [{ kind: 'paused' }],
  'customer.subscription.resumed': (subscription) => [{ kind: 'resumed', ...periodOf(subscription) }],
  'customer.subscription.deleted': ({ ended_at }) => [
    { kind: 'canceled', ...(ended_at && { ends_at: isoOf(ended_at) }) },
  ],
  'invoice.paid': (invoice) => (OF_A_PERIOD.includes(invoice.billing_reason) ? renewed(invoice) : []),
  'invoice.payment_failed': ({ billing_reason }) =>
    billing_reason === 'subscription_create' ? [] : [{ kind: 'payment_failed' }],
  // A part of the price that is paid back takes no license away.
  'charge.refunded': ({ refunded }) => (refunded ? [{ kind: 'refunded' }] : []),
  'charge.dispute.created': () => [{ kind: 'charged_back' }],
  'charge.dispute.closed': ({ status }) => (status === 'won' ? [{ kind: 'payment_recovered' }] : []),
};

function updated(subscription, before, templates) {
  const events = [];
  if (before.status === 'incomplete' && subscription.status in STATUSES)
    events.push(activated(subscription, templates));
  if (before.status && UNPAID.includes(subscription.status)) events.push({ kind: 'payment_failed' });
  if (UNPAID.includes(before.status) && subscription.status === 'active') events.push({ kind: 'payment_recovered' });
  if (before.items || 'quantity' in before || before.plan) events.push(...planOf(subscription, templates));
  if ('cancel_at_period_end' in before || 'cancel_at' in before)
    events.push({ kind: 'cancel_scheduled', cancel_at_period_end: cancels(subscription) });
  return events;
}

function activated(subscription, templates) {
  return {
    kind: 'activated',
    trial: subscription.status === 'trialing',
    ...termsOf(subscription, templates),
    ...periodOf(subscription),
  };
}

function planOf(subscription, templates) {
  const terms = termsOf(subscription, templates);
  if (terms.template_id !== undefined) return [{ kind: 'plan_changed', ...terms }];
  return terms.quantity === undefined ? [] : [{ kind: 'quantity_changed', ...terms }];
}

/** The first item is the plan; others are add-ons. */
function termsOf({ items }, templates) {
  const [item] = items.data;
  const template_id = templates[item?.price.id];
  return {
    ...(template_id !== undefined && { template_id }),
    ...(item?.quantity > 0 && { quantity: item.quantity }),
  };
}

function periodOf({ items, ...subscription }) {
  const [item = {}] = items.data;
  const start = item.current_period_start ?? subscription.current_period_start;
  const end = item.current_period_end ?? subscription.current_period_end;
  return { ...(start && { period_start: isoOf(start) }), ...(end && { period_end: isoOf(end) }) };
}

/** The paid period is the one that ends last: an invoice of a change also has lines for what is left of the period before. */
function renewed({ lines }) {
  const periods = lines.data.map(({ period }) => period).sort((one, other) => other.end - one.end);
  const [period] = periods;
  if (!period) return [];
  return [{ kind: 'renewed', period_start: isoOf(period.start), period_end: isoOf(period.end) }];
}

function cancels({ cancel_at_period_end, cancel_at }) {
  return cancel_at_period_end || (cancel_at ?? null) !== null;
}

async function subscriptionIdOf(object, subscriptionOf) {
  if (object.object === 'subscription') return object.id;
  if (object.object === 'invoice')
    return idOf(object.parent?.subscription_details?.subscription ?? object.subscription ?? null);
  return object.payment_intent ? subscriptionOf(idOf(object.payment_intent)) : null;
}

/** A reference is an id, or the object itself where it is expanded. */
function idOf(reference) {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}

function isoOf(seconds) {
  return new Date(seconds * 1000).toISOString();
}

/** Returns a function that asks Stripe which subscription a payment intent paid for: a charge no longer names its invoice. */
export function stripeLookup(secretKey, baseUrl = 'https://api.stripe.com') {
  const get = async (path) => {
    const response = await fetch(`${baseUrl}/v1/${path}`, { headers: { Authorization: `Bearer ${secretKey}` } });
    if (!response.ok) throw new Error(`Stripe answered ${response.status}.`);
    return response.json();
  };
  return async (paymentIntent) => {
    const query = new URLSearchParams({
      'payment[type]': 'payment_intent',
      'payment[payment_intent]': paymentIntent,
      limit: '1',
    });
    const { data } = await get(`invoice_payments?${query}`);
    const invoiceId = idOf(data[0]?.invoice ?? null);
    if (!invoiceId) return null;
    return subscriptionIdOf(await get(`invoices/${encodeURIComponent(invoiceId)}`), () => null);
  };
}
