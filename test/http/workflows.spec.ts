import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { withClient } from '../../src/database/with-client.js';
import { countOutdated, eraseCustomer, rekey, replaceLookupKey } from '../../src/maintenance/index.js';
import { Secrets } from '../../src/shared/secrets/secrets.js';
import { IdempotencySweeper } from '../../src/shared/persistence/idempotency.sweeper.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { TENANT_PERMISSIONS } from '../../src/shared/access/permissions.js';
import { Actor } from '../../src/shared/access/actor.js';
import { StepPerformer, type StepCall } from '../../src/workflows/steps/step-performer.js';
import { StartWorkflowCommand, WorkflowEngine } from '../../src/workflows/index.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { startAtRest } from '../support/at-rest.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { DbosUnderTest } from '../support/dbos-under-test.js';
import { describeEngine } from '../support/engine-contract.js';
import { eventually } from '../support/eventually.js';
import { engineValues, everythingStored, traces } from '../support/everything-stored.js';

const DAY_MS = 86_400_000;
const RUNS = '/v1/workflow-runs';
const LEAD = { first_name: 'Zebulon', last_name: 'Quarrington', email: 'zebulon@example.com' };

describe('workflows on DBOS', () => {
  let app: TestApp;
  let api: Api;
  let template: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { WORKFLOWS: 'dbos', WORKFLOW_STEP_ATTEMPTS: '2' } });
    api = await app.tenant();
    template = await api.template();
  });

  afterAll(() => app.stop());

  const inputOf = (more: Record<string, unknown> = {}) => ({ lead: LEAD, license_template_id: template, ...more });
  const start = async (more: Record<string, unknown> = {}, run_id = `run-${unique()}`): Promise<string> => {
    const body = { workflow: 'lead-to-customer', run_id, input: inputOf(more) };
    const response = await api.post(RUNS, body);
    expect(response).toMatchObject({ status: 202, headers: { location: `${RUNS}/${run_id}` } });
    return run_id;
  };
  const reach = (runId: string, state: string): Promise<Wire> =>
    eventually(async () => {
      const { body } = await api.get(`${RUNS}/${runId}`);
      expect(body).toMatchObject({ state });
      return body;
    });
  const licensesOf = async (customerId: string): Promise<Wire[]> =>
    (await api.get(`/v1/licenses?customer_id=${customerId}`)).body.data;
  const eventsOf = async (runId: string) =>
    (
      await app.database.query<{ type: string }>(
        `SELECT event_type AS type FROM license_event_logs WHERE resource_id = $1
       UNION ALL SELECT event_type FROM outbox WHERE resource_id = $1 ORDER BY type`,
        [runId],
      )
    ).map(({ type }) => type);

  it('makes a customer of a lead, once, with one story in the log', async () => {
    const overrides = { max_activations: 7 };
    const runId = await start({ starts: 'AT_FIRST_ACTIVATION', overrides });
    const run = await reach(runId, 'COMPLETED');
    const { customer_id, license_id, email_message_id } = run.result;
    expect(run).toMatchObject({ customer_id, error: null, undone: [], failed_attempts: 0 });
    expect(run.steps).toMatchObject([
      { name: 'createCustomer', outcome: 'DONE', attempts: 1 },
      { name: 'issueLicense', outcome: 'DONE', attempts: 1 },
      { name: 'sendLicenseEmail', outcome: 'DONE', attempts: 1 },
    ]);
    expect(await licensesOf(customer_id)).toMatchObject([{ license_id, status: 'PENDING', overrides }]);
    expect((await api.get(`/v1/email-messages/${email_message_id}`)).body).toMatchObject({
      to: LEAD.email,
      license_id,
    });
    expect(await eventsOf(runId)).toEqual(['workflow.completed', 'workflow.started']);
    const [created] = await app.database.query<{ actor: unknown }>(
      `SELECT actor FROM license_event_logs WHERE license_id = $1 UNION ALL SELECT actor FROM outbox WHERE license_id = $1`,
      [license_id],
    );
    expect(created?.actor).toMatchObject({ type: 'service', id: 'workflow:lead-to-customer', run_id: runId });
    expect((await api.get(`${RUNS}?customer_id=${customer_id}&state=COMPLETED`)).body.data).toMatchObject([
      { run_id: runId },
    ]);
  });

  it('undoes in reverse what the run made when a step is refused, and leaves a customer that it found as it was', async () => {
    const refused = await reach(await start({ license_template_id: 'none' }), 'FAILED');
    expect(refused).toMatchObject({
      error: { code: 'TEMPLATE_NOT_FOUND', step: 'issueLicense' },
      undone: ['deactivateCustomer'],
    });
    const made = (await api.get(`/v1/customers/${refused.customer_id}`)).body;
    expect(made).toMatchObject({ active: false });

    const { customer_id } = await api.create('/v1/customers', { email: 'found@example.com' });
    const lead = { ...LEAD, customer_id };
    const found = await reach(await start({ lead, license_template_id: 'none' }), 'FAILED');
    expect(found).toMatchObject({ customer_id, undone: [], not_undone: [] });
    const kept = (await api.get(`/v1/customers/${customer_id}`)).body;
    expect(kept).toMatchObject({ active: true, version: 1, email: 'found@example.com' });
    // Nobody to welcome: refused before there is a license.
    const nobody = await reach(await start({ lead: { company_name: 'No Mail' } }), 'FAILED');
    expect(nobody).toMatchObject({ error: { code: 'CUSTOMER_HAS_NO_EMAIL' } });
    expect(await licensesOf(nobody.customer_id as string)).toEqual([]);
    expect(
      (await reach(await start({ lead: { company_name: 'No Mail' }, welcome: false }), 'COMPLETED')).result,
    ).toMatchObject({ email_message_id: null });
  });

  it('waits for an approval, which needs a permission of its own, and takes one that came before', async () => {
    const runId = await start({ approval: true });
    expect(await reach(runId, 'WAITING')).toMatchObject({ waiting_for: 'approved' });
    const signals = `${RUNS}/${runId}/signals`;
    const sender = await app.key(api.tenantId, ['workflows:signal']);
    expect((await sender.post(`${signals}/approved`, {})).body).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect((await api.post(`${signals}/paid`, {})).body).toMatchObject({ code: 'VALIDATION_FAILED' });
    const approver = await app.key(api.tenantId, ['workflows:signal', 'workflows:approve']);
    expect((await approver.post(`${signals}/approved`, {})).status).toBe(202);
    await reach(runId, 'COMPLETED');
    expect((await approver.post(`${signals}/approved`, {})).body).toMatchObject({ code: 'WORKFLOW_RUN_ENDED' });
    expect(await eventsOf(runId)).toEqual(['workflow.completed', 'workflow.signaled', 'workflow.started']);

    const early = await start({ approval: true });
    expect((await api.post(`${RUNS}/${early}/signals/approved`, {})).status).toBe(202);
    await reach(early, 'COMPLETED');
  });

  it('undoes a run that is cancelled in its wait', async () => {
    const runId = await start({ approval: true });
    const { customer_id } = await reach(runId, 'WAITING');
    expect((await api.post(`${RUNS}/${runId}/cancel`)).status).toBe(202);
    expect(await reach(runId, 'CANCELLED')).toMatchObject({ undone: ['deactivateCustomer'] });
    expect((await api.get(`/v1/customers/${customer_id}`)).body).toMatchObject({ active: false });
    expect((await api.post(`${RUNS}/${runId}/cancel`)).body).toMatchObject({ code: 'WORKFLOW_RUN_ENDED' });
    expect(await eventsOf(runId)).toEqual(['workflow.cancel_requested', 'workflow.cancelled', 'workflow.started']);
  });

  it('starts a run once for its id, and refuses the id to another input', async () => {
    const runId = `run-${unique()}`;
    const body = { workflow: 'lead-to-customer', run_id: runId, input: inputOf() };
    const starts = await Promise.all(Array.from({ length: 4 }, () => api.post(RUNS, body)));
    expect(starts.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const other = await api.post(RUNS, { ...body, input: inputOf({ trial: true }) });
    expect(other.body).toMatchObject({ code: 'WORKFLOW_RUN_EXISTS' });
    const { customer_id } = await reach(runId, 'COMPLETED');
    expect(await licensesOf(customer_id as string)).toHaveLength(1);

    const keyed = { 'Idempotency-Key': unique() };
    const first = await api.post(RUNS, { workflow: 'lead-to-customer', input: inputOf() }, keyed);
    const again = await api.post(RUNS, { workflow: 'lead-to-customer', input: inputOf() }, keyed);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toMatchObject({ run_id: first.body.run_id as string });
    await reach(first.body.run_id as string, 'COMPLETED');
  });

  it('starts nothing whose transaction is rolled back', async () => {
    const runId = `run-${unique()}`;
    const command = new StartWorkflowCommand(Actor.service('test', api.tenantId), {
      workflow: 'lead-to-customer',
      run_id: runId,
      input: inputOf(),
    });
    const work = app.nest.get(UnitOfWork).run(api.tenantId, async () => {
      await app.nest.get(CommandBus).execute(command);
      throw new Error('rolled back');
    });
    await expect(work).rejects.toThrow('rolled back');
    const engine = 'SELECT 1 FROM workflows.workflow_status WHERE workflow_uuid = $1';
    expect(await app.database.query(engine, [`${api.tenantId}/${runId}`])).toEqual([]);
    expect((await api.get(`${RUNS}/${runId}`)).body).toMatchObject({ code: 'WORKFLOW_RUN_NOT_FOUND' });
  });

  it('lets nobody gain a right through a workflow', async () => {
    const { body: known } = await api.get(RUNS);
    const requires = [
      'customers:read',
      'customers:write',
      'licenses:issue',
      'licenses:revoke',
      'licenses:reveal-key',
      'emails:send',
    ];
    for (const missing of requires) {
      const permissions = TENANT_PERMISSIONS.filter((permission) => permission !== missing);
      const caller = await app.key(api.tenantId, permissions);
      const answer = await caller.post(RUNS, { workflow: 'lead-to-customer', input: inputOf() });
      expect(answer.body).toMatchObject({ code: 'PERMISSION_DENIED', detail: `Permission ${missing} is required.` });
    }
    expect((await api.get(RUNS)).body.data).toHaveLength(known.data.length as number);
    const least = await app.key(api.tenantId, ['workflows:start', ...requires]);
    expect((await least.post(RUNS, { workflow: 'lead-to-customer', input: inputOf() })).status).toBe(202);
  });

  it('asks for the permissions that a member of the input needs only if it is given', async () => {
    const permissions = TENANT_PERMISSIONS.filter((permission) => permission !== 'subscriptions:write');
    const caller = await app.key(api.tenantId, permissions);
    const sell = (more: object) =>
      caller.post(RUNS, { workflow: 'quote-to-order', input: { quote_id: randomUUID(), ...more } });
    const denied = { code: 'PERMISSION_DENIED', detail: 'Permission subscriptions:write is required.' };
    expect((await sell({ subscription_id: 'sub-1' })).body).toMatchObject(denied);
    const { status, body } = await sell({});
    expect(status).toBe(202);
    await reach(body.run_id as string, 'FAILED');
  });

  it('keeps a run whose step fails at every attempt, and repeats it with the same key', async () => {
    const role = app.database.applicationRole;
    await app.database.query(`REVOKE INSERT ON licenses FROM ${role}`);
    const runId = await start();
    const stalled = await reach(runId, 'STALLED');
    await app.database.query(`GRANT INSERT ON licenses TO ${role}`);
    expect(stalled).toMatchObject({
      error: { code: 'MAX_ATTEMPTS', step: 'issueLicense' },
      undone: [],
      failed_attempts: 2,
      last_failure: { step: 'issueLicense', code: 'INTERNAL_ERROR' },
    });
    expect(stalled.steps).toMatchObject([
      { outcome: 'DONE' },
      { outcome: 'FAILED', code: 'INTERNAL_ERROR', attempts: 2 },
    ]);
    expect((await api.post(`${RUNS}/${runId}/retry`)).status).toBe(202);
    const { customer_id } = await reach(runId, 'COMPLETED');
    expect(await licensesOf(customer_id as string)).toHaveLength(1);
    expect((await api.post(`${RUNS}/${runId}/retry`)).body).toMatchObject({ code: 'WORKFLOW_RUN_STATE' });
    expect(await eventsOf(runId)).toEqual([
      'workflow.completed',
      'workflow.retried',
      'workflow.stalled',
      'workflow.started',
    ]);
  });

  /** Ends the thread of the engine by its session, and waits for the next one. */
  const endThread = async () => {
    const sessions = `SELECT pid FROM pg_stat_activity WHERE application_name = 'imprimatur workflows' AND datname = $1`;
    const [ended] = await app.database.query<{ pid: number }>(sessions, [app.database.name]);
    await app.database.query('SELECT pg_terminate_backend($1)', [ended?.pid]);
    await eventually(async () => {
      const next = await app.database.query<{ pid: number }>(sessions, [app.database.name]);
      expect(next).toHaveLength(1);
      expect(next).not.toEqual([ended]);
    });
  };

  it('goes on after its thread has ended, while the server answers', async () => {
    const runId = await start({ approval: true });
    await reach(runId, 'WAITING');
    const ended = endThread();
    expect((await api.post(`${RUNS}/${runId}/signals/approved`, {})).status).toBe(202);
    await ended;
    await reach(runId, 'COMPLETED');
  });

  it('deletes the steps of a run that ended before the time for which they are kept, and not the run', async () => {
    const [old, recent, waiting] = [await start(), await start(), await start({ approval: true })];
    for (const runId of [old, recent]) await reach(runId, 'COMPLETED');
    await reach(waiting, 'WAITING');
    const age = `UPDATE workflows.workflow_status SET created_at = created_at - $2::bigint, updated_at = updated_at - $2::bigint,
                        completed_at = completed_at - $2::bigint WHERE workflow_uuid = $1`;
    for (const [runId, days] of [
      [old, 31],
      [recent, 29],
      [waiting, 31],
    ] as const)
      await app.database.query(age, [`${api.tenantId}/${runId}`, days * DAY_MS]);
    // A thread looks for such runs when it starts.
    await endThread();
    await eventually(async () => {
      const { body } = await api.get(`${RUNS}/${old}`);
      expect(body).toMatchObject({ state: 'COMPLETED', steps: null });
    });
    expect((await api.get(`${RUNS}/${recent}`)).body.steps).toHaveLength(3);
    expect((await api.get(`${RUNS}/${waiting}`)).body.steps).toHaveLength(1);
    const left = await app.database.query('SELECT FROM workflows.operation_outputs WHERE workflow_uuid = $1', [
      `${api.tenantId}/${old}`,
    ]);
    expect(left).toEqual([]);
    // The id is taken for ever.
    const again = await api.post(RUNS, { workflow: 'lead-to-customer', run_id: old, input: inputOf() });
    expect(again).toMatchObject({ status: 202, body: { state: 'COMPLETED' } });
    expect((await api.post(`${RUNS}/${waiting}/cancel`)).status).toBe(202);
    await reach(waiting, 'CANCELLED');
  });

  it('counts runs by workflow and outcome and failed attempts at steps, and measures those that are open', async () => {
    const monitor = await app.platform('monitor');
    const scrape = async () => {
      const { text } = await monitor.get('/metrics');
      return (series: string) => {
        const line = text.split('\n').find((each) => each.startsWith(`imprimatur_workflow_${series} `));
        return line === undefined ? 0 : Number(line.split(' ').at(-1));
      };
    };
    const ended = (outcome: string) => `runs_total{workflow="lead-to-customer",outcome="${outcome}"}`;
    const before = await scrape();
    const waiting = await start({ approval: true });
    const failed = await start({ license_template_id: 'none' });
    await reach(waiting, 'WAITING');
    await reach(failed, 'FAILED');
    await app.database.query(`REVOKE INSERT ON email_messages FROM ${app.database.applicationRole}`);
    const stalled = await start();
    await reach(stalled, 'STALLED');
    await app.database.query(`GRANT INSERT ON email_messages TO ${app.database.applicationRole}`);
    await app.database.query(
      'UPDATE workflows.workflow_status SET created_at = created_at - 7200000 WHERE workflow_uuid = $1',
      [`${api.tenantId}/${waiting}`],
    );

    const during = await scrape();
    expect(during('runs_open') - before('runs_open')).toBe(2);
    expect(during('oldest_open_age_seconds')).toBeGreaterThanOrEqual(7_200);
    expect(during('oldest_open_age_seconds')).toBeLessThan(7_300);
    const failures = 'step_failures_total{workflow="lead-to-customer"}';
    expect(during(failures) - before(failures)).toBe(2);
    await api.post(`${RUNS}/${waiting}/cancel`);
    await api.post(`${RUNS}/${stalled}/retry`);
    await reach(waiting, 'CANCELLED');
    await reach(stalled, 'COMPLETED');
    await eventually(async () => {
      const after = await scrape();
      const outcomes = ['COMPLETED', 'FAILED', 'CANCELLED'];
      expect(outcomes.map((outcome) => after(ended(outcome)) - before(ended(outcome)))).toEqual([1, 1, 1]);
      expect(after('runs_open')).toBe(before('runs_open'));
      expect(after('oldest_open_age_seconds')).toBeLessThan(7_200);
    });
  });

  it('lists the runs of one workflow, in one state or of one customer', async () => {
    const sold = await api.post(RUNS, { workflow: 'quote-to-order', input: { quote_id: randomUUID() } });
    await reach(sold.body.run_id as string, 'FAILED');
    const led = await start();
    const { customer_id } = await reach(led, 'COMPLETED');
    const list = async (filter: string): Promise<Wire[]> => (await api.get(`${RUNS}?${filter}`)).body.data;
    const orders = await list('workflow=quote-to-order');
    expect(orders.map(({ run_id }) => run_id as string)).toContain(sold.body.run_id);
    expect(new Set(orders.map(({ workflow }) => workflow as string))).toEqual(new Set(['quote-to-order']));
    const leads = await list(`workflow=lead-to-customer&state=COMPLETED&customer_id=${customer_id}`);
    expect(leads).toMatchObject([{ run_id: led }]);
    expect(await list(`workflow=quote-to-order&customer_id=${customer_id}`)).toEqual([]);
    expect((await api.get(`${RUNS}?workflow=none`)).status).toBe(400);
  });

  it('goes on after a checkpoint that the database did not take in time', async () => {
    const waiting = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'workflows.operation_outputs'::regclass`;
    const runId = await withClient(app.database.superuserUrl, async (holder) => {
      await holder.query('BEGIN; LOCK TABLE workflows.operation_outputs IN EXCLUSIVE MODE');
      const started = await start();
      // The first step has its effect, and its checkpoint waits until the session's limit for locks.
      await eventually(async () => expect(await app.database.query(waiting)).toHaveLength(1));
      await eventually(async () => expect(await app.database.query(waiting)).toEqual([]));
      return started;
    });
    const { customer_id } = await reach(runId, 'COMPLETED');
    expect(await licensesOf(customer_id as string)).toHaveLength(1);
    expect(await eventsOf(runId)).toEqual(['workflow.completed', 'workflow.started']);
  });

  it('gives back a run that it took and does not know how to begin, so that a server of a later release gets it', async () => {
    const run = { tenantId: api.tenantId, runId: `run-${unique()}` };
    const engine = app.nest.get(WorkflowEngine);
    await app.nest
      .get(UnitOfWork)
      .run(api.tenantId, (transaction) => engine.start(transaction, run, 'of-a-later-release', {}));
    const taken = (except = '') =>
      eventually(async () => {
        const [row] = await app.database.query<Wire>(
          `SELECT owner_xid FROM workflows.workflow_status WHERE workflow_uuid = $1 AND status = 'PENDING' AND owner_xid <> $2`,
          [`${run.tenantId}/${run.runId}`, except],
        );
        return row.owner_xid as string;
      });
    await taken(await taken());
  });

  it('stores no name, e-mail address or license key where the engine keeps its runs, but for inputs, which are sealed', async () => {
    const { customer_id } = await reach(await start(), 'COMPLETED');
    const [license] = await licensesOf(customer_id as string);
    const { license_key } = (await api.post(`/v1/licenses/${license.license_id}/reveal-key`)).body;
    const tables = await app.database.query<{ name: string }>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'workflows'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    const rows = await Promise.all([
      app.database.query<{ row: string }>('SELECT to_jsonb(item)::text AS row FROM workflow_runs AS item'),
      ...tables.map(({ name }) =>
        app.database.query<{ row: string }>(`SELECT to_jsonb(item)::text AS row FROM workflows.${name} AS item`),
      ),
    ]);
    const text = rows
      .flat()
      .map(({ row }) => row)
      .join('\n');
    expect(text).toContain(customer_id);
    const person = Object.values(LEAD);
    expect(traces(text, [...person, license_key as string])).toEqual([]);

    const values = await engineValues(app.database, app.secrets);
    const unsealed = (isInput: boolean) =>
      values.filter(({ column }) => column.endsWith('.inputs') === isInput).map(({ value }) => value);
    expect(unsealed(true).join()).toContain(LEAD.email);
    expect(traces(unsealed(true).join(), [license_key as string])).toEqual([]);
    expect(unsealed(false).join()).toContain(license.license_id);
    expect(traces(unsealed(false).join(), [...person, license_key as string])).toEqual([]);
  });
});

/** An application with the engine, of which a step fails at its first attempt. */
async function startEngine(database: TestDatabase) {
  const app = await TestApp.start({ database, environment: { WORKFLOWS: 'dbos', WORKFLOW_STEP_ATTEMPTS: '1' } });
  const api = await app.tenant();
  const template = await api.template();
  const start = async (input: Wire, { workflow = 'lead-to-customer' } = {}): Promise<string> => {
    const run_id = `run-${unique()}`;
    expect((await api.post(RUNS, { workflow, run_id, input })).status).toBe(202);
    return run_id;
  };
  const reach = (runId: string, state: object): Promise<Wire> =>
    eventually(async () => {
      const { body } = await api.get(`${RUNS}/${runId}`);
      expect(body).toMatchObject(state);
      return body;
    });
  return { app, api, template, start, reach };
}

/** A person with runs of one workflow: one that has ended, one that waits or is stalled, and one whose first step has not ended. */
interface ErasedRuns {
  readonly workflow: string;
  /** Right without which the first step fails, and one without which a later step does. */
  readonly first: string;
  readonly later?: string;
  /** Creates what a run works on, and returns its input; `id` is that of the person once there is one. */
  readonly input: (scene: ErasureScene, run: 'ended' | 'waiting' | 'open', id?: string) => Wire;
  readonly end?: (api: Api, runId: string) => Promise<unknown>;
}

interface ErasureScene {
  readonly api: Api;
  readonly template: string;
  readonly person: typeof LEAD;
  /** Id for a person that is created before the runs. */
  readonly personId: string;
}

const createPerson = ({ api, person, personId }: ErasureScene, id: string | undefined) =>
  id === undefined && api.create('/v1/customers', { customer_id: personId, ...person });

const ERASED_RUNS: readonly ErasedRuns[] = [
  {
    workflow: 'lead-to-customer',
    first: 'INSERT ON customers',
    input: ({ person, template: license_template_id }, run, customer_id) => ({
      license_template_id,
      ...(run === 'waiting' ? { lead: { ...person, customer_id }, approval: true } : { lead: person }),
    }),
  },
  {
    workflow: 'quote-to-order',
    first: 'UPDATE ON quotes',
    input: async (scene, _, id) => {
      await createPerson(scene, id);
      const line = { kind: 'ISSUE', license_template_id: scene.template, quantity: 1, unit_price: 0 };
      const quote = { customer_id: scene.personId, currency: 'EUR', valid_until: '2099-01-01T00:00:00Z' };
      const { quote_id } = await scene.api.create('/v1/quotes', { ...quote, lines: [line] });
      return { quote_id };
    },
    end: (api, runId) => api.post(`${RUNS}/${runId}/cancel`),
  },
  {
    workflow: 'subscription-activation',
    first: 'SELECT ON subscriptions',
    later: 'INSERT ON licenses',
    input: async (scene, run, id) => {
      await createPerson(scene, id);
      const subscription_id = `${scene.personId}-${run}`;
      const subscription = { subscription_id, customer_id: scene.personId, template_id: scene.template };
      await scene.api.create('/v1/subscriptions', subscription);
      return { subscription_id };
    },
  },
  {
    workflow: 'partner-onboarding',
    first: 'INSERT ON partners',
    input: ({ person, template }, run, partner_id) => ({
      partner: run === 'waiting' ? { partner_id } : { name: person.last_name, email: person.email },
      pools: [{ license_template_id: template, quantity: 1 }],
    }),
    end: (api, runId) => api.post(`${RUNS}/${runId}/signals/approved`, {}),
  },
];

/** A run of each workflow that is started several times at once, and cancelled after it has made everything that it can take back. */
interface CancelledRun {
  readonly workflow: string;
  /** Signal that the run waits for first. */
  readonly signal?: string;
  /** Right without which a step fails, after which the run is cancelled once the step has been done. */
  readonly stalledBy?: string;
  readonly undone: readonly string[];
  /** Rows of the person in the end. */
  readonly made: string;
  readonly rows: readonly string[];
}

const CANCELLED_RUNS: readonly CancelledRun[] = [
  {
    workflow: 'quote-to-order',
    signal: 'accepted',
    undone: ['cancelOrder'],
    made: 'SELECT status FROM orders WHERE customer_id = $1',
    rows: ['CANCELLED'],
  },
  {
    workflow: 'subscription-activation',
    stalledBy: 'UPDATE ON subscriptions',
    undone: ['unlinkSubscription', 'revokeLicense'],
    made: 'SELECT status FROM licenses WHERE customer_id = $1 AND subscription_id IS NULL',
    rows: ['REVOKED'],
  },
  {
    workflow: 'partner-onboarding',
    signal: 'approved',
    stalledBy: 'INSERT ON license_pools',
    undone: ['emptyLicensePool', 'suspendPartner'],
    made: `SELECT partners.status || ' ' || (SELECT coalesce(sum(quantity), 0) FROM pool_entries JOIN license_pools USING (tenant_id, pool_id)
             WHERE license_pools.partner_id = partners.partner_id) AS status
           FROM partners WHERE name = $1`,
    rows: ['SUSPENDED 0'],
  },
];

describe('an erasure, or a cancellation,', () => {
  let engine: Awaited<ReturnType<typeof startEngine>>;

  beforeAll(async () => {
    engine = await startEngine(await TestDatabase.create());
  });

  afterAll(async () => {
    await engine.app.stop();
    await engine.app.database.drop();
  });

  it.each(CANCELLED_RUNS)(
    'undoes what a run of $workflow made, which was started several times at once and exists once',
    async ({ workflow, signal, stalledBy, undone, made, rows }) => {
      const { app, api, template, reach } = engine;
      const personId = `person-${unique()}`;
      const person = { first_name: 'Ada', last_name: personId, email: `${personId}@example.com` };
      const subject = ERASED_RUNS.find((each) => each.workflow === workflow);
      const body = {
        workflow,
        run_id: personId,
        input: await subject?.input({ api, template, person, personId }, 'ended'),
      };
      if (stalledBy !== undefined) await app.database.query(`REVOKE ${stalledBy} FROM ${app.database.applicationRole}`);
      const starts = await Promise.all([1, 2, 3, 4].map(() => api.post(RUNS, body)));
      expect(starts.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      if (signal !== undefined) expect((await api.post(`${RUNS}/${personId}/signals/${signal}`, {})).status).toBe(202);
      const waits = stalledBy === undefined ? { state: 'WAITING', waiting_for: 'approved' } : { state: 'STALLED' };
      await reach(personId, waits);
      if (stalledBy !== undefined) await app.database.query(`GRANT ${stalledBy} TO ${app.database.applicationRole}`);
      expect((await api.post(`${RUNS}/${personId}/cancel`)).status).toBe(202);
      await reach(personId, { state: 'CANCELLED', undone, not_undone: [] });
      const found = await app.database.query<{ status: string }>(made, [personId]);
      expect(found.map(({ status }) => status)).toEqual(rows);
    },
  );

  it.each(ERASED_RUNS)(
    'undoes the open runs of $workflow of a person, also one that has not got to know the person, and leaves no name',
    async ({ workflow, first, later, input, end }) => {
      const { app, api, template, start, reach } = engine;
      const [name, personId] = [unique(), `person-${unique()}`];
      const person = { first_name: `Xerxes${name}`, last_name: `Vandergelt${name}`, email: `x${name}@example.com` };
      const scene = { api, template, person, personId };
      const without = async (right: string | undefined, work: () => Promise<Wire>): Promise<Wire> => {
        if (right === undefined) return work();
        await app.database.query(`REVOKE ${right} FROM ${app.database.applicationRole}`);
        const run = await work();
        await app.database.query(`GRANT ${right} TO ${app.database.applicationRole}`);
        return run;
      };

      const endedId = await start(await input(scene, 'ended'), { workflow });
      if (end) {
        await reach(endedId, { state: 'WAITING' });
        await end(api, endedId);
      }
      const ended = await reach(endedId, { ended_at: expect.any(String) });
      const id = ended.customer_id as string;
      const waitingInput = await input(scene, 'waiting', id);
      const waiting = await without(later, async () =>
        reach(await start(waitingInput, { workflow }), { state: later === undefined ? 'WAITING' : 'STALLED' }),
      );
      expect(waiting).toMatchObject({ customer_id: id });
      const openInput = await input(scene, 'open', id);
      const open = await without(first, async () => reach(await start(openInput, { workflow }), { state: 'STALLED' }));
      expect(open).toMatchObject({ customer_id: null });
      const other = { ...scene, personId: `other-${personId}`, person: { ...LEAD, email: `o${name}@example.com` } };
      const kept = await start(await input(other, 'ended'), { workflow });

      const erased = await withClient(app.database.ownerUrl, (owner) =>
        eraseCustomer(owner, app.secrets, api.tenantId, id, new Date()),
      );
      expect(erased).toMatchObject({ runs: 3 });
      for (const { run_id } of [ended, waiting, open]) expect((await api.get(`${RUNS}/${run_id}`)).status).toBe(404);
      expect((await api.get(`${RUNS}/${kept}`)).body).toMatchObject({ cancel_requested_at: null });
      const stored = await everythingStored(app.database, app.secrets);
      expect(traces(stored, Object.values(person))).toEqual([]);
      const inputs = await app.database.query<{ id: string }>(
        'SELECT workflow_uuid AS id FROM workflows.workflow_input',
      );
      const ids = inputs.map((row) => row.id);
      expect(ids).toContain(`${api.tenantId}/${kept}`);
      for (const { run_id } of [ended, waiting, open]) expect(ids).not.toContain(`${api.tenantId}/${run_id}`);
    },
  );
});

it('leaves runs as they are when master and lookup keys are replaced, also where a server lacks one', async () => {
  const database = await TestDatabase.create();
  const { app, api, template, start, reach } = await startEngine(database);
  const input = { lead: { email: 'keys@example.com' }, license_template_id: template, approval: true };
  const runId = await start(input);
  await reach(runId, { state: 'WAITING' });
  const engine = `SELECT executor_id, status FROM workflows.workflow_status`;
  const [before] = await database.query<Wire>(engine);
  await app.stop();
  // A server that was not given the key takes the run, which it cannot read, and must not end it.
  const keyless = new Secrets([randomBytes(32)], app.secrets.lookupKey);
  const without = await TestApp.start({ database, secrets: keyless, environment: { WORKFLOWS: 'dbos' } });
  await eventually(async () => {
    const [taken] = await database.query<Wire>(engine);
    expect(taken?.executor_id).not.toBe(before?.executor_id);
    expect(taken?.status).not.toBe('ENQUEUED');
  });
  const unable = without.bearer(api.tenantId, api.key ?? '');
  const answer = await unable.get(`${RUNS}/${runId}`);
  expect(answer).toMatchObject({ status: 503, body: { code: 'WORKFLOWS_UNAVAILABLE' } });
  expect(answer.body.detail).toContain('master key');
  expect((await unable.get(RUNS)).body.data).toMatchObject([{ run_id: runId, state: 'WAITING' }]);
  await without.stop();
  const [old] = app.secrets.masterKeys;
  const both = new Secrets([randomBytes(32), old!], app.secrets.lookupKey);
  const next = new Secrets([both.masterKeys[0]!], randomBytes(32));
  await withClient(database.ownerUrl, async (owner) => {
    expect(await countOutdated(owner, both)).toBeGreaterThan(0);
    await rekey(owner, both, () => undefined);
    expect(await countOutdated(owner, both)).toBe(0);
    await replaceLookupKey(owner, new Secrets(next.masterKeys, both.lookupKey), next, () => undefined);
  });
  const later = await TestApp.start({ database, secrets: next, environment: { WORKFLOWS: 'dbos' } });
  const there = later.bearer(api.tenantId, api.key ?? '');
  const body = { workflow: 'lead-to-customer', run_id: runId, input };
  expect((await there.post(RUNS, body)).status).toBe(202);
  expect((await there.post(`${RUNS}/${runId}/signals/approved`, {})).status).toBe(202);
  await eventually(async () => {
    expect((await there.get(`${RUNS}/${runId}`)).body).toMatchObject({ state: 'COMPLETED' });
  });
  await later.stop();
  await database.drop();
});

it('performs a step once also if it is repeated three days later, when other keys are forgotten', async () => {
  const { app, time } = await startAtRest();
  const api = await app.tenant();
  const template = await api.template();
  const input = { lead: LEAD, license_template_id: template };
  await app.database.query(
    `INSERT INTO workflow_runs (tenant_id, run_id, workflow, engine, state, input_digest, started_by, version, created_at, updated_at)
     VALUES ($1, 'run', 'lead-to-customer', 'dbos', 'RUNNING', '', '{}', 1, now(), now())`,
    [api.tenantId],
  );
  const call = (step: string, argument: unknown): StepCall => ({
    tenantId: api.tenantId,
    runId: 'run',
    workflow: 'lead-to-customer',
    step,
    key: step,
    argument,
  });
  const performer = app.nest.get(StepPerformer);
  const customer = call('createCustomer', { customer: input.lead, email_required: true });
  const created = (await performer.perform(customer)) as { result: { customer_id: string } };
  const { customer_id } = created.result;
  const issue = call('issueLicense', { license_template_id: template, customer_id });
  const issued = await performer.perform(issue);
  time.now += 3 * DAY_MS;
  await app.nest.get(IdempotencySweeper).sweep();
  expect(await performer.perform(customer)).toEqual({ ...created, cancelled: false });
  expect(await performer.perform(issue)).toEqual(issued);
  expect((await api.get(`/v1/licenses?customer_id=${customer_id}`)).body.data).toHaveLength(1);
  await app.stop();
});

describeEngine('the engine of the server', () => DbosUnderTest.create());

it('is off where the operator wants it, and says so', async () => {
  const app = await TestApp.start();
  const api = await app.tenant();
  const input = { lead: LEAD, license_template_id: 'any' };
  const answer = await api.post(RUNS, { workflow: 'lead-to-customer', input });
  expect(answer).toMatchObject({ status: 503, body: { code: 'WORKFLOWS_UNAVAILABLE' } });
  expect((await api.get(RUNS)).body).toEqual({ data: [], next_cursor: null });
  await app.stop();
});
