import type { Wire } from './api.js';

/** Sends a request to a server as the tenant's administrator, and returns the body of the answer. Throws if the request is refused. */
export type Ask = (path: string, body?: unknown, method?: string) => Promise<Wire>;

/** One path through a workflow, which a run takes whenever the server is killed meanwhile. */
export interface WorkflowPath {
  readonly workflow: string;
  readonly path: 'completes' | 'is undone' | 'is linked' | 'is unlinked';
  /** Creates what a run works on, all of it found by the run's id, and returns the input. */
  prepare(ask: Ask, runId: string): Promise<Wire>;
  /** Does what a run waits for. */
  answer?(ask: Ask, runId: string, run: Wire): Promise<unknown>;
  readonly end: Wire;
  /** Rows in the end, as `MADE` reads them. */
  readonly made: Wire;
  /** Events of what the run did, in the order of the log. */
  readonly story: readonly string[];
}

/** Rows of a run, by the run's id, which is the last name of its customer, or the name of its partner. */
export const MADE = `
  WITH person AS (
    SELECT customer_id AS id FROM customers WHERE last_name = $1
    UNION SELECT partner_id::text FROM partners WHERE name = $1)
  SELECT
    array(SELECT CASE WHEN active THEN 'ACTIVE' ELSE 'ARCHIVED' END FROM customers JOIN person ON id = customer_id) AS customers,
    array(SELECT status FROM partners JOIN person ON id = partner_id::text) AS partners,
    array(SELECT status FROM licenses JOIN person ON id = customer_id) AS licenses,
    array(SELECT template FROM email_messages WHERE customer_id IN (TABLE person) OR partner_id IN (TABLE person)) AS emails,
    array(SELECT status FROM quotes JOIN person ON id = customer_id) AS quotes,
    array(SELECT status FROM orders JOIN person ON id = customer_id) AS orders,
    array(SELECT CASE WHEN license_id IS NULL THEN 'UNLINKED' ELSE 'LINKED' END FROM subscriptions JOIN person ON id = customer_id) AS subscriptions,
    array(SELECT kind FROM subscription_events WHERE subscription_id = $1) AS billing_events,
    array(SELECT sum(quantity)::int FROM pool_entries JOIN person ON id = partner_id::text GROUP BY pool_id) AS pools,
    array(SELECT CASE WHEN withdrawn_at IS NULL THEN 'OPEN' ELSE 'WITHDRAWN' END FROM partner_invitations JOIN person ON id = partner_id::text) AS invitations`;

const emailOf = (runId: string) => `${runId}@example.com`;
const signal = (ask: Ask, runId: string, name: unknown) => ask(`/workflow-runs/${runId}/signals/${String(name)}`, {});
const forgetEmail = (ask: Ask, path: string) => ask(path, { email: null }, 'PATCH');

const lead = (runId: string, more: Wire = {}) =>
  Promise.resolve({ lead: { last_name: runId, email: emailOf(runId) }, license_template_id: 't', ...more });

async function prepareQuote(ask: Ask, runId: string, quantity = 2): Promise<Wire> {
  await ask('/customers', { customer_id: runId, last_name: runId, email: emailOf(runId) });
  const line = { kind: 'ISSUE', license_template_id: 't', quantity, unit_price: 1_000 };
  const terms = { customer_id: runId, currency: 'EUR', valid_until: '2099-01-01T00:00:00Z', lines: [line] };
  const { quote_id } = await ask('/quotes', terms);
  return { quote_id, external_id: runId };
}

/** The quote sells one license, for a subscription of the customer. */
async function prepareSubscribedQuote(ask: Ask, runId: string): Promise<Wire> {
  const input = await prepareQuote(ask, runId, 1);
  await ask('/subscriptions', { subscription_id: runId, customer_id: runId, template_id: 't' });
  return { ...input, subscription_id: runId };
}

