import { CreateCustomerCommand, GetCustomerQuery, UpdateCustomerCommand } from '../../customers/index.js';
import {
  GetLicenseQuery,
  IssueLicenseCommand,
  ListLicensesQuery,
  RevokeLicenseCommand,
} from '../../licensing/index.js';
import { SendEmailCommand } from '../../notifications/index.js';
import { GetOrderQuery, GetQuoteQuery } from '../../orders/index.js';
import {
  AllotLicensesCommand,
  ApprovePartnerCommand,
  CreateInvitationCommand,
  CreateLicensePoolCommand,
  CreatePartnerCommand,
  GetLicensePoolQuery,
  GetPartnerQuery,
  IssuePartnerLicenseCommand,
  PartnerStateError,
  SuspendPartnerCommand,
} from '../../partners/index.js';
import { TENANT_ROLES } from '../../shared/access/permissions.js';
import type { CustomerInput, StepName, Steps } from '../definitions/contract.js';
import {
  GetSubscriptionQuery,
  IngestBillingEventCommand,
  LinkLicenseCommand,
  ListSubscriptionsQuery,
  UnlinkLicenseCommand,
} from '../../subscriptions/index.js';
import { GetTemplateQuery } from '../../templates/index.js';
import { findSubscriptionLicense } from './find-subscription-license.js';
import { issueTermsOf } from './issue-terms.js';
import { matchSubscription } from './match-subscription.js';
import { ORDER_STEPS } from './order-steps.js';
import { StepRefusal, type BusStep, type StepContext } from './bus-step.js';

/** Implementation of each step of the contract. */
type BusSteps = {
  readonly [Name in StepName]: BusStep<Parameters<Steps[Name]>[0], Awaited<ReturnType<Steps[Name]>>>;
};

