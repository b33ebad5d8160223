import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import type { Wire } from '../support/api.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { PostgresProxy } from '../support/proxy.js';
import { ServerProcess } from '../support/server.js';

const ROUNDS = Number(process.env.ORDER_ROUNDS ?? 2);

describe('fulfilment over two server processes', () => {
  let database: TestDatabase;
  let proxy: PostgresProxy;
  let first: ServerProcess;
  let second: ServerProcess;
  let key: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = await PostgresProxy.start(database.applicationUrl);
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create('orders', key, new Date()));
    const secrets = { MASTER_KEY: randomBytes(32).toString('hex'), LOOKUP_KEY: randomBytes(32).toString('hex') };
    // The server that is killed is idle but for the order, so that statements can be counted.
    const quiet = { RELAY_INTERVAL_MS: '600000', LICENSE_TIMER_INTERVAL_MS: '86400000' };
    first = await ServerProcess.create({ DATABASE_URL: proxy.url, ...secrets, ...quiet });
    second = await ServerProcess.create({ DATABASE_URL: database.applicationUrl, ...secrets });
    await Promise.all([first.start(), second.start()]);
    await send(second, '/products', { product_id: 'p', name: 'P' });
    const terms = { product_id: 'p', license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT' };
    await send(second, '/license-templates', { template_id: 't', template_name: 'T', ...terms });
  }, 120_000);

  afterAll(async () => {
    await first.cleanUp();
    await second.cleanUp();
    await proxy.stop();
    await database.drop();
  });

  const send = async (server: ServerProcess, path: string, body: unknown = {}): Promise<Wire> =>
    (await server.fetch(path, { method: 'POST', body, key })).json();
  const approved = async (...quantities: number[]): Promise<string> => {
    const lines = quantities.map((quantity) => ({ kind: 'ISSUE', license_template_id: 't', quantity, unit_price: 1 }));
    const { order_id } = await send(second, '/orders', { customer_id: 'c', currency: 'EUR', lines });
    await send(second, `/orders/${order_id}/approve`);
    return order_id as string;
  };
  const fulfil = (server: ServerProcess, id: string) => send(server, `/orders/${id}/fulfil`);
  const idsOf = ({ lines }: Wire): string[] => lines.flatMap((line: Wire) => line.license_ids as string[]).sort();
  const issuedFor = async (id: string): Promise<string[]> =>
    (await database.query<Wire>('SELECT license_id FROM licenses WHERE order_id = $1 ORDER BY 1', [id])).map(
      ({ license_id }) => license_id as string,
    );
  const told = async (id: string): Promise<string[]> => {
    const table = (name: string) => `SELECT event_type, resource_id, created_at, id FROM ${name}`;
    const rows = await database.query<Wire>(
      `SELECT event_type FROM (${table('outbox')} UNION ${table('license_event_logs')}) AS event
       WHERE resource_id = $1 ORDER BY created_at, id`,
      [id],
    );
    return rows.map(({ event_type }) => event_type as string);
  };

  it('of 20 at once does each line once, whichever process they ask', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = await approved(5, 10);
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => fulfil(n % 2 === 0 ? first : second, id)));
      const issued = await issuedFor(id);
      expect(issued).toHaveLength(15);
      for (const answer of answers) expect(answer).toMatchObject({ status: 'FULFILLED' });
      for (const answer of answers) expect(idsOf(answer)).toEqual(issued);
      expect(await told(id)).toEqual(['order.created', 'order.approved', 'order.fulfilled']);
    }
  });

  it('that is killed in a step is completed by a retry, and of up to 1,000 licenses nothing is left of it', async () => {
    const id = await approved(150, 1);
    // BEGIN, the order, its lines, the tenant, and for the first 100 licenses their terms and the issue.
    proxy.cutAfterStatements(8, () => void first.kill('SIGKILL'));
    await expect(fulfil(first, id)).rejects.toThrow();
    await first.kill('SIGKILL');
    proxy.mend();
    await sessionsHaveEnded();
    expect(await issuedFor(id)).toEqual([]);
    const retried = await fulfil(second, id);
    expect(idsOf(retried)).toHaveLength(151);
    expect(idsOf(retried)).toEqual(await issuedFor(id));
    await first.start();
    expect(await fulfil(first, id)).toEqual({ ...retried, fulfilled_now: false });
  }, 60_000);

  it('that is killed between steps keeps the steps that were done, and a retry does the rest', async () => {
    const id = await approved(700, 600);
    // More than the statements of 1,000 licenses, fewer than those of 1,300.
    const [{ n: before }] = (await database.query<Wire>('SELECT count(*)::int AS n FROM licenses')) as [Wire];
    const killed = fulfil(first, id).catch(() => undefined);
    await eventually(async () => {
      const [{ n }] = (await database.query<Wire>('SELECT count(*)::int AS n FROM licenses')) as [Wire];
      expect(n - before).toBeGreaterThanOrEqual(1_000);
    });
    await first.kill('SIGKILL');
    await killed;
    await sessionsHaveEnded();
    const left: Wire = await (await second.fetch(`/orders/${id}`, { key })).json();
    expect([1_000, 1_300]).toContain(idsOf(left).length);
    expect(idsOf(left)).toEqual(await issuedFor(id));
    const retried = await fulfil(second, id);
    expect(retried.status).toBe('FULFILLED');
    expect(retried.lines.map((line: Wire) => line.fulfilled_quantity as number)).toEqual([700, 600]);
    expect(idsOf(retried)).toEqual(await issuedFor(id));
    expect(await told(id)).toEqual(['order.created', 'order.approved', 'order.progressed', 'order.fulfilled']);
    await first.start();
  }, 60_000);

  it('that follows an approval is completed after its process is killed, once, by whichever process comes by', async () => {
    await second.fetch('/settings', { method: 'PATCH', body: { fulfil_orders_automatically: true }, key });
    const lines = [700, 600].map((quantity) => ({ kind: 'ISSUE', license_template_id: 't', quantity, unit_price: 1 }));
    const { order_id } = await send(second, '/orders', { customer_id: 'c', currency: 'EUR', lines });
    const [{ n: before }] = (await database.query<Wire>('SELECT count(*)::int AS n FROM licenses')) as [Wire];
    const killed = send(first, `/orders/${order_id}/approve`).catch(() => undefined);
    await eventually(async () => {
      const [{ n }] = (await database.query<Wire>('SELECT count(*)::int AS n FROM licenses')) as [Wire];
      expect(n - before).toBeGreaterThanOrEqual(1_000);
    });
    await first.kill('SIGKILL');
    await killed;
    await first.start();
    await eventually(async () => {
      const order: Wire = await (await second.fetch(`/orders/${order_id}`, { key })).json();
      expect(order).toMatchObject({ status: 'FULFILLED', automatic_fulfilment: null });
    });
    expect(await issuedFor(order_id as string)).toHaveLength(1_300);
    expect(await told(order_id as string)).toEqual([
      'order.created',
      'order.approved',
      'order.progressed',
      'order.fulfilled',
    ]);
    await second.fetch('/settings', { method: 'PATCH', body: { fulfil_orders_automatically: false }, key });
  }, 60_000);

  it('against a cancellation of the other process leaves no license that is not revoked', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = await approved(20);
      const cancel = { licenses: 'REVOKE', reason: { code: 'FRAUD' } };
      const [fulfilled, cancelled] = await Promise.all([
        fulfil(first, id),
        send(second, `/orders/${id}/cancel`, cancel),
      ]);
      expect(cancelled.status).toBe('CANCELLED');
      const statuses = await database.query<Wire>('SELECT status FROM licenses WHERE order_id = $1', [id]);
      expect(statuses.length).toBe(fulfilled.code === 'ORDER_STATE' ? 0 : 20);
      expect(statuses.filter(({ status }) => status !== 'REVOKED')).toEqual([]);
    }
  });

  /** A killed server's sessions may still run their last statement. */
  async function sessionsHaveEnded(): Promise<void> {
    const running = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND usename = $1`;
    await eventually(async () => expect(await database.query(running, [database.applicationRole])).toEqual([]));
  }
});
