import type { Steps } from '../definitions/contract.js';
import { StepRefusal } from './refusal.js';

type Find = Steps['findSubscriptionLicense'];

/** Members of a subscription in answers. */
export interface SubscriptionFacts {
  readonly status: string;
  readonly customer_id: string;
  readonly template_id: string;
  readonly license: { readonly license_id: string } | null;
}

/** Members of a license in answers. */
export interface LicenseFacts {
  readonly license_id: string;
  readonly status: string;
  readonly template_id: string;
  readonly subscription_id: string | null;
  readonly held_by_subscription: boolean;
  readonly trial: boolean;
  readonly expiry_date: string | null;
}

/** Reads of the step, over the bus or over REST. */
export interface SubscriptionReads {
  subscription(subscriptionId: string): Promise<SubscriptionFacts>;
  /** Returns the subscription that a license is linked with. */
  subscriptionOf(licenseId: string): Promise<SubscriptionFacts | undefined>;
  license(licenseId: string): Promise<LicenseFacts>;
  template(templateId: string): Promise<{ readonly product_id: string }>;
  /** Returns the newest licenses of a customer and product. */
  licenses(customerId: string, productId: string, limit: number): Promise<readonly LicenseFacts[]>;
}

/** Most licenses of a customer and product that are looked at. */
const MAX_LICENSES = 100;
/** Statuses in which a license cannot be linked. */
const UNUSABLE = ['REVOKED', 'PENDING'];

/** Finds the license for a subscription; see `Steps.findSubscriptionLicense`. */
export async function findSubscriptionLicense(
  reads: SubscriptionReads,
  { subscription_id, license_id: wanted }: Parameters<Find>[0],
): ReturnType<Find> {
  const subscription = await reads.subscription(subscription_id);
  const { customer_id, template_id: license_template_id, license } = subscription;
  const found = { customer_id, license_template_id };
  if (license) return { ...found, license_id: license.license_id, linked: true };
  const license_id =
    wanted === undefined ? await licenseOfCustomer(reads, subscription) : (await reads.license(wanted)).license_id;
  return { ...found, license_id, linked: false };
}

/**
 * Returns a license that the subscription may take. One that never expires, has not started, or is of other terms and without a former
 * subscription, was sold for itself. One that was suspended by hand is neither brought into force nor replaced.
 */
async function licenseOfCustomer(
  reads: SubscriptionReads,
  { customer_id, template_id }: SubscriptionFacts,
): Promise<string | null> {
  const { product_id } = await reads.template(template_id);
  let suspended: string | undefined;
  for (const license of await reads.licenses(customer_id, product_id, MAX_LICENSES)) {
    if (license.trial || UNUSABLE.includes(license.status) || !(await isFree(license))) continue;
    if (license.status !== 'SUSPENDED' || license.held_by_subscription) return license.license_id;
    suspended ??= license.license_id;
  }
  if (suspended === undefined) return null;
  const text = `The license ${suspended} of the customer is suspended by hand. Reinstate or revoke it, or name a license.`;
  throw new StepRefusal('LICENSE_SUSPENDED_BY_HAND', text);

  async function isFree(license: LicenseFacts): Promise<boolean> {
    if (license.subscription_id === null) return license.template_id === template_id && license.expiry_date !== null;
    return (await reads.subscriptionOf(license.license_id))?.status === 'ENDED';
  }
}
