import type { AnyDefinition, RunSubject } from './definition.js';
import { LEAD_TO_CUSTOMER } from './lead-to-customer.definition.js';
import { PARTNER_ONBOARDING } from './partner-onboarding.definition.js';
import { QUOTE_TO_ORDER } from './quote-to-order.definition.js';
import { SUBSCRIPTION_ACTIVATION } from './subscription-activation.definition.js';

/** All workflows that can be started. */
export const DEFINITIONS: readonly AnyDefinition[] = [
  LEAD_TO_CUSTOMER,
  PARTNER_ONBOARDING,
  SUBSCRIPTION_ACTIVATION,
  QUOTE_TO_ORDER,
];

export const WORKFLOW_NAMES = DEFINITIONS.map(({ name }) => name);

/** Returns the definition of a workflow; undefined for an unknown name, such as that of a run of a later release. */
export function definitionOf(workflow: string): AnyDefinition | undefined {
  return DEFINITIONS.find(({ name }) => name === workflow);
}

/** Returns whom a run with a validated input is about. */
export function subjectOf(workflow: string, input: unknown): RunSubject {
  return definitionOf(workflow)?.subjectOf(input) ?? {};
}
