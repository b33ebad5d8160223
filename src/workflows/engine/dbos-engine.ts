import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Config, workerEnvironment } from '../../config.js';
import { keepsSessions } from '../../database/keeps-sessions.js';
import { poolOf } from '../../database/library-internals.js';
import { Actor } from '../../shared/access/actor.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { WORKFLOW_THREAD } from '../../workflow-thread.js';
import { FinishWorkflowRunCommand } from '../commands/finish-workflow-run.command.js';
import { FINISH_RUN, MARK_RUN, type RunMessage, type StepOutcome } from '../definitions/run-body.js';
import { StepPerformer } from '../steps/step-performer.js';
import { WorkflowRunNotFoundError, WorkflowsUnavailableError } from '../workflow-run.errors.js';
import { EngineDatabase } from './engine-database.js';
import { WorkflowEngine, type EngineStatus, type RecordedStep, type RunKey } from './engine.js';
import { APPLICATION, APPLICATION_VERSION, MESSAGES, QUEUE, runOf, SCHEMA, workflowIdOf } from './names.js';
import { sealedSerializer } from './sealed-serializer.js';
import type { FromThread, ThreadData, ToThread } from './thread-messages.js';

const FIRST_RESTART_MS = 250;
const MAX_RESTART_MS = 10_000;
/** A thread that worked for so long is restarted at once. */
const STABLE_MS = 30_000;
/** Longer than a step may take, after which the thread is terminated. */
const STOP_TIMEOUT_MS = 8_000;

/**
 * MiB of each half of the young generation of the thread's heap. It is set by a flag, because the flag of the server's command line overrides
 * the limits of a thread; the main thread has read its own when it started.
 */
const SEMI_SPACE_MIB = 2;

/** Steps that say nothing about the workflow. */
const RUNNER_STEPS: readonly string[] = [MARK_RUN, FINISH_RUN];

type Client = import('@dbos-inc/dbos-sdk').DBOSClient;

/**
 * DBOS on the server's database. Its bodies run in a thread of their own, because its use of AsyncLocalStorage makes every `await` of a
 * thread several times as dear; this side performs their steps and writes starts and messages into the caller's transaction.
 */
@Injectable()
export class DbosEngine extends WorkflowEngine implements OnApplicationBootstrap, OnModuleDestroy {
  readonly name = 'dbos';
  private readonly logger = new Logger('Workflows');
  private readonly isOff: boolean;
  private thread: Worker | undefined;
  private isRunning = false;
  private isStopping = false;
  private unavailable: string | undefined;
  private probe: Promise<void> | undefined;
  private client: Promise<Client> | undefined;
  private restartTimer: NodeJS.Timeout | undefined;
  private restartMs = FIRST_RESTART_MS;
  private readonly stepsInProgress = new Set<Promise<void>>();

