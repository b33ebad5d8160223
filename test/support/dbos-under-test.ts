import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Secrets } from '../../src/shared/secrets/secrets.js';
import {
  CANCEL,
  FINISH_RUN,
  MARK_RUN,
  type Outcome,
  type StepOutcome,
} from '../../src/workflows/definitions/run-body.js';
import { DBOSClient } from '../../src/workflows/engine/dbos-client.js';
import {
  APPLICATION,
  APPLICATION_VERSION,
  MESSAGES,
  QUEUE,
  SCHEMA,
  workflowIdOf,
} from '../../src/workflows/engine/names.js';
import { sealedSerializer } from '../../src/workflows/engine/sealed-serializer.js';
import type { FromThread, ThreadData, ToThread } from '../../src/workflows/engine/thread-messages.js';
import type { StepCall } from '../../src/workflows/steps/step-performer.js';
import { TestDatabase } from './database.js';
import {
  CONTRACT_BODIES,
  Effects,
  isKilled,
  isOfRunner,
  type EngineUnderTest,
  type Played,
  type Scenario,
} from './engine-contract.js';
import type { Attempt, Fate } from './fake-engine.js';

const TENANT = 'contract';
const STEP_ATTEMPTS = 3;

class Failure extends Error {}

/** One scenario as it is played. */
class Play {
  readonly runId = randomUUID();
  readonly effects = new Effects();
  readonly attempts: Attempt[] = [];
  readonly ended: Promise<Played>;
  end!: (outcome: Outcome) => void;
  hasWaited = false;
  private fateAt = 0;
  private failuresLeft = 0;
  private repeated: Fate = 'done';

  constructor(readonly scenario: Scenario) {
    this.ended = new Promise((end) => {
      this.end = (outcome) => end({ outcome, effects: this.effects.keys, attempts: this.attempts });
    });
  }

  /** Number of the attempt, of which those until a step is exhausted are one, and its fate. */
  next(): { readonly at: number; readonly fate: Fate } {
    if (this.failuresLeft > 0) {
      this.failuresLeft--;
      return { at: this.fateAt - 1, fate: this.repeated };
    }
    const fate = this.scenario.fates[this.fateAt] ?? 'done';
    if (fate.startsWith('exhausted')) [this.failuresLeft, this.repeated] = [STEP_ATTEMPTS - 1, fate];
    return { at: this.fateAt++, fate };
  }
}

/** The engine's thread on a database, with bodies of tests. The steps are performed by this side, as by the server. */
export class DbosUnderTest implements EngineUnderTest {
  private readonly plays = new Map<string, Play>();
  private readonly killed = new Set<Play>();
  private toKill = 0;
  private thread: Worker | undefined;

  private constructor(
    private readonly database: TestDatabase,
    private readonly client: DBOSClient,
    private readonly folder: string,
    private readonly program: URL,
    private readonly data: ThreadData,
  ) {}

  static async create(): Promise<DbosUnderTest> {
    const database = await TestDatabase.create();
    const [masterKey, lookupKey] = [randomBytes(32), randomBytes(32)];
    const data = {
      ...{ databaseUrl: database.applicationUrl, masterKeys: [masterKey], lookupKey },
      ...{ concurrency: 16, stepAttempts: STEP_ATTEMPTS, retentionDays: 30 },
    };
    const silent = () => undefined;
    const client = await DBOSClient.create({
      systemDatabaseUrl: database.applicationUrl,
      systemDatabaseSchemaName: SCHEMA,
      serializer: sealedSerializer(new Secrets([masterKey], lookupKey)),
      applicationName: APPLICATION,
      logger: { info: silent, debug: silent, warn: silent, error: silent },
    });
    const folder = await mkdtemp(join(tmpdir(), 'imprimatur-contract-'));
    const program = join(folder, 'thread.mjs');
    const dist = pathToFileURL(resolve('dist/workflows')).href;
    const texts = Object.entries(CONTRACT_BODIES).map(([name, body]) => `${name}: ${body.toString()}`);
    await writeFile(
      program,
      `import { BODIES } from '${dist}/definitions/bodies.js';
       Object.assign(BODIES, { ${texts.join(',\n')} });
       await import('${dist}/engine/dbos-thread.js');`,
    );
    const engine = new DbosUnderTest(database, client, folder, pathToFileURL(program), data);
    engine.startThread();
    return engine;
  }

