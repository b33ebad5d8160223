import type { CustomerInput, StepName, Steps } from '../definitions/contract.js';
import { findSubscriptionLicense, type LicenseFacts, type SubscriptionFacts } from './find-subscription-license.js';
import { issueTermsOf } from './issue-terms.js';
import { matchSubscription } from './match-subscription.js';
import { StepRefusal } from './refusal.js';
import { REST_ORDER_STEPS } from './rest-order-steps.js';
import type { RestStep, RestStepContext } from './rest-step.js';

/** Implementation of each step of the contract over HTTP, for engines outside of the server. */
type RestSteps = {
  readonly [Name in StepName]: RestStep<Parameters<Steps[Name]>[0], Awaited<ReturnType<Steps[Name]>>>;
};

/** Members of a customer in answers. */
interface Customer {
  readonly customer_id: string;
  readonly email: string | null;
}

export const REST_STEPS: RestSteps = {
  async createCustomer(context, { customer: input, email_required: emailRequired }) {
    const { customer, created } = await createOrGetCustomer(context, input);
    if (emailRequired && customer.email === null) {
      const text = `The customer ${customer.customer_id} has no e-mail address, which the workflow needs.`;
      throw new StepRefusal('CUSTOMER_HAS_NO_EMAIL', text);
    }
    return { customer_id: customer.customer_id, created };
  },
  async deactivateCustomer({ send }, { customer_id }) {
    await send('PATCH', `/v1/customers/${encodeURIComponent(customer_id)}`, { active: false });
    return { customer_id };
  },
  async issueLicense({ runId, send }, terms) {
    const request = { ...issueTermsOf(terms), metadata: { workflow_run_id: runId } };
    const { license_id } = await send<{ license_id: string }>('POST', '/v1/licenses', request);
    return { license_id, created: true };
  },
  async revokeLicense({ runId, send }, { license_id }) {
    const reason = { code: 'CORRECTION', text: `The workflow run ${runId} undid the issue.` };
    await send('POST', `/v1/licenses/${license_id}/revoke`, { reason });
    return { license_id };
  },
  sendLicenseEmail: ({ send }, { license_id, customer_id }) =>
    sendEmail(send, { template: 'license_issued', license_id, customer_id }),
  sendEmail: ({ send }, email) => sendEmail(send, email),
  findSubscriptionLicense: ({ send }, argument) =>
    findSubscriptionLicense(
      {
        subscription: (id) => send('GET', pathOf('subscriptions', id)),
        subscriptionOf: async (license_id) =>
          (await send<Page<SubscriptionFacts>>('GET', listOf('subscriptions', { license_id, limit: '1' }))).data[0],
        license: (id) => send('GET', pathOf('licenses', id)),
        template: (id) => send('GET', pathOf('license-templates', id)),
        licenses: async (customer_id, product_id, limit) => {
          const query = { customer_id, product_id, limit: String(limit) };
          return (await send<Page<LicenseFacts>>('GET', listOf('licenses', query))).data;
        },
      },
      argument,
    ),
  async linkSubscription({ send }, { subscription_id, license_id }) {
    const path = `${pathOf('subscriptions', subscription_id)}/link`;
    const { linked_now } = await send<{ linked_now: boolean }>('POST', path, { license_id });
    return { license_id, linked_now };
  },
  async unlinkSubscription({ send }, { subscription_id, license_id }) {
    const path = pathOf('subscriptions', subscription_id);
    const { license } = await send<SubscriptionFacts>('GET', path);
    if (license?.license_id === license_id) await send('POST', `${path}/unlink`);
    return { license_id };
  },
  matchSubscription: ({ send }, argument) =>
    matchSubscription(
      {
        subscription: (id) => send('GET', pathOf('subscriptions', id)),
        quote: (id) => send('GET', pathOf('quotes', id)),
        order: (id) => send('GET', pathOf('orders', id)),
      },
      argument,
    ),
  async activateSubscription({ runId, send }, { subscription_id, activated_at, ...facts }) {
    const occurred_at = new Date(activated_at).toISOString();
    const event = { event_id: `workflow-run:${runId}`, occurred_at, kind: 'activated', ...facts };
    await send('POST', `${pathOf('subscriptions', subscription_id)}/events`, event);
    return { subscription_id };
  },
  ...REST_ORDER_STEPS,
  async createPartner({ send }, { partner: { partner_id: partnerId, name, email } }) {
    const { partner_id } =
      partnerId === undefined
        ? await send<Partner>('POST', '/v1/partners', { name, email })
        : await send<Partner>('GET', pathOf('partners', partnerId));
    return { partner_id, created: partnerId === undefined };
  },
  async approvePartner({ send }, { partner_id }) {
    const path = pathOf('partners', partner_id);
    try {
      await send('POST', `${path}/approve`, {});
      return { partner_id, approved: true };
    } catch (error) {
      if (codeOf(error) !== 'PARTNER_STATE') throw error;
      if ((await send<Partner>('GET', path)).status !== 'APPROVED') throw error;
      return { partner_id, approved: false };
    }
  },
  async suspendPartner({ runId, send }, { partner_id }) {
    const reason = { code: 'CORRECTION', text: `The workflow run ${runId} undid the approval.` };
    const request = { license_effect: 'KEEP', reason };
    await send('POST', `${pathOf('partners', partner_id)}/suspend`, request).catch((error: unknown) => {
      if (codeOf(error) !== 'PARTNER_STATE') throw error;
    });
    return { partner_id };
  },
  async createLicensePool({ send }, pool) {
    const { pool_id } = await send<{ pool_id: string }>('POST', '/v1/license-pools', pool);
    return { pool_id, created: true };
  },
  async emptyLicensePool({ runId, send }, { pool_id }) {
    const path = pathOf('license-pools', pool_id);
    const { available, allotted } = await send<{ available: number; allotted: number }>('GET', path);
    const reason = { code: 'CORRECTION', text: `The workflow run ${runId} undid the allotment.` };
    // Licenses that come back or are added between two attempts are taken out by a request of their own, so that each key has one quantity.
    const part = `${allotted}/${available}`;
    if (available > 0) await send('POST', `${path}/allot`, { quantity: -available, reason }, undefined, part);
    return { pool_id };
  },
  async issuePartnerLicense({ runId, send }, { partner_id, license_template_id }) {
    const request = { license_template_id, metadata: { workflow_run_id: runId } };
    const path = `${pathOf('partners', partner_id)}/issue-license`;
    const { license_id } = await send<{ license_id: string }>('POST', path, request);
    return { license_id, created: true };
  },
  async invitePartner({ send }, { partner_id }) {
    const request = { partner_id, send_email: true };
    const { invitation_id, email_message_id } = await send<Invitation>('POST', '/v1/partner-invitations', request);
    return { invitation_id, email_message_id };
  },
};