export const BUS_STEPS: BusSteps = {
  createCustomer: {
    permissions: ['customers:read', 'customers:write'],
    async perform(context, { customer: input, email_required: emailRequired }) {
      const { customer, created } = await createOrGetCustomer(context, input);
      if (emailRequired && customer.email === null) {
        const text = `The customer ${customer.customer_id} has no e-mail address, which the workflow needs.`;
        throw new StepRefusal('CUSTOMER_HAS_NO_EMAIL', text);
      }
      return { customer_id: customer.customer_id, created };
    },
  },
  deactivateCustomer: {
    permissions: ['customers:write'],
    async perform({ actor, options, execute }, { customer_id }) {
      await execute(new UpdateCustomerCommand(actor, customer_id, { active: false }, options));
      return { customer_id };
    },
  },
  issueLicense: {
    permissions: ['licenses:issue'],
    async perform({ actor, runId, options, execute }, terms) {
      const request = { ...issueTermsOf(terms), metadata: { workflow_run_id: runId } };
      const { license_id } = await execute(new IssueLicenseCommand(actor, request, options));
      return { license_id, created: true };
    },
  },
  revokeLicense: {
    permissions: ['licenses:revoke'],
    async perform({ actor, runId, options, execute }, { license_id }) {
      const reason = { code: 'CORRECTION', text: `The workflow run ${runId} undid the issue.` } as const;
      await execute(new RevokeLicenseCommand(actor, license_id, { reason }, options));
      return { license_id };
    },
  },
  sendLicenseEmail: {
    permissions: ['emails:send', 'licenses:reveal-key'],
    perform: ({ actor, options, execute }, { license_id, customer_id }) =>
      execute(new SendEmailCommand(actor, { template: 'license_issued', license_id, customer_id }, options)),
  },
  sendEmail: {
    permissions: ['emails:send'],
    perform: ({ actor, options, execute }, email) => execute(new SendEmailCommand(actor, email, options)),
  },
  findSubscriptionLicense: {
    permissions: ['subscriptions:read', 'templates:read', 'licenses:read'],
    perform: ({ actor, ask }, argument) =>
      findSubscriptionLicense(
        {
          subscription: (id) => ask(new GetSubscriptionQuery(actor, id)),
          subscriptionOf: async (license_id) =>
            (await ask(new ListSubscriptionsQuery(actor, { limit: 1, license_id }))).data[0],
          license: (id) => ask(new GetLicenseQuery(actor, id)),
          template: (id) => ask(new GetTemplateQuery(actor, id)),
          licenses: async (customer_id, product_id, limit) =>
            (await ask(new ListLicensesQuery(actor, { limit, customer_id, product_id }))).data,
        },
        argument,
      ),
  },
  linkSubscription: {
    permissions: ['subscriptions:write'],
    async perform({ actor, options, execute }, { subscription_id, license_id }) {
      const { linked_now } = await execute(new LinkLicenseCommand(actor, subscription_id, { license_id }, options));
      return { license_id, linked_now };
    },
  },
  unlinkSubscription: {
    permissions: ['subscriptions:read', 'subscriptions:write'],
    async perform({ actor, options, execute, ask }, { subscription_id, license_id }) {
      const { license } = await ask(new GetSubscriptionQuery(actor, subscription_id));
      if (license?.license_id === license_id)
        await execute(new UnlinkLicenseCommand(actor, subscription_id, {}, options));
      return { license_id };
    },
  },
  matchSubscription: {
    permissions: ['subscriptions:read', 'orders:read'],
    perform: ({ actor, ask }, argument) =>
      matchSubscription(
        {
          subscription: (id) => ask(new GetSubscriptionQuery(actor, id)),
          quote: (id) => ask(new GetQuoteQuery(actor, id)),
          order: (id) => ask(new GetOrderQuery(actor, id)),
        },
        argument,
      ),
  },
  activateSubscription: {
    permissions: ['subscriptions:ingest'],
    async perform({ actor, runId, options, execute }, { subscription_id, activated_at, ...facts }) {
      const occurred_at = new Date(activated_at).toISOString();
      const event = { event_id: `workflow-run:${runId}`, occurred_at, kind: 'activated', ...facts } as const;
      await execute(new IngestBillingEventCommand(actor, subscription_id, event, options));
      return { subscription_id };
    },
  },
  ...ORDER_STEPS,
  createPartner: {
    permissions: ['partners:read', 'partners:write'],
    async perform({ actor, options, execute, ask }, { partner: { partner_id: partnerId, name = '', email } }) {
      if (partnerId !== undefined) {
        const { partner_id } = await ask(new GetPartnerQuery(actor, partnerId));
        return { partner_id, created: false };
      }
      const { partner_id } = await execute(new CreatePartnerCommand(actor, { name, email }, options));
      return { partner_id, created: true };
    },
  },
  approvePartner: {
    permissions: ['partners:read', 'partners:approve'],
    async perform({ actor, options, execute, ask }, { partner_id }) {
      try {
        await execute(new ApprovePartnerCommand(actor, partner_id, {}, options));
        return { partner_id, approved: true };
      } catch (error) {
        if (!(error instanceof PartnerStateError)) throw error;
        const { status } = await ask(new GetPartnerQuery(actor, partner_id));
        if (status !== 'APPROVED') throw error;
        return { partner_id, approved: false };
      }
    },
  },
  suspendPartner: {
    permissions: ['partners:approve'],
    async perform({ actor, runId, options, execute }, { partner_id }) {
      const reason = { code: 'CORRECTION', text: `The workflow run ${runId} undid the approval.` } as const;
      const suspend = new SuspendPartnerCommand(actor, partner_id, { license_effect: 'KEEP', reason }, options);
      await execute(suspend).catch((error: unknown) => {
        // Somebody else was first.
        if (!(error instanceof PartnerStateError)) throw error;
      });
      return { partner_id };
    },
  },
  createLicensePool: {
    permissions: ['partners:write'],
    async perform({ actor, options, execute }, pool) {
      const { pool_id } = await execute(new CreateLicensePoolCommand(actor, pool, options));
      return { pool_id, created: true };
    },
  },
  emptyLicensePool: {
    permissions: ['partners:read', 'partners:write'],
    async perform({ actor, runId, options, execute, ask }, { pool_id }) {
      const { available, allotted } = await ask(new GetLicensePoolQuery(actor, pool_id));
      const reason = { code: 'CORRECTION', text: `The workflow run ${runId} undid the allotment.` } as const;
      // Licenses that come back or are added between two attempts are taken out by a command of their own, so that each key has one quantity.
      const keyed = { ...options, idempotencyKey: `${options.idempotencyKey}/${allotted}/${available}` };
      if (available > 0)
        await execute(new AllotLicensesCommand(actor, pool_id, { quantity: -available, reason }, keyed));
      return { pool_id };
    },
  },
  issuePartnerLicense: {
    permissions: ['licenses:issue'],
    async perform({ actor, runId, options, execute }, { partner_id, license_template_id }) {
      const request = { license_template_id, metadata: { workflow_run_id: runId } };
      const { license_id } = await execute(new IssuePartnerLicenseCommand(actor, partner_id, request, options));
      return { license_id, created: true };
    },
  },
  invitePartner: {
    permissions: ['partners:write', 'emails:send', ...TENANT_ROLES.partner],
    async perform({ actor, options, execute }, { partner_id }) {
      const request = { partner_id, send_email: true };
      const { invitation_id, email_message_id } = await execute(new CreateInvitationCommand(actor, request, options));
      return { invitation_id, email_message_id: email_message_id ?? '' };
    },
  },
};

/**
 * Creates first and looks only if the id is taken: a repeated attempt then finds the result of its own creation by its idempotency key
 * instead of a customer that looks as if somebody else had created it.
 */
async function createOrGetCustomer({ actor, options, execute, ask }: StepContext, input: CustomerInput) {
  const { customer_id: customerId, ...details } = input;
  if (customerId !== undefined && Object.keys(details).length === 0) {
    return { customer: await ask(new GetCustomerQuery(actor, customerId)), created: false };
  }
  try {
    return { customer: await execute(new CreateCustomerCommand(actor, input, options)), created: true };
  } catch (error) {
    if (customerId === undefined || (error as { errorCode?: unknown }).errorCode !== 'CUSTOMER_EXISTS') throw error;
    return { customer: await ask(new GetCustomerQuery(actor, customerId)), created: false };
  }
}
