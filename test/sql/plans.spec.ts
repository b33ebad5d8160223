import { describe, expect, it, jest } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { TestApp } from '../support/app.js';
import { TestDatabase, query } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { statementsOf } from '../support/statements.js';

const PAIRS = 20;

/** Planner methods that are off, besides those that the server switches off. */
const PLANS: readonly (readonly string[])[] = [
  [],
  ['nestloop'],
  ['nestloop', 'hashjoin'],
  ['nestloop', 'mergejoin'],
  ['indexscan', 'bitmapscan', 'indexonlyscan'],
  ['indexscan', 'bitmapscan', 'indexonlyscan', 'nestloop'],
  ['memoize', 'material', 'hashagg'],
];

describe('statements for many tenants', () => {
  it.each(PLANS.map((off) => [off]))(
    'keep to the walls whatever plan PostgreSQL takes, without %j',
    async (off) => {
      const database = await TestDatabase.create();
      for (const way of off) {
        await query(database.superuserUrl, `ALTER DATABASE ${database.name} SET enable_${way} = off`);
      }
      const app = await TestApp.start({ database });
      const [ours, theirs] = [await app.tenant(), await app.tenant()];
      // Everything has the same name with both.
      for (const [api, name] of [
        [ours, 'Ours'],
        [theirs, 'Theirs'],
      ] as const) {
        await api.create('/v1/products', { product_id: 'p', name });
        await api.template({ template_id: 't', template_name: name, product_id: 'p', trial_allowed: true });
        await api.create('/v1/customers', { customer_id: 'c', first_name: name });
        // The terms are cached, so the statement that stores the license refuses.
        await api.issue('t', { customer_id: 'c' });
      }
      const order = { license_template_id: 't', customer_id: 'c' };
      await ours.issue('t', { customer_id: 'c', trial: true });
      const trials = await Promise.all(
        [ours, theirs].map((api) => api.post('/v1/licenses', { ...order, trial: true })),
      );
      expect(trials.map(({ body }) => body.code ?? body.issued_to)).toEqual(['TRIAL_ALREADY_USED', 'Theirs']);
      await theirs.patch('/v1/products/p', { active: false });
      const both = Array.from({ length: PAIRS }, () => [ours, theirs]).flat();
      const answers = await Promise.all(both.map((api) => api.post('/v1/licenses', order)));
      expect(answers.map(({ status, body }) => [status, body.issued_to ?? body.code])).toEqual(
        both.map((api) => (api === ours ? [201, 'Ours'] : [409, 'PRODUCT_INACTIVE'])),
      );
      const read = await Promise.all(both.map((api) => api.get('/v1/license-templates/t')));
      expect(read.map(({ body }) => body.template_name)).toEqual(both.map((api) => (api === ours ? 'Ours' : 'Theirs')));
      await eventually(async () => {
        const logged = await database.query<{ tenant_id: string; events: number }>(
          `SELECT tenant_id, count(*)::int AS events FROM license_event_logs WHERE event_type = 'license.created'
           GROUP BY tenant_id ORDER BY events`,
        );
        expect(logged).toEqual([
          { tenant_id: theirs.tenantId, events: 2 },
          { tenant_id: ours.tenantId, events: PAIRS + 2 },
        ]);
      });
      await app.stop();
      await database.drop();
    },
    60_000,
  );

  it('compare no row with all others, also when they were planned while the tables were empty', async () => {
    const database = await TestDatabase.create();
    // As in the sessions of the server.
    await query(database.superuserUrl, `ALTER DATABASE ${database.name} SET enable_seqscan = off`);
    const app = await TestApp.start({ database });
    const tenant = await app.tenant();
    const templateId = await tenant.template();
    const called = jest.spyOn(app.nest.get(UnitOfWork), 'executeStandalone');
    const { license_key } = await tenant.issue(templateId);
    const device = { license_key: license_key as string, fingerprint: 'pc' };
    expect((await tenant.post('/v1/client/activate', device)).status).toBe(200);
    const order = { license_template_id: templateId, customer_id: 'c' };
    expect((await tenant.post('/v1/licenses', order, { 'Idempotency-Key': 'k' })).status).toBe(201);
    await eventually(() => expect(called.mock.calls.map(([{ name }]) => name)).toContain('event-log.move'));
    const statements = new Map(called.mock.calls.map(([{ name, text }]) => [name, text]));
    expect([...statements.keys()].sort()).toEqual([
      'activations.change-seats',
      'event-log.move',
      'licenses.issue',
      'licenses.issue-once',
    ]);
    // Then PostgreSQL knows that it is empty, and takes it for smaller than the arrays of a statement.
    await eventually(async () => expect(await database.query('SELECT FROM outbox')).toEqual([]));
    await query(database.superuserUrl, 'VACUUM outbox');
    for (const [name, text] of statements) {
      const plan = await genericPlan(database, text);
      expect(eachWithEach(plan)).toEqual([]);
      if (name?.startsWith('licenses.')) expect(indexesOf(plan)).toContain('licenses_one_trial');
      if (name === 'activations.change-seats')
        expect(indexesOf(plan).map((index) => index.split('_')[0])).toEqual(['licenses', 'licenses']);
    }
    // The events that go first are read in their order, and those that leave are looked up: a backlog is never read as a whole.
    const move = await genericPlan(database, statements.get('event-log.move') ?? '');
    const chosen = partsOf(move).find((part) => part['Subplan Name'] === 'CTE chosen');
    expect(indexesOf(chosen)).toEqual(['outbox_order']);
    expect(partsOf(chosen).map((part) => part['Node Type'])).not.toContain('Sort');
    expect(indexesOf(move)).toContain('outbox_pkey');
    await app.stop();
    await database.drop();
  });

  it('read a page of licenses by an index in its order, because the plan is kept', async () => {
    const database = await TestDatabase.create();
    const app = await TestApp.start({ database });
    const tenant = await app.tenant();
    const templateId = await tenant.template();
    for (const at of [1, 2, 3]) await tenant.issue(templateId, { issued_to: `Nr. ${at}` });
    const called = jest.spyOn(app.nest.get(UnitOfWork), 'queryStandalone');
    const { next_cursor } = (await tenant.get('/v1/licenses?limit=2')).body;
    await tenant.get(`/v1/licenses?limit=2&cursor=${next_cursor as string}`);
    const pages = called.mock.calls.map(([statement]) => statement).filter(({ name }) => name?.includes('.list'));
    called.mockRestore();
    expect(pages.map(({ name }) => name)).toEqual(['licenses.list', 'licenses.list-after']);
    for (const { text } of pages) {
      const plan = await genericPlan(database, text);
      expect(indexesOf(plan)).toContain('licenses_page');
      expect(partsOf(plan).map((part) => part['Node Type'])).not.toContain('Sort');
    }
    await app.stop();
    await database.drop();
  });
});

