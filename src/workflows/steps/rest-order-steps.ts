import type { OrderState, QuoteState, Steps } from '../definitions/contract.js';
import { StepRefusal } from './refusal.js';
import type { OrderStepName } from './order-step-names.js';
import type { RestStep } from './rest-step.js';

type RestOrderSteps = {
  readonly [Name in OrderStepName]: RestStep<Parameters<Steps[Name]>[0], Awaited<ReturnType<Steps[Name]>>>;
};

/** Members of quotes and orders in answers. */
interface Quote extends Omit<QuoteState, 'valid_until'> {
  readonly valid_until: string;
}
interface Order {
  readonly status: OrderState['status'];
  readonly payment_status: string;
  readonly version: number;
}

/** Steps on quotes and orders over HTTP, which do what those of `order-steps.ts` do. */
export const REST_ORDER_STEPS: RestOrderSteps = {
  async openQuote({ send }, { quote_id, email_required: emailRequired }) {
    const quote = await send<Quote>('GET', `/v1/quotes/${quote_id}`);
    if (emailRequired) {
      const path = `/v1/customers/${encodeURIComponent(quote.customer_id)}`;
      const { email } = await send<{ email: string | null }>('GET', path);
      if (email === null) {
        const text = `The customer ${quote.customer_id} has no e-mail address, which the workflow needs.`;
        throw new StepRefusal('CUSTOMER_HAS_NO_EMAIL', text);
      }
    }
    const isDraft = quote.status === 'DRAFT';
    const { status, customer_id, valid_until } = isDraft
      ? await send<Quote>('POST', `/v1/quotes/${quote_id}/send`, {})
      : quote;
    return { quote_id, customer_id, status, valid_until: Date.parse(valid_until) };
  },
  async getQuote({ send }, { quote_id }) {
    const { status } = await send<Quote>('GET', `/v1/quotes/${quote_id}`);
    return { status };
  },
  async acceptQuote({ send }, { quote_id, external_id }) {
    const path = `/v1/quotes/${quote_id}/accept`;
    const accepted = await send<{ order_id: string; order_created: boolean }>('POST', path, { external_id });
    return { order_id: accepted.order_id, created: accepted.order_created };
  },
  async getOrder({ send }, { order_id }) {
    const { status, payment_status } = await send<Order>('GET', `/v1/orders/${order_id}`);
    const { order_fulfilment_after: trigger } = await send<{ order_fulfilment_after: string }>('GET', '/v1/settings');
    const due = trigger === 'APPROVAL' ? status === 'APPROVED' : payment_status === 'PAID';
    return { status, due, awaits: trigger === 'APPROVAL' ? 'approved' : 'paid' };
  },
  async fulfilOrder({ send }, { order_id }) {
    const { fulfilled_now } = await send<{ fulfilled_now: boolean }>('POST', `/v1/orders/${order_id}/fulfil`, {});
    return { order_id, fulfilled_now };
  },
  async cancelOrder({ runId, send }, { order_id, undone }) {
    const { status, version } = await send<Order>('GET', `/v1/orders/${order_id}`);
    if (undone === 'ORDER' && status === 'FULFILLED') return { order_id, cancelled: false };
    const reason = { code: 'CORRECTION', text: `The workflow run ${runId} was undone.` };
    const request = { licenses: undone === 'ORDER' ? 'KEEP' : 'REVOKE', reason };
    await send('POST', `/v1/orders/${order_id}/cancel`, request, version);
    return { order_id, cancelled: true };
  },
  async confirmOrder({ send }, { order_id }) {
    const email = { template: 'order_confirmation', order_id };
    const { email_message_id } = await send<{ email_message_id: string }>('POST', '/v1/email-messages', email);
    return { email_message_id };
  },
};
