import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  patched,
  proxyActivities,
  setDefaultSignalHandler,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { BODIES } from '../../../src/workflows/definitions/bodies.js';
import type { SignalData } from '../../../src/workflows/definitions/contract.js';
import {
  CANCEL,
  runBody,
  type OpenState,
  type Outcome,
  type Refusal,
  type StepOutcome,
} from '../../../src/workflows/definitions/run-body.js';
import type { RestStepCall } from '../../../src/workflows/steps/rest-performer.js';
import type { InputCheck, UncheckedInput } from './activities.js';
import { TemporalPrimitives } from './temporal-primitives.js';

/** As often as the server repeats a step by default. Long before its idempotency key is forgotten, the run is stalled and waits. */
const STEP_ATTEMPTS = 16;
const OPTIONS = {
  // The time after which Temporal notices that a worker has died. An attempt is given up before.
  startToCloseTimeout: '30 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 hour',
    maximumAttempts: STEP_ATTEMPTS,
  },
} as const;

export const stateQuery = defineQuery<OpenState>('state');

/**
 * Runs the body that is named like the type of the workflow; the id of the run is that of the workflow. Any signal is a message to the run,
 * as is a cancellation by Temporal, so that the run takes back what it made. A run that did not complete fails, with the code as type and
 * the outcome as detail.
 */
export default async function run(input: unknown): Promise<Outcome> {
  const { workflowType, workflowId } = workflowInfo();
  const body = Object.hasOwn(BODIES, workflowType) ? BODIES[workflowType] : undefined;
  if (!body) throw ApplicationFailure.nonRetryable(`There is no workflow ${workflowType}.`, 'UNKNOWN_WORKFLOW');

  const primitives = new TemporalPrimitives(workflowId, {
    perform: (request) => performStep({ ...request, runId: workflowId }),
    condition: async (holds, timeoutMs) => {
      if (timeoutMs !== undefined) return condition(holds, timeoutMs);
      await condition(holds);
      return true;
    },
    now: () => Date.now(),
    uuid: uuid4,
    patched,
  });
  setHandler(stateQuery, () => primitives.state);
  setDefaultSignalHandler((name, data) => primitives.deliver({ name, data: data as SignalData | undefined }));
  CancellationScope.current().cancelRequested.catch(() => primitives.deliver({ name: CANCEL }));

  const outcome = await CancellationScope.nonCancellable(async () => {
    const checked = await checkInput({ workflow: workflowType, runId: workflowId, input });
    if ('refused' in checked) return notBegun(checked.refused);
    return runBody(body, checked.input, primitives);
  });
  if (outcome.state === 'COMPLETED') return outcome;
  throw ApplicationFailure.nonRetryable(outcome.error.message, outcome.error.code, outcome);
}

type Step = (call: RestStepCall) => Promise<StepOutcome>;

async function performStep(call: RestStepCall): Promise<StepOutcome> {
  // Every name is an activity for the proxy; a worker without it fails the activity.
  const { [call.step]: perform } = proxyActivities<Record<string, Step>>({ ...OPTIONS, activityId: call.key });
  if (!perform) throw new TypeError(`There is no step ${call.step}.`);
  try {
    return await perform(call);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const { cause } = error;
    const code = cause instanceof ApplicationFailure && cause.type ? cause.type : 'NO_ANSWER';
    return { exhausted: { code, message: `The step failed with ${code}.` } };
  }
}

/** Checks the input outside of the sandbox, so that a later release with other rules or defaults leaves open runs alone. */
function checkInput(input: UncheckedInput): Promise<InputCheck> {
  return proxyActivities<{ checkInput(unchecked: UncheckedInput): Promise<InputCheck> }>(OPTIONS).checkInput(input);
}

function notBegun(refused: Refusal): Outcome {
  return { state: 'FAILED', error: { ...refused, step: null }, undone: [], not_undone: [] };
}