describe('what happened to a license', () => {
  it('is found by an index, under row-level security, among many events of others', async () => {
    const app = await TestApp.start();
    const api = await app.tenant();
    const license = await api.issue(await api.template());
    const explain = () =>
      api.post(`/v1/licenses/${license.license_id}/explain`, { as_of: license.issued_date as string });
    await eventually(async () => {
      const events = 'SELECT 1 FROM license_event_logs WHERE license_id = $1';
      expect(await app.database.query(events, [license.license_id])).toHaveLength(1);
    });
    await app.database.query(
      `INSERT INTO license_event_logs SELECT tenant_id, seq + n * 1000000000000000, gen_random_uuid(), event_type, gen_random_uuid(),
         resource_type, resource_id, event_data, personal, user_id, actor, metadata, created_at
       FROM license_event_logs, generate_series(1, 5000) n WHERE license_id = $1`,
      [license.license_id],
    );
    await app.database.query('ANALYZE license_event_logs');
    const [statement = ''] = (
      await statementsOf(async () => {
        expect((await explain()).status).toBe(200);
      })
    ).filter((text) => text.includes('UNION ALL'));
    const plan = await withClient(app.database.applicationUrl, async (client) => {
      await client.query(`BEGIN; SET LOCAL app.tenant_id = '${api.tenantId}'`);
      const values = [api.tenantId, license.license_id, ['license.updated'], new Date(0), 100];
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement}`, values);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toContain('license_event_logs_license');
    expect(plan).not.toContain('Seq Scan on license_event_logs');
    await app.stop();
  });
});

/** The plan that would be kept, whatever the parameters are. */
function genericPlan(database: TestDatabase, text: string): Promise<Plan | undefined> {
  return withClient(database.applicationUrl, async (client) => {
    await client.query(`SET plan_cache_mode = force_generic_plan`);
    await client.query(`PREPARE planned AS ${text}`);
    const nulls = [...new Set(text.match(/\$\d+/g))].map(() => 'NULL').join(', ');
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (FORMAT JSON) EXECUTE planned (${nulls})`,
    );
    return rows[0]?.['QUERY PLAN'][0].Plan;
  });
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'CTE Name'?: string;
  readonly 'Index Name'?: string;
  readonly Alias?: string;
  readonly 'Subplan Name'?: string;
  readonly Plans?: readonly Plan[];
}

/** The plan and all that is below. */
function partsOf(plan: Plan | undefined): Plan[] {
  if (!plan) throw new Error('There is no plan.');
  return [plan, ...(plan.Plans ?? []).flatMap(partsOf)];
}

/** Nodes of a plan that are read as a whole for each row of another node. */
function eachWithEach(plan: Plan | undefined): string[] {
  if (!plan) throw new Error('There is no plan.');
  const parts = plan.Plans ?? [];
  const inner = plan['Node Type'] === 'Nested Loop' ? parts.slice(-1).flatMap(scansOf) : [];
  return [...inner, ...parts.flatMap(eachWithEach)];
}

function indexesOf(plan: Plan | undefined): string[] {
  return [
    ...(plan?.['Index Name'] === undefined ? [] : [plan['Index Name']]),
    ...(plan?.Plans ?? []).flatMap(indexesOf),
  ];
}

function scansOf({ Plans = [], ...plan }: Plan): string[] {
  const name = plan['Node Type'] === 'Function Scan' ? plan.Alias : plan['CTE Name'];
  return [...(name === undefined ? [] : [name]), ...Plans.flatMap(scansOf)];
}