async function answerQuote(ask: Ask, runId: string, run: Wire): Promise<void> {
  if (run.waiting_for === 'approved') {
    const [{ order_id, status }] = (await ask(`/orders?customer_id=${runId}`)).data;
    if (status === 'PENDING') await ask(`/orders/${order_id}/approve`, {});
  }
  await signal(ask, runId, run.waiting_for);
}

async function prepareSubscription(ask: Ask, runId: string): Promise<Wire> {
  await ask('/customers', { customer_id: runId, last_name: runId });
  await ask('/subscriptions', { subscription_id: runId, customer_id: runId, template_id: 't' });
  return { subscription_id: runId, quantity: 7, period_end: '2099-01-01T00:00:00Z' };
}

const preparePartner = (_: Ask, runId: string) =>
  Promise.resolve({
    partner: { name: runId, email: emailOf(runId) },
    pools: [{ license_template_id: 't', quantity: 5 }],
    license_template_id: 't',
  });

/** Every workflow to its end, and through everything that it can undo: what its last step needs is taken away before. */
export const WORKFLOW_PATHS: readonly WorkflowPath[] = [
  {
    workflow: 'lead-to-customer',
    path: 'completes',
    prepare: (_, runId) => lead(runId),
    end: { state: 'COMPLETED' },
    made: { customers: ['ACTIVE'], licenses: ['ACTIVE'], emails: ['license_issued'] },
    story: ['customer.created', 'license.created', 'email_message.queued'],
  },
  {
    workflow: 'lead-to-customer',
    path: 'is undone',
    prepare: (_, runId) => lead(runId, { approval: true }),
    answer: async (ask, runId, { customer_id }) => {
      await forgetEmail(ask, `/customers/${customer_id}`);
      await signal(ask, runId, 'approved');
    },
    end: { state: 'FAILED', error: { step: 'sendLicenseEmail' }, undone: ['revokeLicense', 'deactivateCustomer'] },
    made: { customers: ['ARCHIVED'], licenses: ['REVOKED'] },
    story: ['customer.created', 'license.created', 'license.revoked', 'customer.updated'],
  },
  {
    workflow: 'quote-to-order',
    path: 'completes',
    prepare: (ask, runId) => prepareQuote(ask, runId),
    answer: answerQuote,
    end: { state: 'COMPLETED' },
    made: {
      customers: ['ACTIVE'],
      licenses: ['ACTIVE', 'ACTIVE'],
      emails: ['order_confirmation'],
      quotes: ['ACCEPTED'],
      orders: ['FULFILLED'],
    },
    story: [
      'quote.sent',
      'order.created',
      'quote.accepted',
      'license.created',
      'license.created',
      'order.fulfilled',
      'email_message.queued',
    ],
  },
  {
    workflow: 'quote-to-order',
    path: 'is undone',
    prepare: (ask, runId) => prepareQuote(ask, runId),
    answer: async (ask, runId, run) => {
      if (run.waiting_for === 'approved') await forgetEmail(ask, `/customers/${runId}`);
      await answerQuote(ask, runId, run);
    },
    end: { state: 'FAILED', error: { step: 'confirmOrder' }, undone: ['cancelOrder', 'cancelOrder'] },
    made: {
      customers: ['ACTIVE'],
      licenses: ['REVOKED', 'REVOKED'],
      quotes: ['ACCEPTED'],
      orders: ['CANCELLED'],
    },
    story: [
      'quote.sent',
      'order.created',
      'quote.accepted',
      'license.created',
      'license.created',
      'order.fulfilled',
      'license.revoked',
      'license.revoked',
      'order.cancelled',
    ],
  },
  {
    workflow: 'quote-to-order',
    path: 'is linked',
    prepare: prepareSubscribedQuote,
    answer: answerQuote,
    end: { state: 'COMPLETED' },
    made: {
      customers: ['ACTIVE'],
      licenses: ['ACTIVE'],
      emails: ['order_confirmation'],
      quotes: ['ACCEPTED'],
      orders: ['FULFILLED'],
      subscriptions: ['LINKED'],
    },
    story: [
      'quote.sent',
      'order.created',
      'quote.accepted',
      'license.created',
      'order.fulfilled',
      'license.subscription_changed',
      'subscription.linked',
      'email_message.queued',
    ],
  },
  {
    workflow: 'quote-to-order',
    path: 'is unlinked',
    prepare: prepareSubscribedQuote,
    answer: async (ask, runId, run) => {
      if (run.waiting_for === 'approved') await forgetEmail(ask, `/customers/${runId}`);
      await answerQuote(ask, runId, run);
    },
    end: {
      state: 'FAILED',
      error: { step: 'confirmOrder' },
      undone: ['unlinkSubscription', 'cancelOrder', 'cancelOrder'],
    },
    made: {
      customers: ['ACTIVE'],
      licenses: ['REVOKED'],
      quotes: ['ACCEPTED'],
      orders: ['CANCELLED'],
      subscriptions: ['UNLINKED'],
    },
    story: [
      'quote.sent',
      'order.created',
      'quote.accepted',
      'license.created',
      'order.fulfilled',
      'license.subscription_changed',
      'subscription.linked',
      'license.subscription_changed',
      'subscription.unlinked',
      'license.revoked',
      'order.cancelled',
    ],
  },
  {
    workflow: 'subscription-activation',
    path: 'completes',
    prepare: prepareSubscription,
    end: { state: 'COMPLETED' },
    made: {
      customers: ['ACTIVE'],
      licenses: ['ACTIVE'],
      subscriptions: ['LINKED'],
      billing_events: ['activated'],
    },
    story: [
      'license.created',
      'license.subscription_changed',
      'subscription.linked',
      'license.renewed',
      'subscription.event_received',
    ],
  },
  {
    workflow: 'subscription-activation',
    path: 'is undone',
    prepare: async (ask, runId) => {
      const input = await prepareSubscription(ask, runId);
      // The activation has this id of its event, which another event has taken.
      const other = { event_id: `workflow-run:${runId}`, occurred_at: '2025-01-01T00:00:00Z', kind: 'payment_failed' };
      await ask(`/subscriptions/${runId}/events`, other);
      return input;
    },
    end: {
      state: 'FAILED',
      error: { step: 'activateSubscription', code: 'BILLING_EVENT_CONFLICT' },
      undone: ['unlinkSubscription', 'revokeLicense'],
    },
    made: {
      customers: ['ACTIVE'],
      licenses: ['REVOKED'],
      subscriptions: ['UNLINKED'],
      billing_events: ['payment_failed'],
    },
    story: [
      'license.created',
      'license.subscription_changed',
      'subscription.linked',
      'license.subscription_changed',
      'subscription.unlinked',
      'license.revoked',
    ],
  },
  {
    workflow: 'partner-onboarding',
    path: 'completes',
    prepare: preparePartner,
    answer: (ask, runId) => signal(ask, runId, 'approved'),
    end: { state: 'COMPLETED' },
    made: {
      partners: ['APPROVED'],
      licenses: ['ACTIVE'],
      emails: ['partner_welcome'],
      pools: [5],
      invitations: ['OPEN'],
    },
    story: [
      'partner.created',
      'partner.approved',
      'license_pool.created',
      'license_pool.allotted',
      'license.created',
      'partner_invitation.created',
      'email_message.queued',
    ],
  },
  {
    workflow: 'partner-onboarding',
    path: 'is undone',
    prepare: preparePartner,
    answer: async (ask, runId) => {
      const [{ partner_id }] = (await ask(`/partners?q=${runId}`)).data;
      await forgetEmail(ask, `/partners/${partner_id}`);
      await signal(ask, runId, 'approved');
    },
    end: {
      state: 'FAILED',
      error: { step: 'invitePartner' },
      undone: ['revokeLicense', 'emptyLicensePool', 'suspendPartner'],
    },
    made: { partners: ['SUSPENDED'], licenses: ['REVOKED'], pools: [0] },
    story: [
      'partner.created',
      'partner.approved',
      'license_pool.created',
      'license_pool.allotted',
      'license.created',
      'license.revoked',
      'license_pool.allotted',
      'partner.suspended',
    ],
  },
];
