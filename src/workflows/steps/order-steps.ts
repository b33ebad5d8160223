import { GetCustomerQuery } from '../../customers/index.js';
import { SendEmailCommand } from '../../notifications/index.js';
import {
  AcceptQuoteCommand,
  CancelOrderCommand,
  FulfilOrderCommand,
  GetOrderQuery,
  GetQuoteQuery,
  SendQuoteCommand,
} from '../../orders/index.js';
import { GetTenantQuery } from '../../tenants/index.js';
import type { Steps } from '../definitions/contract.js';
import type { BusStep } from './bus-step.js';
import type { OrderStepName } from './order-step-names.js';
import { StepRefusal } from './refusal.js';

type OrderSteps = {
  readonly [Name in OrderStepName]: BusStep<Parameters<Steps[Name]>[0], Awaited<ReturnType<Steps[Name]>>>;
};

/** Steps on quotes and orders. */
export const ORDER_STEPS: OrderSteps = {
  openQuote: {
    permissions: ['orders:read', 'orders:write', 'customers:read'],
    async perform({ actor, options, execute, ask }, { quote_id, email_required: emailRequired }) {
      const quote = await ask(new GetQuoteQuery(actor, quote_id));
      if (emailRequired && (await ask(new GetCustomerQuery(actor, quote.customer_id))).email === null) {
        const text = `The customer ${quote.customer_id} has no e-mail address, which the workflow needs.`;
        throw new StepRefusal('CUSTOMER_HAS_NO_EMAIL', text);
      }
      const isDraft = quote.status === 'DRAFT';
      const { status, customer_id, valid_until } = isDraft
        ? await execute(new SendQuoteCommand(actor, quote_id, {}, options))
        : quote;
      return { quote_id, customer_id, valid_until: Date.parse(valid_until), status };
    },
  },
  getQuote: {
    permissions: ['orders:read'],
    async perform({ actor, ask }, { quote_id }) {
      const { status } = await ask(new GetQuoteQuery(actor, quote_id));
      return { status };
    },
  },
  acceptQuote: {
    permissions: ['orders:write'],
    async perform({ actor, options, execute }, { quote_id, external_id }) {
      const accepted = await execute(new AcceptQuoteCommand(actor, quote_id, { external_id }, options));
      return { order_id: accepted.order_id ?? '', created: accepted.order_created };
    },
  },
  getOrder: {
    permissions: ['orders:read'],
    async perform({ actor, ask }, { order_id }) {
      const { status, payment_status } = await ask(new GetOrderQuery(actor, order_id));
      const { order_fulfilment_after: trigger } = await ask(new GetTenantQuery(actor));
      const due = trigger === 'APPROVAL' ? status === 'APPROVED' : payment_status === 'PAID';
      return { status, due, awaits: trigger === 'APPROVAL' ? 'approved' : 'paid' };
    },
  },
  fulfilOrder: {
    permissions: ['orders:fulfil', 'licenses:issue', 'licenses:renew', 'licenses:change-template'],
    async perform({ actor, options, execute }, { order_id }) {
      const { fulfilled_now } = await execute(new FulfilOrderCommand(actor, order_id, {}, options));
      return { order_id, fulfilled_now };
    },
  },
  cancelOrder: {
    permissions: ['orders:read', 'orders:write', 'licenses:revoke'],
    async perform({ actor, runId, options, execute, ask }, { order_id, undone }) {
      const order = await ask(new GetOrderQuery(actor, order_id));
      // Somebody else fulfilled the order, which the run must not take back.
      if (undone === 'ORDER' && order.status === 'FULFILLED') return { order_id, cancelled: false };
      const reason = { code: 'CORRECTION', text: `The workflow run ${runId} was undone.` } as const;
      const request = { licenses: undone === 'ORDER' ? 'KEEP' : 'REVOKE', reason } as const;
      // With the version a fulfilment that comes first makes the attempt fail, and the next one sees it.
      await execute(new CancelOrderCommand(actor, order_id, request, { ...options, ifMatch: [order.version] }));
      return { order_id, cancelled: true };
    },
  },
  confirmOrder: {
    permissions: ['orders:read', 'templates:read', 'licenses:read', 'emails:send'],
    perform: ({ actor, options, execute }, { order_id }) =>
      execute(new SendEmailCommand(actor, { template: 'order_confirmation', order_id }, options)),
  },
};
