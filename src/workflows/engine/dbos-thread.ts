import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { DBOS, Error as DbosError } from '@dbos-inc/dbos-sdk';
import { SealError, Secrets } from '../../shared/secrets/secrets.js';
import { BODIES } from '../definitions/bodies.js';
import { isUnrecorded, runBody, type Primitives, type RunMessage, type StepOutcome } from '../definitions/run-body.js';
import type { StepCall } from '../steps/step-performer.js';
import { FairSlots, RunSlot } from './fair-slots.js';
import { APPLICATION, APPLICATION_VERSION, MESSAGES, QUEUE, runOf, SCHEMA, workflowIdOf } from './names.js';
import { Presence } from './presence.js';
import { RunWaits } from './run-waits.js';
import { sealedSerializer } from './sealed-serializer.js';
import type { FromThread, ThreadData, ToThread } from './thread-messages.js';

/** Within five seconds the runs of a process that died go on elsewhere. */
const ADOPT_INTERVAL_MS = 2_000;
const GIVE_BACK_INTERVAL_MS = 250;
/** Pause after the first failure of a run's execution. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 300_000;
/** Pause after the first failed attempt at a step. */
const FIRST_STEP_PAUSE_MS = 1_000;
const MAX_STEP_PAUSE_MS = 3_600_000;
const SETTLE_INTERVAL_MS = 30_000;
const RETENTION_INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Runs that one pass of a chore reads. */
const CHUNK_SIZE = 500;
/** Most open runs of one tenant in a process, those that wait included. */
const MAX_OPEN_RUNS = 10_000;
/** For ever, for the engine's timer. */
const NO_DEADLINE_MS = 100 * 365 * DAY_MS;
const STOP_TIMEOUT_MS = 5_000;

const port = parentPort;
if (!port) throw new Error('The engine runs in a thread of the server.');
const data = workerData as ThreadData;
const slots = new FairSlots(data.concurrency);

function post(message: FromThread): void {
  port?.postMessage(message);
}

/** Steps that the main thread performs now, by number. */
const pending = new Map<number, { resolve(outcome: StepOutcome): void; reject(error: Error): void }>();
let calls = 0;

function callMainThread(call: StepCall): Promise<StepOutcome> {
  return new Promise((resolve, reject) => {
    const id = ++calls;
    pending.set(id, { resolve, reject });
    post({ kind: 'call', id, call });
  });
}

function receiveFromMainThread(message: ToThread): void {
  if (message.kind === 'stop') return void stop();
  const call = pending.get(message.id);
  pending.delete(message.id);
  if (message.kind === 'outcome') call?.resolve(message.outcome);
  else call?.reject(Object.assign(new Error(message.message), { code: message.code }));
}

/** Emits the engine's id of a run when the run gets a message. */
const messages = new EventEmitter().setMaxListeners(0);

let presence: Presence | undefined;
const waits = new RunWaits(
  async (some) => (await presence?.findReady(some)) ?? [],
  (error) => {
    if (!isStopping)
      post({ kind: 'log', level: 'warn', text: `Failed to look for messages to runs: ${String(error)}` });
  },
);

/** Outcome of a step as the engine records it. */
type RecordedOutcome = StepOutcome & { readonly attempts: number };

/** Primitives of `runBody` over DBOS. Every call is recorded under its number in the run, so that a replay makes the same ones. */
class DbosPrimitives implements Primitives {
  private received = 0;

  constructor(
    readonly runId: string,
    private readonly run: { readonly tenantId: string; readonly workflow: string },
    private readonly slot: RunSlot,
  ) {}

  async perform({ step, key, argument }: { step: string; key: string; argument: unknown }): Promise<StepOutcome> {
    const { runId, slot } = this;
    const call = { ...this.run, runId, step, key, argument };
    const workflowId = workflowIdOf(call);
    const attempt = async (): Promise<RecordedOutcome> => {
      const attempts = DBOS.stepStatus?.currentAttempt ?? 1;
      const heard = new AbortController();
      const onMessage = () => heard.abort();
      messages.once(workflowId, onMessage);
      await slot.acquire();
      try {
        return { ...(await callMainThread(call)), attempts };
      } catch (error) {
        const { message, code = 'INTERNAL_ERROR' } = error as Error & { code?: string };
        // The last failure is recorded as an outcome, since the class of a recorded error is lost.
        if (attempts >= data.stepAttempts) return { exhausted: { code, message }, attempts };
        slot.release();
        // A message, such as a cancellation, ends the pause also if it came while the attempt was made.
        const pauseMs = backOffMs(attempts, FIRST_STEP_PAUSE_MS, MAX_STEP_PAUSE_MS);
        await sleep(pauseMs, undefined, { signal: heard.signal }).catch(() => undefined);
        throw error;
      } finally {
        messages.off(workflowId, onMessage);
      }
    };
    const outcome = await DBOS.runStep(attempt, {
      name: key,
      retriesAllowed: true,
      maxAttempts: data.stepAttempts,
      // The attempt makes the pause itself, because the engine's own cannot be ended.
      intervalSeconds: 0,
    });
    return readable(outcome);
  }