  constructor(
    private readonly config: Config,
    private readonly database: EngineDatabase,
    private readonly secrets: Secrets,
    private readonly performer: StepPerformer,
    private readonly commands: CommandBus,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {
    super();
    this.isOff = config.settings.WORKFLOWS === 'off';
  }

  get status(): EngineStatus {
    if (this.isOff) return { state: 'off', reason: 'WORKFLOWS is off' };
    if (this.unavailable !== undefined) return { state: 'unavailable', reason: this.unavailable };
    return { state: this.isRunning ? 'running' : 'starting' };
  }

  /** The thread starts after the server listens. */
  onApplicationBootstrap(): void {
    if (this.isOff) return;
    setImmediate(() => this.begin());
  }

  /** Ends before the relay and the database, once the steps in progress have ended. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.restartTimer);
    await this.probe?.catch(() => undefined);
    const { thread } = this;
    if (!thread) return;
    const ended = new Promise((end) => thread.once('exit', end));
    const timer = setTimeout(() => void thread.terminate(), STOP_TIMEOUT_MS);
    await Promise.allSettled(this.stepsInProgress);
    send(thread, { kind: 'stop' });
    await ended;
    clearTimeout(timer);
  }

  async assertAvailable(): Promise<void> {
    if (!this.isOff && !this.isStopping) await (this.probe ??= this.probeSessions());
    const { state, reason } = this.status;
    if (state === 'off' || state === 'unavailable') throw new WorkflowsUnavailableError(reason ?? state);
  }

  async start(transaction: Transaction, run: RunKey, workflow: string, input: unknown): Promise<void> {
    const client = await this.openClient();
    await client.enqueueInTransaction(
      clientOf(transaction),
      {
        queueName: QUEUE,
        queuePartitionKey: run.tenantId,
        workflowName: workflow,
        workflowID: workflowIdOf(run),
        workflowIDReusePolicy: 'reject',
        appVersion: APPLICATION_VERSION,
        applicationName: APPLICATION,
      },
      input,
    );
  }

  async send(transaction: Transaction, run: RunKey, message: RunMessage): Promise<void> {
    const client = await this.openClient();
    await client.sendInTransaction(clientOf(transaction), workflowIdOf(run), message, MESSAGES);
  }

  async steps(run: RunKey): Promise<RecordedStep[] | undefined> {
    if (this.isOff) return undefined;
    const client = await this.openClient();
    const steps = await client.listWorkflowSteps(workflowIdOf(run));
    return steps
      ?.filter(({ name }) => !name.startsWith('DBOS.') && !RUNNER_STEPS.includes(name.split('.')[0] ?? ''))
      .map(({ name, output, error, startedAtEpochMs, completedAtEpochMs }) => ({
        ...outcomeOf(output as RecordedOutcome | string | null, error),
        name,
        startedAt: startedAtEpochMs ?? null,
        completedAt: completedAtEpochMs ?? null,
      }));
  }

  private begin(): void {
    this.probe ??= this.probeSessions();
    this.probe.then(
      () => {
        if (this.unavailable === undefined) this.startThread();
        else this.logger.warn(`Workflows are off: ${this.unavailable}.`);
      },
      (error: unknown) => {
        this.logger.warn(`Failed to reach the database for workflows: ${String(error)}`);
        this.probe = undefined;
        this.restartLater(() => this.begin());
      },
    );
  }

  private async probeSessions(): Promise<void> {
    const { DATABASE_DIRECT_URL: direct } = this.config.settings;
    if (direct !== undefined || (await keepsSessions(this.database.url))) return;
    this.unavailable =
      'DATABASE_URL leads through a pooler that keeps no sessions; set DATABASE_DIRECT_URL to PostgreSQL itself';
  }

  private startThread(): void {
    if (this.isStopping) return;
    const { WORKFLOW_CONCURRENCY, WORKFLOW_RETENTION_DAYS, WORKFLOW_STEP_ATTEMPTS } = this.config.settings;
    const workerData: ThreadData = {
      databaseUrl: this.config.settings.DATABASE_DIRECT_URL ?? this.database.url,
      masterKeys: this.secrets.masterKeys,
      lookupKey: this.secrets.lookupKey,
      concurrency: WORKFLOW_CONCURRENCY,
      stepAttempts: WORKFLOW_STEP_ATTEMPTS,
      retentionDays: WORKFLOW_RETENTION_DAYS,
    };
    const env = workerEnvironment();
    setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`);
    const thread = new Worker(WORKFLOW_THREAD, { workerData, env, execArgv: [], name: 'workflows' });
    const startedAt = performance.now();
    this.thread = thread;
    thread.on('message', (message: FromThread) => this.receive(thread, message));
    thread.on('error', (error) => this.logger.warn(`The thread of workflows failed: ${error.message}`));
    thread.on('exit', () => this.onExit(thread, performance.now() - startedAt));
  }

  /** The server goes on without the thread, whose runs go on when it is back. */
  private onExit(thread: Worker, livedMs: number): void {
    if (this.thread === thread) this.thread = undefined;
    this.isRunning = false;
    if (this.isStopping) return;
    if (livedMs > STABLE_MS) this.restartMs = FIRST_RESTART_MS;
    this.logger.warn('The thread of workflows has ended and is started again.');
    this.restartLater(() => this.startThread());
  }

  private restartLater(restart: () => void): void {
    this.restartTimer = setTimeout(restart, this.restartMs).unref();
    this.restartMs = Math.min(2 * this.restartMs, MAX_RESTART_MS);
  }

  private receive(thread: Worker, message: FromThread): void {
    if (message.kind === 'running') this.isRunning = true;
    else if (message.kind === 'log') this.logger[message.level](message.text);
    else if (message.kind === 'unsettled') void this.settle(message.workflowIds);
    else if (!this.isStopping) {
      const step = this.answer(thread, message);
      this.stepsInProgress.add(step);
      void step.finally(() => this.stepsInProgress.delete(step));
    }
  }

  private async answer(thread: Worker, { id, call }: Extract<FromThread, { kind: 'call' }>): Promise<void> {
    const answer = await this.performer.perform(call).then(
      (outcome): ToThread => ({ kind: 'outcome', id, outcome }),
      (error: unknown): ToThread => {
        const { message, code = 'INTERNAL_ERROR' } = error as Error & { code?: string };
        return { kind: 'failure', id, message, code };
      },
    );
    send(thread, answer);
  }

  /** Ends the rows of runs that the engine gave up, so that nobody waits for them. */
  private async settle(workflowIds: readonly string[]): Promise<void> {
    for (const workflowId of workflowIds) {
      const { tenantId, runId } = runOf(workflowId);
      const actor = Actor.service('workflows', tenantId, []);
      const error = { code: 'INTERNAL_ERROR', message: 'The engine gave the run up; nothing was undone.', step: null };
      const outcome = { state: 'FAILED', error, undone: [], not_undone: [] } as const;
      await this.commands.execute(new FinishWorkflowRunCommand(actor, runId, outcome)).catch((failure: unknown) => {
        if (failure instanceof WorkflowRunNotFoundError) return;
        this.logger.warn(`Failed to settle a run: ${String(failure)}`);
      });
    }
  }

  private openClient(): Promise<Client> {
    this.client ??= import('./dbos-client.js')
      .then(({ DBOSClient }) =>
        DBOSClient.create({
          systemDatabaseUrl: this.database.url,
          systemDatabasePool: poolOf(this.dataSource),
          systemDatabaseSchemaName: SCHEMA,
          serializer: sealedSerializer(this.secrets),
          applicationName: APPLICATION,
          logger: {
            info: () => undefined,
            debug: () => undefined,
            warn: (entry) => this.logger.warn(String(entry)),
            error: (entry) => this.logger.error(String(entry)),
          },
        }),
      )
      .catch((error: unknown) => {
        this.client = undefined;
        throw error;
      });
    return this.client;
  }
}

/** A thread that has ended takes no messages. */
function send(thread: Worker, message: ToThread): void {
  thread.postMessage(message);
}

type RecordedOutcome = StepOutcome & { readonly attempts?: number };

/** Throws WorkflowsUnavailableError for an outcome that the library returns as it is stored, because it could not be unsealed. */
function outcomeOf(output: RecordedOutcome | string | null, error: Error | null) {
  if (typeof output === 'string') throw new WorkflowsUnavailableError('the server lacks the master key of the run');
  const attempts = output?.attempts ?? 1;
  if (output && 'refused' in output) return { outcome: 'REFUSED', code: output.refused.code, attempts } as const;
  if (output && 'exhausted' in output) return { outcome: 'FAILED', code: output.exhausted.code, attempts } as const;
  return error
    ? ({ outcome: 'FAILED', code: 'INTERNAL_ERROR', attempts } as const)
    : ({ outcome: 'DONE', code: null, attempts } as const);
}

/** The library calls `query` alone, with a text and values. */
function clientOf(transaction: Transaction): ClientBase {
  const query = async (text: string, values: unknown[] = []) => {
    const rows = await transaction.query({ text, values });
    return { rows, rowCount: rows.length };
  };
  return { query } as unknown as ClientBase;
}
