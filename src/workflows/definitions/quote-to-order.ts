import type { Engine, QuoteState } from './contract.js';

/** Input of a run, which `quote-to-order.definition.ts` validates. */
export interface QuoteToOrderInput {
  readonly quote_id: string;
  /** The caller's own id of the order. */
  readonly external_id?: string | undefined;
  /** Subscription that the license of the order is linked with. The quote issues that license and no other. */
  readonly subscription_id?: string | undefined;
  /** Whether the run fulfils the order itself, or waits until somebody has. */
  readonly fulfil: boolean;
  /** Days from the acceptance in which the order must become due, or be fulfilled. */
  readonly order_timeout_days: number;
  /** Whether the customer gets the e-mail `order_confirmation`. */
  readonly confirmation: boolean;
}

export interface QuoteToOrderResult {
  readonly quote_id: string;
  readonly order_id: string;
  readonly customer_id: string;
  readonly email_message_id: string | null;
  /** License and the subscription that it is linked with, if the input named one. */
  readonly license_id?: string;
  readonly subscription_id?: string;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** Makes an order of a quote: sent, accepted before its date, paid or approved, fulfilled, linked with a subscription, confirmed. */
export async function quoteToOrder(w: Engine, input: QuoteToOrderInput): Promise<QuoteToOrderResult> {
  const { quote_id, external_id, subscription_id } = input;
  if (subscription_id !== undefined) await w.steps.matchSubscription({ subscription_id, quote_id });
  const quote = await w.steps.openQuote({ quote_id, email_required: input.confirmation });
  await waitForAcceptance(w, quote);

  const { order_id, created } = await w.steps.acceptQuote({ quote_id, external_id });
  if (created) w.undo(() => w.steps.cancelOrder({ order_id, undone: 'ORDER' }));

  await waitForOrder(w, order_id, input);
  // The waits may have taken months, in which the subscription may have ended: then nothing is issued that would be revoked at once.
  if (subscription_id !== undefined) await w.steps.matchSubscription({ subscription_id, quote_id });
  if (input.fulfil) {
    const { fulfilled_now } = await w.steps.fulfilOrder({ order_id });
    if (fulfilled_now) w.undo(() => w.steps.cancelOrder({ order_id, undone: 'FULFILMENT' }));
  }

  const linked = subscription_id === undefined ? {} : await linkLicense(w, subscription_id, quote_id);

  const email = input.confirmation ? await w.steps.confirmOrder({ order_id }) : null;
  const email_message_id = email?.email_message_id ?? null;
  return { quote_id, order_id, customer_id: quote.customer_id, email_message_id, ...linked };
}

/** Links the license of the fulfilled order with the subscription. One that was linked before stays linked, whatever is undone. */
async function linkLicense(w: Engine, subscription_id: string, quote_id: string) {
  const { license_id } = await w.steps.matchSubscription({ subscription_id, quote_id });
  if (license_id === null) throw w.refused('ORDER_STATE', 'The order has issued no license.');
  const { linked_now } = await w.steps.linkSubscription({ subscription_id, license_id });
  if (linked_now) w.undo(() => w.steps.unlinkSubscription({ subscription_id, license_id }));
  return { license_id, subscription_id };
}

/** Waits for the signal `accepted`, and looks once a day whether the quote was accepted without it. Refused once its date has passed. */
async function waitForAcceptance(w: Engine, { quote_id, status: first, valid_until }: QuoteState): Promise<void> {
  for (let status = first; status !== 'ACCEPTED'; { status } = await w.steps.getQuote({ quote_id })) {
    if (status === 'EXPIRED') throw w.refused('QUOTE_EXPIRED', 'Nobody accepted the quote before its date.');
    if (status !== 'SENT') throw w.refused('QUOTE_STATE', `The quote is ${status}.`);
    const left = valid_until - (await w.now());
    if ((await w.waitFor('accepted', within(left))) !== null) return;
  }
}

/** Looks at the order at each signal and once a day, until it is fulfilled, or due if the run fulfils it. */
async function waitForOrder(w: Engine, order_id: string, input: QuoteToOrderInput): Promise<void> {
  const days = input.order_timeout_days;
  const deadline = (await w.now()) + days * DAY_MS;
  for (;;) {
    const order = await w.steps.getOrder({ order_id });
    if (order.status === 'CANCELLED') throw w.refused('ORDER_STATE', 'The order was cancelled.');
    if (order.status === 'FULFILLED' || (input.fulfil && order.due)) return;
    const left = deadline - (await w.now());
    const signal = input.fulfil ? order.awaits : 'fulfilled';
    if (left <= 0) throw w.refused('ORDER_NOT_DUE', `The order was not ${signal} within ${days} days.`);
    await w.waitFor(signal, within(left));
  }
}

/** Returns a time to wait of a second to a day: the server's clock, which decides, may be a little behind. */
function within(leftMs: number): number {
  return Math.min(Math.max(leftMs, SECOND_MS), DAY_MS);
}