  async receive(deadline: number | undefined): Promise<RunMessage | null> {
    this.slot.release();
    try {
      await waits.until(workflowIdOf({ ...this.run, runId: this.runId }), this.received++, deadline);
      const deadlineEpochMS = deadline ?? Date.now() + NO_DEADLINE_MS;
      return readable(await DBOS.recv<RunMessage>(MESSAGES, { deadlineEpochMS }));
    } finally {
      await this.slot.acquire();
    }
  }

  async now(): Promise<number> {
    return readable(await DBOS.now());
  }

  async uuid(): Promise<string> {
    return readable(await DBOS.randomUUID());
  }

  patched(change: string): Promise<boolean> {
    return DBOS.patch(change);
  }
}

/** Returns a stored value. Throws the error that `readableSerializer` returns for one that cannot be unsealed. */
function readable<T>(value: T): T {
  if (Array.isArray(value) && value[0] instanceof SealError) throw value[0];
  return value;
}

/** Serializer that returns an error as the only argument of a run, because the engine would end a run for whose input it throws one. */
function readableSerializer(secrets: Secrets) {
  const sealed = sealedSerializer(secrets);
  const parse = (text: string | null | undefined): unknown => {
    try {
      return sealed.parse(text);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      return [error];
    }
  };
  return { ...sealed, parse };
}

/** Returns a pause in milliseconds: `firstMs` after the first failure, twice as long after each further one. */
function backOffMs(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(firstMs * 2 ** (failures - 1), maxMs);
}

/** Failures of each run's executions in this process, by the engine's id of the run. */
const failures = new Map<string, number>();
/** Runs whose execution failed, to be given back. */
const failed = new Set<string>();
let isStopping = false;

/**
 * Keeps a run open whose execution failed outside its steps: a checkpoint was not written, the body of another release began it, or this
 * server lacks a master key. An error would end it, with nothing undone. After a pause it is given back, to whichever server takes it next.
 */
function keep(workflowId: string, error: unknown): Promise<never> {
  const count = (failures.get(workflowId) ?? 0) + 1;
  failures.set(workflowId, count);
  if (!isStopping)
    post({ kind: 'log', level: 'warn', text: `A run did not go on, which is repeated: ${String(error)}` });
  setTimeout(() => failed.add(workflowId), backOffMs(count, FIRST_PAUSE_MS, MAX_PAUSE_MS));
  return new Promise(() => undefined);
}

async function giveBack(): Promise<void> {
  const workflowIDs = [...failed];
  if (workflowIDs.length === 0) return;
  const open = await DBOS.listWorkflows({ workflowIDs, status: 'PENDING', loadInput: false, loadOutput: false });
  if (open.length > 0) await DBOS.resumeWorkflows(open.map(({ workflowID }) => workflowID));
  for (const workflowId of workflowIDs) failed.delete(workflowId);
}

/** Whether the engine itself ended the execution, because another one has the run or an operator cancelled it. */
function isOfEngine(error: unknown): boolean {
  return error instanceof DbosError.DBOSWorkflowConflictError || error instanceof DbosError.DBOSWorkflowCancelledError;
}

function registerBodies(): void {
  for (const [workflow, body] of Object.entries(BODIES)) {
    const run = async (input: unknown) => {
      const workflowId = DBOS.workflowID ?? '';
      const { tenantId, runId } = runOf(workflowId);
      const slot = new RunSlot(slots, tenantId);
      await slot.acquire();
      try {
        const { state } = await runBody(
          body,
          readable([input])[0],
          new DbosPrimitives(runId, { tenantId, workflow }, slot),
        );
        failures.delete(workflowId);
        return { state };
      } catch (error) {
        if (isOfEngine(error) || isUnrecorded(error)) throw error;
        slot.release();
        return await keep(workflowId, error);
      } finally {
        slot.release();
      }
    };
    DBOS.registerWorkflow(run, { name: workflow });
  }
}

/** Only its log says that the engine took a run that it could not begin, as one of a workflow that this release does not know. */
const NOT_BEGUN = /^Could not execute workflow with id (\S+):/;

