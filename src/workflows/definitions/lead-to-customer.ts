import type { CustomerInput, Engine, IssueTerms } from './contract.js';

/** Input of a run, which `lead-to-customer.definition.ts` validates. */
export interface LeadToCustomerInput extends IssueTerms {
  readonly lead: CustomerInput;
  readonly license_template_id: string;
  readonly trial?: boolean | undefined;
  readonly approval: boolean;
  readonly approval_timeout_days: number;
  readonly welcome: boolean;
}

export interface LeadToCustomerResult {
  readonly customer_id: string;
  readonly license_id: string;
  readonly email_message_id: string | null;
}

const DAY_MS = 86_400_000;

/** Makes a customer of a lead: customer, approval if asked for, license, welcome e-mail with the license key. */
export async function leadToCustomer(w: Engine, input: LeadToCustomerInput): Promise<LeadToCustomerResult> {
  const { customer_id, created } = await w.steps.createCustomer({
    customer: input.lead,
    email_required: input.welcome,
  });
  if (created) w.undo(() => w.steps.deactivateCustomer({ customer_id }));

  if (input.approval) {
    const days = input.approval_timeout_days;
    const approved = await w.waitFor('approved', days * DAY_MS);
    if (approved === null) throw w.refused('NOT_APPROVED', `Nobody approved the run within ${days} days.`);
  }

  const { license_template_id, trial, starts, expires_if_started_by, overrides } = input;
  const terms = { license_template_id, customer_id, trial, starts, expires_if_started_by, overrides };
  // The start may have passed while the run waited for its approval.
  const time = starts === undefined ? {} : { requested_at: await w.now() };
  const { license_id } = await w.steps.issueLicense({ ...terms, ...time });
  w.undo(() => w.steps.revokeLicense({ license_id }));

  const email = input.welcome ? await w.steps.sendLicenseEmail({ license_id, customer_id }) : null;
  return { customer_id, license_id, email_message_id: email?.email_message_id ?? null };
}
