import { hash, randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import { Actor } from '../../src/shared/access/actor.js';
import type { Body } from '../../src/workflows/definitions/contract.js';
import type { LeadToCustomerInput } from '../../src/workflows/definitions/lead-to-customer.js';
import type { Wire } from '../support/api.js';
import { withTimeouts } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Holds } from '../support/holds.js';
import { ServerProcess } from '../support/server.js';
import { MADE, WORKFLOW_PATHS, type WorkflowPath } from '../support/workflow-paths.js';

/** `npm run soak:workflows` kills at everything that the engine records of every workflow; otherwise it is at each step of one. */
const IS_SOAK = process.env.WORKFLOW_KILLS === 'all';
const WORKFLOWS = [...new Set(WORKFLOW_PATHS.map(({ workflow }) => workflow))].slice(0, IS_SOAK ? undefined : 1);
const SOAK_MS = 1_800_000;

/** Holds may take long on a busy machine, and must end by the kill. */
const TIMEOUTS = { DATABASE_LOCK_TIMEOUT_MS: '60000', DATABASE_STATEMENT_TIMEOUT_MS: '60000' };
const TENANT = 'workflows';
/** The engine has four connections: one listens, each checkpoint that is held takes one, and the other runs need one. */
const HELD_CHECKPOINTS = 2;
/** Second commands of a step have keys of their own. */
const PARTS = ['', '/email', '/withdraw'];

/** One record of the engine about a run, numbered in their order. */
interface Operation {
  readonly id: number;
  readonly name: string;
}

/** Where a run is killed: after the effect of an operation and before its checkpoint, or before the effect of one of its commands. */
interface Kill {
  readonly path: WorkflowPath;
  readonly runId: string;
  readonly operation: Operation;
  /** Idempotency keys that the operation takes, by what they add to its own. */
  readonly parts: readonly string[];
  readonly before?: string;
}

/** Whether the kill falls at the first call of a step, as its paths come, not at what the runner or the engine adds. */
function isOfChecks({ operation: { name }, path }: Kill, _: number, kills: readonly Kill[]): boolean {
  const first = kills.find((each) => each.operation.name === name);
  return /^[a-zA-Z]+$/.test(name) && name !== 'markRun' && first?.path === path;
}

/** Body of a later release: the license is issued before the approval. It stands for itself, since it is written into that release. */
const ISSUES_BEFORE_APPROVAL: Body<LeadToCustomerInput> = async (w, input) => {
  const { customer_id } = await w.steps.createCustomer({ customer: input.lead, email_required: false });
  const issue = () => w.steps.issueLicense({ license_template_id: input.license_template_id, customer_id });
  const early = (await w.patched('issues-before-approval')) ? await issue() : undefined;
  await w.waitFor('approved', 86_400_000);
  const { license_id } = early ?? (await issue());
  return { customer_id, license_id, email_message_id: null };
};

