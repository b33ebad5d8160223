// Guarantees of each workflow on Temporal. `runId` is also the name of the recorded history.
import { LEAD_TO_CUSTOMER } from './lead-to-customer.mjs';
import { PARTNER_ONBOARDING } from './partner-onboarding.mjs';
import { QUOTE_TO_ORDER } from './quote-to-order.mjs';
import { SUBSCRIPTION_ACTIVATION } from './subscription-activation.mjs';

/** Scenarios that `kills` are played at once, after the others: each waits inside a step for the same kill of the worker. */
export const SCENARIOS = [...LEAD_TO_CUSTOMER, ...QUOTE_TO_ORDER, ...SUBSCRIPTION_ACTIVATION, ...PARTNER_ONBOARDING];
