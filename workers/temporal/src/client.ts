// Starts, signals and shows runs:
//
//   node client.js start lead-to-customer lead-4711 < input.json
//   node client.js signal lead-4711 approved [DATA]     also: cancel | retry
//   node client.js show lead-4711
//   node client.js history lead-4711                    with readable payloads
//
// The input comes from standard input, because everybody on a machine can see the arguments of a process.
import { text } from 'node:stream/consumers';
import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { decodeHistory } from './decode-history.js';
import { EncryptingPayloadCodec } from './payload-codec.js';
import { readSettings, type Settings } from './settings.js';
import { connectClient } from './temporal.js';

const USAGE = 'start WORKFLOW RUN_ID < INPUT | signal RUN_ID NAME [DATA] | show RUN_ID | history RUN_ID';

/** Starts a run. A second start with the same id is refused, because Temporal does not compare inputs. */
async function start(client: Client, { taskQueue }: Settings, [workflow = '', runId = '']: string[]): Promise<object> {
  const input = JSON.parse(await text(process.stdin)) as unknown;
  await client.workflow.start(workflow, {
    taskQueue,
    workflowId: runId,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    args: [input],
  });
  return { run_id: runId, workflow, state: 'RUNNING' };
}

async function signal(client: Client, _: Settings, [runId = '', name = '', data]: string[]): Promise<object> {
  await client.workflow.getHandle(runId).signal(name, ...(data === undefined ? [] : [JSON.parse(data) as unknown]));
  return { run_id: runId, signal: name };
}

/** Returns the outcome of a run that has ended, else its state and the steps that Temporal performs or repeats now. */
async function show(client: Client, _: Settings, [runId = '']: string[]): Promise<object> {
  const handle = client.workflow.getHandle(runId);
  const { type: workflow, status, raw } = await handle.describe();
  if (status.name !== 'RUNNING') return { run_id: runId, workflow, ...(await outcomeOf(handle.result())) };
  const pending = (raw.pendingActivities ?? []).map(({ activityId, attempt }) => ({ step: activityId, attempt }));
  // A query is answered by a worker: without one, what Temporal knows is shown.
  const state = await client
    .withDeadline(Date.now() + 5_000, () => handle.query<object>('state'))
    .catch(() => ({ state: 'RUNNING' }));
  return { run_id: runId, workflow, ...state, pending };
}

async function outcomeOf(result: Promise<unknown>): Promise<object> {
  try {
    return (await result) as object;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const known = cause instanceof ApplicationFailure ? cause.details?.[0] : null;
    return known ?? { state: 'FAILED', error: { code: 'TERMINATED', message: cause?.message } };
  }
}

async function history(client: Client, { payloadKeys }: Settings, [runId = '']: string[]): Promise<object> {
  const recorded = await client.workflow.getHandle(runId).fetchHistory();
  return JSON.parse(await decodeHistory(recorded, new EncryptingPayloadCodec(payloadKeys))) as object;
}

const COMMANDS = { start, signal, show, history };

const [name = '', ...parameters] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, name) || parameters.length === 0) {
  console.error(USAGE);
  process.exit(2);
}
const settings = readSettings(process.env);
const client = await connectClient(settings);
try {
  const answer = await COMMANDS[name as keyof typeof COMMANDS](client, settings, parameters);
  console.log(JSON.stringify(answer, null, 2));
} catch (error) {
  const isKnown = error instanceof WorkflowExecutionAlreadyStartedError;
  console.error(isKnown ? `There is already a run ${parameters[1]}.` : String(error));
  process.exitCode = 1;
} finally {
  await client.connection.close();
}
