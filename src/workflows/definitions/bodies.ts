import type { Body } from './contract.js';
import { leadToCustomer } from './lead-to-customer.js';
import { partnerOnboarding } from './partner-onboarding.js';
import { subscriptionActivation } from './subscription-activation.js';
import { quoteToOrder } from './quote-to-order.js';

/** Body of each workflow by its name, for every engine. */
export const BODIES: Readonly<Record<string, Body<never>>> = {
  'lead-to-customer': leadToCustomer,
  'partner-onboarding': partnerOnboarding,
  'subscription-activation': subscriptionActivation,
  'quote-to-order': quoteToOrder,
};