describe('workflows of processes that are killed', () => {
  let database: TestDatabase;
  let holds: Holds;
  let environment: Record<string, string>;
  let first: ServerProcess;
  let second: ServerProcess;
  let key: string;
  const alive = new Set<ServerProcess>();

  beforeAll(async () => {
    database = await TestDatabase.create();
    holds = await Holds.install(database.superuserUrl);
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create(TENANT, key, new Date()));
    environment = {
      ...TIMEOUTS,
      DATABASE_URL: withTimeouts(database.applicationUrl, loadConfig(TIMEOUTS)),
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
    };
    [first, second] = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    await onlyAlive(first);
    await ask('/products', { product_id: 'p', name: 'P' });
    const template = { template_id: 't', template_name: 'T', product_id: 'p', license_type: 'SUBSCRIPTION' };
    await ask('/license-templates', { ...template, license_model: 'PER_SEAT', default_duration: 30 });
  });

  afterAll(async () => {
    await Promise.all([first.cleanUp(), second.cleanUp()]);
    await holds.end();
    await database.drop();
  });

  const launch = async (server: ServerProcess) => {
    if (!alive.has(server)) await server.start();
    alive.add(server);
  };
  const kill = async (server: ServerProcess) => {
    await server.kill('SIGKILL');
    alive.delete(server);
  };
  const onlyAlive = async (server: ServerProcess) => {
    for (const other of alive) if (other !== server) await kill(other);
    await launch(server);
  };

  /** State of the engine of a server. */
  const engineOf = async (server: ServerProcess): Promise<string> => {
    const health = (await (await fetch(`${server.url}/health/ready`)).json()) as Wire;
    return health.details.workflows.state as string;
  };

  /** Asks a server that is alive. */
  async function ask(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<Wire> {
    const [server] = alive;
    if (!server) throw new Error('No server is alive.');
    const response = await server.fetch(path, { key, method, body });
    const answer = (await response.json()) as Wire;
    if (!response.ok) throw new Error(`${method} ${path} answered ${JSON.stringify(answer)}`);
    return answer;
  }

  const start = (runId: string, input: Wire, workflow = 'lead-to-customer') =>
    ask('/workflow-runs', { workflow, run_id: runId, input });
  const startLead = (runId: string, more: Wire = {}) => {
    const lead = { last_name: runId, email: `${runId}@example.com` };
    return start(runId, { lead, license_template_id: 't', ...more });
  };
  const runOf = (runId: string) => ask(`/workflow-runs/${runId}`);
  const reach = (runId: string, state: string): Promise<Wire> =>
    eventually(async () => {
      const run = await runOf(runId);
      expect(run).toMatchObject({ state });
      return run;
    });

  const engineIdOf = (runId: string) => `${TENANT}/${runId}`;
  /** Digest by which the result of a command of a step is stored. */
  const claimOf = ({ workflow }: WorkflowPath, runId: string, { name }: Operation, part: string) => {
    const { principal } = Actor.workflowRun(workflow, TENANT, runId, []);
    return hash('sha256', JSON.stringify([...principal, `${runId}/${name}${part}`]));
  };

  /** Answers what runs wait for, each wait once. */
  const answered = new Set<string>();
  const answer = async ({ path, runId }: Pick<Kill, 'path' | 'runId'>): Promise<Wire> => {
    const run = await runOf(runId);
    const wait = `${runId} ${run.waiting_for}`;
    if (run.state === 'WAITING' && path.answer && !answered.has(wait)) {
      await path.answer(ask, runId, run);
      answered.add(wait);
    }
    return run;
  };

  /** Events of a run and of what it did, in the order of the log, which has all of them. */
  const storyOf = async (runId: string): Promise<string[]> => {
    await eventually(async () => expect(await database.query('SELECT 1 FROM outbox')).toEqual([]));
    const events = await database.query<{ type: string }>(
      `SELECT event_type AS type FROM license_event_logs
       WHERE actor ->> 'run_id' = $1 OR event_type LIKE 'workflow.%' AND resource_id = $1 ORDER BY seq`,
      [runId],
    );
    return events.map(({ type }) => type);
  };

  /** Waits for the end of a run, of which there is everything once, and one story in the log. */
  const expectEnd = async (path: WorkflowPath, runId: string) => {
    await eventually(async () => {
      expect(await answer({ path, runId })).toMatchObject({ ...path.end, ...(path.end.undone && { not_undone: [] }) });
      const engine = 'SELECT status FROM workflows.workflow_status WHERE workflow_uuid = $1';
      expect(await database.query(engine, [engineIdOf(runId)])).toEqual([{ status: 'SUCCESS' }]);
    });
    const [made] = await database.query<Record<string, unknown[]>>(MADE, [runId]);
    expect(Object.fromEntries(Object.entries(made ?? {}).filter(([, rows]) => rows.length > 0))).toEqual(path.made);
    const ended = path.end.state === 'COMPLETED' ? 'workflow.completed' : 'workflow.failed';
    const story = (await storyOf(runId)).filter((type) => type !== 'workflow.signaled');
    expect(story).toEqual(['workflow.started', ...path.story, ended]);
  };

  const claimsAmong = async (digests: readonly string[]): Promise<string[]> => {
    const claims = await database.query<{ digest: string }>(
      `SELECT digest FROM unnest($1::text[]) AS digest JOIN idempotency_keys ON key_digest = decode(digest, 'hex')`,
      [digests],
    );
    return claims.map(({ digest }) => digest);
  };

  /** Takes a path without a kill. Returns all kills that can fall in it. */
  const killsOf = async (path: WorkflowPath): Promise<Kill[]> => {
    const runId = `${path.workflow}-${path.path.replaceAll(' ', '-')}`;
    await start(runId, await path.prepare(ask, runId), path.workflow);
    await expectEnd(path, runId);
    const operations = await database.query<Operation>(
      `SELECT function_id AS id, function_name AS name FROM workflows.operation_outputs WHERE workflow_uuid = $1 ORDER BY 1`,
      [engineIdOf(runId)],
    );
    const kills: Kill[] = [];
    for (const operation of operations) {
      const taken = await claimsAmong(PARTS.map((part) => claimOf(path, runId, operation, part)));
      const parts = PARTS.filter((part) => taken.includes(claimOf(path, runId, operation, part)));
      const id = `${runId}-${operation.id}`;
      kills.push({ path, operation, parts, runId: `${id}-after` });
      for (const before of parts)
        kills.push({ path, operation, parts, before, runId: `${id}-before${before.replace('/', '-')}` });
    }
    return kills;
  };

  const holdFor = ({ path, runId, operation, before }: Kill) =>
    before === undefined
      ? holds.holdCheckpoint(TENANT, runId, operation.id)
      : holds.holdClaim(claimOf(path, runId, operation, before));

  /** Checks that the kill came after the effect and before the checkpoint, or before the effect. */
  const expectKilled = async ({ path, runId, operation, parts, before }: Kill) => {
    const checkpoint = 'SELECT 1 FROM workflows.operation_outputs WHERE workflow_uuid = $1 AND function_id = $2';
    expect(await database.query(checkpoint, [engineIdOf(runId), operation.id])).toEqual([]);
    const expected = before === undefined ? parts : parts.slice(0, parts.indexOf(before));
    expect(await claimsAmong(parts.map((part) => claimOf(path, runId, operation, part)))).toEqual(
      expected.map((part) => claimOf(path, runId, operation, part)),
    );
  };

  it.each(WORKFLOWS)(
    'take each effect of %s once, and go on in another process within seconds, wherever the kill falls: before or after an effect, in a wait, or while they are undone',
    async (workflow) => {
      await onlyAlive(first);
      let [server, spare] = [first, second];
      let killedAt = 0;
      const waits = `${workflow}-waits`;
      await startLead(waits, { approval: true });
      const { waiting_until } = await reach(waits, 'WAITING');
      const paths = WORKFLOW_PATHS.filter((path) => path.workflow === workflow);
      const all = (await Promise.all(paths.map(killsOf))).flat();
      const kills = IS_SOAK ? all : all.filter(isOfChecks);
      const after = kills.filter(({ before }) => before === undefined);
      const before = kills.filter((each) => !after.includes(each));
      const rounds = Math.ceil(after.length / HELD_CHECKPOINTS);
      for (let round = 0; round < rounds; round++) {
        const now = [after, before].flatMap((each) => each.filter((_, at) => at % rounds === round));
        // Licenses of one tenant are issued in groups, and the next group waits while one is held.
        const issues = now.filter((each) => each.before !== undefined && each.operation.name === 'issueLicense');
        const others = now.filter((each) => !issues.includes(each));
        for (const started of [others, issues]) {
          for (const each of started) {
            await holdFor(each);
            await start(each.runId, await each.path.prepare(ask, each.runId), workflow);
          }
          await eventually(async () => {
            for (const each of started) await answer(each);
            await holds.expectHeld(others.length + (started === issues ? Math.min(issues.length, 1) : 0));
          });
        }
        await launch(spare);
        // Its thread starts after the server answers.
        await eventually(async () => expect(await engineOf(spare)).toBe('running'));
        await kill(server);
        killedAt = Date.now();
        for (const each of now) await expectKilled(each);
        await holds.releaseAfterKill();
        [server, spare] = [spare, server];
      }
      // Another process begins to work on the run within five seconds of the kill, by the time that it records.
      const takenAt = await eventually(async () => {
        const [row] = await database.query<{ at: string }>(
          `SELECT started_at_epoch_ms AS at FROM workflows.workflow_status WHERE workflow_uuid = $1 AND status = 'PENDING'`,
          [engineIdOf(waits)],
        );
        expect(Number(row?.at)).toBeGreaterThan(killedAt);
        return Number(row?.at);
      });
      expect(takenAt - killedAt).toBeLessThan(5_000);
      expect(await runOf(waits)).toMatchObject({ state: 'WAITING', waiting_until });
      await ask(`/workflow-runs/${waits}/signals/approved`, {});
      await reach(waits, 'COMPLETED');
      // A run that was still on its way when the next round began was killed again.
      for (const { path, runId } of kills) await expectEnd(path, runId);
    },
    SOAK_MS,
  );

  it('go on as they began when a later release changes the body with a patch; the release before leaves those alone that began by it', async () => {
    await onlyAlive(first);
    const folder = await mkdtemp(join(tmpdir(), 'imprimatur-release-'));
    const program = await laterRelease(folder, 'lead-to-customer', { leadToCustomer: ISSUES_BEFORE_APPROVAL });
    const later = await ServerProcess.create(environment, [process.execPath, program]);
    const approve = (runId: string) => ask(`/workflow-runs/${runId}/signals/approved`, {});
    const expectStory = async (runId: string, ...story: string[]) => {
      const { customer_id, license_id } = (await reach(runId, 'COMPLETED')).result;
      expect((await ask(`/licenses?customer_id=${customer_id}`)).data).toMatchObject([{ license_id }]);
      const whole = ['workflow.started', 'customer.created', ...story, 'workflow.completed'];
      expect(await storyOf(runId)).toEqual(whole);
    };

    for (const runId of ['begun-before', 'restored-before']) await startLead(runId, { approval: true, welcome: false });
    for (const runId of ['begun-before', 'restored-before']) await reach(runId, 'WAITING');
    await kill(first);
    await launch(later);
    await startLead('begun-after', { approval: true, welcome: false });
    const { steps } = await reach('begun-after', 'WAITING');
    expect(steps).toMatchObject([{ name: 'createCustomer' }, { name: 'issueLicense' }]);
    await approve('begun-before');
    await expectStory('begun-before', 'workflow.signaled', 'license.created');

    // As in an upgrade of several servers, or one that is taken back.
    await kill(later);
    await launch(first);
    await approve('begun-after');
    await eventually(() => expect(first.output).toContain('A run did not go on'));
    await approve('restored-before');
    await expectStory('restored-before', 'workflow.signaled', 'license.created');
    expect(await runOf('begun-after')).toMatchObject({ state: 'WAITING' });
    await kill(first);
    await launch(later);
    await expectStory('begun-after', 'license.created', 'workflow.signaled');
    await kill(later);
    await later.cleanUp();
    await rm(folder, { recursive: true });
  });
});

/** Copies the built product, with other functions in the file of a body. Returns the program of the server. */
async function laterRelease(folder: string, body: string, functions: Record<string, Body<never>>): Promise<string> {
  const dist = join(folder, 'dist');
  await cp(resolve('dist'), dist, { recursive: true, filter: (name) => !/\.(map|d\.ts)$/.test(name) });
  await cp(resolve('package.json'), join(folder, 'package.json'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const texts = Object.entries(functions).map(([name, text]) => `export const ${name} = ${text.toString()};`);
  await writeFile(join(dist, 'workflows', 'definitions', `${body}.js`), texts.join('\n'));
  await writeFile(join(dist, 'workflow-thread.bundle.js'), `import './workflows/engine/dbos-thread.js';`);
  return join(dist, 'main.bundle.js');
}
