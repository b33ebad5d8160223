import type { Engine } from './contract.js';

/** Input of a run, which `subscription-activation.definition.ts` validates. */
export interface SubscriptionActivationInput {
  readonly subscription_id: string;
  /** License to link; without it one of the customer is found, or a new one issued. */
  readonly license_id?: string | undefined;
  readonly quantity?: number | undefined;
  readonly period_start?: string | undefined;
  readonly period_end?: string | undefined;
}

export interface SubscriptionActivationResult {
  readonly subscription_id: string;
  readonly customer_id: string;
  readonly license_id: string;
  /** Whether the run issued the license. */
  readonly issued: boolean;
}

/** Gives a subscription its license: found or issued, linked, and brought into force for the period that is paid. */
export async function subscriptionActivation(
  w: Engine,
  input: SubscriptionActivationInput,
): Promise<SubscriptionActivationResult> {
  const { subscription_id, license_id: wanted, ...terms } = input;
  const found = await w.steps.findSubscriptionLicense({ subscription_id, license_id: wanted });
  const { customer_id, license_template_id } = found;

  const issued = found.license_id === null ? await w.steps.issueLicense({ license_template_id, customer_id }) : null;
  // Only a license of this run is revoked by an undo. One that was found belongs to the customer already.
  if (issued) w.undo(() => w.steps.revokeLicense({ license_id: issued.license_id }));
  const license_id = issued?.license_id ?? found.license_id ?? '';

  // Another run may have linked the license since it was found.
  const { linked_now = !found.linked } = await w.steps.linkSubscription({ subscription_id, license_id });
  if (linked_now) w.undo(() => w.steps.unlinkSubscription({ subscription_id, license_id }));

  await w.steps.activateSubscription({ subscription_id, activated_at: await w.now(), ...terms });
  return { subscription_id, customer_id, license_id, issued: issued !== null };
}
