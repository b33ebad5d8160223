import { definitionOf } from '../../../src/workflows/definitions/definitions.js';
import type { Refusal, StepOutcome } from '../../../src/workflows/definitions/run-body.js';
import { RestFailure, type RestPerformer, type RestStepCall } from '../../../src/workflows/steps/rest-performer.js';
import { REST_STEPS } from '../../../src/workflows/steps/rest-steps.js';

export interface UncheckedInput {
  readonly workflow: string;
  readonly runId: string;
  readonly input: unknown;
}

export type InputCheck = { readonly input: unknown } | { readonly refused: Refusal };

type Activity = (argument: never) => Promise<unknown>;

/** Error for Temporal of a step that must be repeated. */
export type ToFailure = (failure: RestFailure) => Error;

/** The ids that the server takes; a run's id is part of its idempotency keys. */
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** Activities of the worker: one for each step of the contract, and the check of an input. */
export function createActivities(performer: Pick<RestPerformer, 'perform'>, toFailure: ToFailure) {
  const perform = async (call: RestStepCall): Promise<StepOutcome> => {
    try {
      return await performer.perform(call);
    } catch (error) {
      throw toFailure(error instanceof RestFailure ? error : new RestFailure('INTERNAL_ERROR'));
    }
  };
  const activities: Record<string, Activity> = { checkInput };
  for (const step of Object.keys(REST_STEPS)) activities[step] = perform;
  return activities;
}

/** Returns the input with its defaults, as the server does when it starts a run. */
export function checkInput({ workflow, runId, input }: UncheckedInput): Promise<InputCheck> {
  const refuse = (message: string) => Promise.resolve({ refused: { code: 'VALIDATION_FAILED', message } });
  if (!RUN_ID.test(runId)) {
    return refuse('The id of the workflow must be 1 to 64 characters, letters, digits and . _ : -.');
  }
  const definition = definitionOf(workflow);
  if (!definition) return refuse(`There is no workflow ${workflow}.`);
  const checked = definition.input.safeParse(input);
  if (checked.success) return Promise.resolve({ input: checked.data });
  const { issues } = checked.error;
  return refuse(issues.map(({ path, message }) => `/${path.map(String).join('/')} ${message}`).join('; '));
}