  play(scenarios: readonly Scenario[]): Map<Scenario, Promise<Played>> {
    const plays = scenarios.map((one) => new Play(one));
    for (const play of plays) this.plays.set(play.runId, play);
    const killed = plays.filter(({ scenario }) => isKilled(scenario));
    this.toKill = killed.length;
    const others = plays.filter((play) => !killed.includes(play));
    const started = Promise.all(others.map((play) => this.start(play)));
    // They die together, when no other run goes on.
    const all = started
      .then(() => Promise.all(others.map(({ ended }) => ended)))
      .then(() => Promise.all(killed.map((play) => this.start(play))));
    return new Map(plays.map((play) => [play.scenario, Promise.race([play.ended, all.then(() => play.ended)])]));
  }

  async end(): Promise<void> {
    const { thread } = this;
    this.thread = undefined;
    if (thread) {
      const exit = once(thread, 'exit');
      thread.postMessage({ kind: 'stop' } satisfies ToThread);
      await exit;
    }
    await this.client.destroy();
    await this.database.drop();
    await rm(this.folder, { recursive: true });
  }

  private startThread(): void {
    const thread = new Worker(this.program, { workerData: this.data, execArgv: [], env: {} });
    this.thread = thread;
    thread.on('message', (message: FromThread) => {
      if (message.kind !== 'call') return;
      const { id, call } = message;
      void this.perform(call).then(
        (outcome) => outcome && thread.postMessage({ kind: 'outcome', id, outcome } satisfies ToThread),
        (error: unknown) =>
          thread.postMessage({ kind: 'failure', id, message: String(error), code: 'BUSY' } satisfies ToThread),
      );
    });
  }

  private async start({ runId, scenario: { body, ms, starts } }: Play): Promise<void> {
    const options = {
      ...{ queueName: QUEUE, queuePartitionKey: TENANT, workflowName: body, appVersion: APPLICATION_VERSION },
      ...{ workflowID: workflowIdOf({ tenantId: TENANT, runId }), workflowIDReusePolicy: 'reject' as const },
      applicationName: APPLICATION,
    };
    const all = Array.from({ length: starts }, () => this.client.enqueue(options, { ms }));
    const refused = (await Promise.allSettled(all)).filter(({ status }) => status === 'rejected');
    if (refused.length !== starts - 1) throw new Error(`${refused.length} of ${starts} starts were refused.`);
  }

  private send({ runId }: Play, name: string): Promise<void> {
    return this.client.send(workflowIdOf({ tenantId: TENANT, runId }), { name }, MESSAGES);
  }

  /** Returns nothing where the process dies. Throws where the machinery fails. */
  private async perform(call: StepCall): Promise<StepOutcome | undefined> {
    const play = this.plays.get(call.runId)!;
    const { scenario, effects } = play;
    const { key, argument, step } = call;
    const { at, fate } = play.next();
    if (!isOfRunner(step)) play.attempts.push({ key, argument, at: performance.now() });
    if (at === 0) for (const name of scenario.early) await this.send(play, name);
    if (at === scenario.cancelAt) await this.send(play, CANCEL);
    if (fate === 'refused') return { refused: { code: 'NO', message: 'No.' } };
    if (fate === 'failed' || fate === 'exhausted') throw new Failure(fate);
    if (fate !== 'killed before') effects.perform(call);
    if (fate === 'exhausted after') throw new Failure(fate);
    if (fate.startsWith('killed')) return this.die(play);
    if (step === FINISH_RUN) play.end(argument as Outcome);
    if (step === MARK_RUN && (argument as { state: string }).state !== 'RUNNING' && !play.hasWaited) {
      play.hasWaited = true;
      for (const name of scenario.messages) await this.send(play, name);
    }
    return { result: effects.perform(call), cancelled: at >= scenario.cancelAt };
  }

  /** The last one of those that die ends the thread, and starts another one. */
  private async die(play: Play): Promise<undefined> {
    this.killed.add(play);
    if (this.killed.size < this.toKill) return;
    await this.thread?.terminate();
    this.startThread();
  }
}