/** Log of the engine. Attempts of steps are logged by the main thread, and stacks may contain values. */
const logger = {
  info: () => undefined,
  debug: () => undefined,
  warn: (entry: unknown) => {
    const text = String(entry);
    const workflowId = NOT_BEGUN.exec(text)?.[1];
    if (workflowId !== undefined) void keep(workflowId, text);
    else if (!/^(Error in step|Non-retryable error)/.test(text)) post({ kind: 'log', level: 'warn', text });
  },
  error: (entry: unknown) => post({ kind: 'log', level: 'error', text: String(entry) }),
};

async function adopt(presence: Presence): Promise<void> {
  await presence.eachGoneExecutor(async (executorId) => {
    const orphans = await DBOS.listWorkflows({ status: 'PENDING', executorId, loadInput: false, loadOutput: false });
    if (orphans.length > 0) await DBOS.resumeWorkflows(orphans.map(({ workflowID }) => workflowID));
  });
}

/** Reports runs that ended without a body's outcome, as after a fault of the engine. */
async function settle(): Promise<void> {
  const ended = await DBOS.listWorkflows({
    status: ['ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'],
    limit: CHUNK_SIZE,
    sortDesc: true,
    loadInput: false,
    loadOutput: false,
  });
  if (ended.length > 0) post({ kind: 'unsettled', workflowIds: ended.map(({ workflowID }) => workflowID) });
}

async function deleteExpired(): Promise<void> {
  const completedBefore = new Date(Date.now() - data.retentionDays * DAY_MS).toISOString();
  for (;;) {
    const expired = await DBOS.listWorkflows({
      completedBefore,
      limit: CHUNK_SIZE,
      loadInput: false,
      loadOutput: false,
    });
    if (expired.length > 0) await DBOS.deleteWorkflows(expired.map(({ workflowID }) => workflowID));
    if (expired.length < CHUNK_SIZE) return;
  }
}

/** Repeats a chore, one run at a time. A failure ends it for this time: the next one finds the same work. */
function every(milliseconds: number, chore: () => Promise<void>, failure: string): void {
  let isBusy = false;
  const run = () => {
    if (isBusy) return;
    isBusy = true;
    chore()
      .catch((error: unknown) => post({ kind: 'log', level: 'warn', text: `${failure}: ${String(error)}` }))
      .finally(() => {
        isBusy = false;
      });
  };
  run();
  setInterval(run, milliseconds);
}

async function start(): Promise<void> {
  const { databaseUrl, masterKeys, lookupKey } = data;
  const secrets = new Secrets(
    masterKeys.map((key) => Buffer.from(key)),
    Buffer.from(lookupKey),
  );
  const executorID = randomUUID();
  // Without the lock another process may take the runs of this one at any moment.
  const held = await Presence.take(
    databaseUrl,
    executorID,
    () => process.exit(1),
    (workflowId) => {
      messages.emit(workflowId);
      waits.end(workflowId);
    },
  );
  presence = held;
  DBOS.setConfig({
    name: APPLICATION,
    systemDatabaseUrl: databaseUrl,
    systemDatabaseSchemaName: SCHEMA,
    systemDatabasePoolSize: 4,
    // The settings of the role stand; the library's own would be sent while a connection is in use.
    systemDatabaseIdleTransactionTimeoutMs: 0,
    runMigrations: false,
    applicationVersion: APPLICATION_VERSION,
    enablePatching: true,
    executorID,
    serializer: readableSerializer(secrets),
    logger,
    notificationCoalesceMs: 250,
    schedulerPollingIntervalMs: RETENTION_INTERVAL_MS,
  });
  registerBodies();
  await DBOS.launch();
  await DBOS.registerQueue(QUEUE, { partitionWorkerConcurrency: MAX_OPEN_RUNS, onConflict: 'always_update' });
  post({ kind: 'running' });
  every(ADOPT_INTERVAL_MS, () => adopt(held), 'Failed to adopt the runs of an ended process');
  every(GIVE_BACK_INTERVAL_MS, giveBack, 'Failed to give runs back');
  every(SETTLE_INTERVAL_MS, settle, 'Failed to settle runs');
  every(RETENTION_INTERVAL_MS, deleteExpired, 'Failed to delete expired runs');
}

/** Ends the thread. What it leaves goes on where the engine starts next. */
async function stop(): Promise<void> {
  isStopping = true;
  setTimeout(() => process.exit(0), STOP_TIMEOUT_MS);
  await DBOS.shutdown().catch(() => undefined);
  await presence?.end().catch(() => undefined);
  process.exit(0);
}

port.on('message', receiveFromMainThread);
await start();
