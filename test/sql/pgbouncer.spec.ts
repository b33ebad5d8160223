import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { keepsSessions } from '../../src/database/keeps-sessions.js';
import { migrate } from '../../src/database/migrate.js';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import type { Wire } from '../support/api.js';
import { query, TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { ServerProcess } from '../support/server.js';

/** The program to run; without it there is nothing to test here. */
const PROGRAM = process.env.PGBOUNCER;
const SEATS = 5;

(PROGRAM ? describe : describe.skip)('two servers behind PgBouncer in transaction mode (PGBOUNCER names it)', () => {
  let database: TestDatabase;
  let bouncer: PgBouncer;
  let servers: [ServerProcess, ServerProcess];
  let environment: Record<string, string>;
  let key: string;
  let applicationUrl: string;
  const role = () => `${database.name}_app`;

  beforeAll(async () => {
    database = await TestDatabase.create({ empty: true });
    applicationUrl = database.urlFor(role(), 'a-password');
    bouncer = await PgBouncer.start(PROGRAM ?? '', [database.ownerUrl, applicationUrl]);
    const [owner, application] = [database.ownerUrl, applicationUrl].map((url) => bouncer.through(url)) as [
      string,
      string,
    ];
    const runs = await Promise.all([1, 2].map(() => migrate(owner, application, loadConfig({}))));
    expect(runs.map((applied) => applied.length > 0).sort()).toEqual([false, true]);
    key = generateApiKey();
    await withClient(owner, (client) => new TenantRegistry(client).create('t', key, new Date()));
    environment = {
      DATABASE_URL: application,
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
    };
    servers = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    for (const server of servers) await server.start();
  }, 120_000);

  afterAll(async () => {
    for (const server of servers) await server.cleanUp();
    await bouncer.stop();
    const url = new URL(database.superuserUrl);
    url.pathname = '/postgres';
    await database.drop();
    await query(url.href, `DROP ROLE ${role()}`);
  });

  const send = async (n: number, method: string, path: string, body?: unknown): Promise<Wire> => {
    const response = await (servers[n % 2] ?? servers[0]).fetch(path, { method, body, key });
    return { status: response.status, body: await response.json() };
  };

  it('find out by themselves whether named statements are kept', async () => {
    const found = bouncer.keepsNamedStatements ? 'Named statements are used.' : 'Named statements are not used';
    for (const server of servers) await eventually(() => expect(server.output).toContain(found));
  });

  it('find out that no session is kept, however busy other clients are, and that PostgreSQL itself keeps them', async () => {
    const url = bouncer.through(applicationUrl);
    let isOver = false;
    const others = Array.from({ length: 4 }, () =>
      withClient(url, async (client) => {
        while (!isOver) await client.query('SELECT pg_sleep(0.001)');
      }),
    );
    for (let times = 0; times < 15; times++) expect(await keepsSessions(url)).toBe(false);
    isOver = true;
    await Promise.all(others);
    expect(await keepsSessions(applicationUrl)).toBe(true);
  });

  it('leave no lock of a migration behind on a pooled connection', async () => {
    expect(await migrate(database.ownerUrl, applicationUrl, loadConfig({}))).toEqual([]);
  });

  it('issue, activate, list, validate and record exactly, at once', async () => {
    await send(0, 'POST', '/products', { product_id: 'p', name: 'P' });
    const template = {
      template_name: 'T',
      template_id: 't',
      product_id: 'p',
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      default_duration: 30,
      max_activations: SEATS,
    };
    expect(await send(1, 'POST', '/license-templates', template)).toMatchObject({ status: 201 });
    const order = { license_template_id: 't', customer_id: 'c' };
    const issued = await Promise.all(Array.from({ length: 200 }, (_, n) => send(n, 'POST', '/licenses', order)));
    expect(issued.map(({ status }) => status)).toEqual(Array(200).fill(201));
    const { license_id: id, license_key } = issued[0].body;
    const taken = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        send(n, 'POST', `/licenses/${id}/activations`, { fingerprint: `device-${n}` }),
      ),
    );
    const outcomes = taken.map(({ status, body }) => `${status} ${body.code ?? ''}`).sort();
    expect(outcomes).toEqual([...Array(SEATS).fill('200 '), ...Array(40 - SEATS).fill('409 ACTIVATION_LIMIT_REACHED')]);
    const validated = await Promise.all(
      Array.from({ length: 40 }, (_, n) => send(n, 'POST', '/client/validate', { license_key })),
    );
    expect(new Set(validated.map(({ status }) => status))).toEqual(new Set([200]));
    const reads = await Promise.all(issued.map(({ body }, n) => send(n + 1, 'GET', `/licenses/${body.license_id}`)));
    expect(reads.map(({ body }) => body.license_id)).toEqual(issued.map(({ body }) => body.license_id));
    for (const [n, action] of ['suspend', 'reinstate', 'renew'].entries()) {
      const body = action === 'suspend' ? { reason: { code: 'OTHER' } } : {};
      expect(await send(n, 'POST', `/licenses/${id}/${action}`, body)).toMatchObject({ status: 200 });
    }
    await eventually(async () => {
      const { body } = await send(0, 'GET', `/license-events?license_id=${id}&limit=100`);
      const types = body.data.map(({ event_type }: { event_type: string }) => event_type);
      expect(types).toEqual(expect.arrayContaining(['license.created', 'license.suspended', 'license.renewed']));
    });
    const [counted] = await database.query<{ licenses: number; sessions: number }>(
      `SELECT (SELECT count(*)::int FROM licenses) AS licenses,
              (SELECT count(*)::int FROM pg_stat_activity WHERE usename = '${role()}') AS sessions`,
    );
    expect(counted?.licenses).toBe(200);
    expect(counted?.sessions).toBeLessThanOrEqual(5);
    for (const { output } of servers) expect(output).not.toContain('"level":"error"');
  }, 60_000);

  it('start no workflow over connections that keep no session, and say so while they are ready; by DATABASE_DIRECT_URL one does', async () => {
    await send(0, 'POST', '/products', { product_id: 'direct', name: 'P' });
    const names = { template_id: 'direct', template_name: 'Direct', product_id: 'direct' };
    const template = { ...names, license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT' };
    expect(await send(0, 'POST', '/license-templates', template)).toMatchObject({ status: 201 });
    const input = { lead: { email: 'lead@example.com' }, license_template_id: 'direct' };
    const run = { workflow: 'lead-to-customer', run_id: 'lead', input };
    const path = '/workflow-runs/lead';
    const unavailable: Wire = expect.stringContaining('DATABASE_DIRECT_URL');
    for (const [n, { url }] of servers.entries()) {
      expect(await send(n, 'POST', '/workflow-runs', run)).toMatchObject({
        status: 503,
        body: { code: 'WORKFLOWS_UNAVAILABLE', detail: unavailable },
      });
      const ready = await fetch(`${url}/health/ready`);
      expect({ status: ready.status, body: await ready.json() }).toMatchObject({
        status: 200,
        body: { info: { workflows: { status: 'up', state: 'unavailable', reason: unavailable } } },
      });
    }
    expect(await send(0, 'GET', path)).toMatchObject({ status: 404 });

    const direct = await ServerProcess.create({ ...environment, DATABASE_DIRECT_URL: applicationUrl });
    await direct.start();
    expect((await direct.fetch('/workflow-runs', { method: 'POST', body: run, key })).status).toBe(202);
    const completed = await eventually(async () => {
      const { body } = await send(0, 'GET', path);
      expect(body).toMatchObject({ state: 'COMPLETED', error: null });
      return body;
    });
    const { customer_id, license_id } = completed.result;
    expect((await send(1, 'GET', `/licenses?customer_id=${customer_id}`)).body.data).toMatchObject([{ license_id }]);
    expect(completed.steps).toMatchObject([{ outcome: 'DONE' }, { outcome: 'DONE' }, { outcome: 'DONE' }]);
    await direct.cleanUp();
  });
});