/** Members of a partner and of an invitation in answers. */
interface Partner {
  readonly partner_id: string;
  readonly status: string;
}
interface Invitation {
  readonly invitation_id: string;
  readonly email_message_id: string;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

interface Page<Row> {
  readonly data: readonly Row[];
}

function pathOf(collection: string, id: string): string {
  return `/v1/${collection}/${encodeURIComponent(id)}`;
}

function listOf(collection: string, query: Readonly<Record<string, string>>): string {
  return `/v1/${collection}?${Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')}`;
}

async function sendEmail(send: RestStepContext['send'], email: object) {
  const { email_message_id } = await send<{ email_message_id: string }>('POST', '/v1/email-messages', email);
  return { email_message_id };
}

/** Creates first and looks only if the id is taken, for the reason that `bus-steps.ts` gives. */
async function createOrGetCustomer({ send }: RestStepContext, input: CustomerInput) {
  const { customer_id: customerId, ...details } = input;
  const found = async (id: string) => ({
    customer: await send<Customer>('GET', `/v1/customers/${encodeURIComponent(id)}`),
    created: false,
  });
  if (customerId !== undefined && Object.keys(details).length === 0) return found(customerId);
  try {
    return { customer: await send<Customer>('POST', '/v1/customers', input), created: true };
  } catch (error) {
    if (customerId === undefined || (error as { code?: unknown }).code !== 'CUSTOMER_EXISTS') throw error;
    return found(customerId);
  }
}
