import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { PostgresProxy } from '../support/proxy.js';
import { ServerProcess } from '../support/server.js';

const TENANT = 'tenant-001';
/** Statements of each action: an issue is one; renewing is BEGIN, the claim, two reads, the change, its event, the result, COMMIT. */
const ACTIONS = [
  ['issue', 1],
  ['renewal', 6],
] as const;

describe('kill -9 of the server between two statements', () => {
  let database: TestDatabase;
  let proxy: PostgresProxy;
  let server: ServerProcess;
  let key: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = await PostgresProxy.start(database.applicationUrl);
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create(TENANT, key, new Date()));
    server = await ServerProcess.create({
      DATABASE_URL: proxy.url,
      WORKFLOWS: 'off',
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
      RELAY_INTERVAL_MS: '600000',
    });
    await server.start();
    await send('/products', { product_id: 'p', name: 'P' });
    await send('/license-templates', {
      template_id: 't',
      template_name: 'T',
      product_id: 'p',
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      default_duration: 30,
    });
  }, 120_000);

  afterAll(async () => {
    await server.cleanUp();
    await proxy.stop();
    await database.drop();
  });

  it.each(ACTIONS)(
    'of one %s, and a retry, do it once, whichever two statements they are',
    async (action, statements) => {
      let survived = -1;
      for (let sent = 0; survived < 0; sent++) {
        const name = `${action}-${sent}`;
        const order = { license_template_id: 't', customer_id: 'c', issued_to: name };
        const renewed = action === 'renewal' ? (await send('/licenses', order)).license_id : undefined;
        const act = () =>
          renewed ? send(`/licenses/${renewed}/renew`, { days: 30 }, name) : send('/licenses', order, name);
        proxy.cutAfterStatements(sent, () => void server.kill('SIGKILL'));
        const first = await act().catch(() => undefined);
        if (first) survived = sent;
        await server.kill('SIGKILL');
        proxy.mend();
        await server.start();
        const retried = await act();
        if (first) expect(retried).toEqual({ ...first, replayed: 'true' });
        const done = await database.query<Record<string, unknown>>(
          `SELECT status, license_id, version, (SELECT count(*)::int FROM license_keys WHERE license_id = l.license_id) AS keys
         FROM licenses l WHERE issued_to = $1`,
          [name],
        );
        const { license_id } = retried;
        const version = action === 'renewal' ? 2 : 1;
        expect({ sent, done }).toEqual({ sent, done: [{ status: 'ACTIVE', license_id, version, keys: 1 }] });
      }
      expect(survived).toBeGreaterThanOrEqual(statements);
    },
    180_000,
  );

  it('nor of a batch that is sent again renew a license twice', async () => {
    const order = { license_template_id: 't', customer_id: 'c', issued_to: 'batch' };
    const issued = await sendBatch('issue', Array<object>(40).fill(order), 'issue');
    const ids = issued.map(({ license }) => license?.license_id ?? '');
    const lines = ids.map((license_id) => ({ license_id, months: 1 }));
    // A renewal takes more than four, so that not even the half is done.
    proxy.cutAfterStatements(80, () => void server.kill('SIGKILL'));
    await expect(sendBatch('renew', lines, 'renew')).rejects.toThrow();
    await server.kill('SIGKILL');
    proxy.mend();
    const renewed = () =>
      database.query<{ version: number; told: number }>(
        `SELECT version, (SELECT count(*)::int FROM (SELECT license_id, event_type FROM license_event_logs UNION ALL
                          SELECT license_id, event_type FROM outbox) event
                          WHERE event.license_id = licenses.license_id AND event_type = 'license.renewed') AS told
         FROM licenses WHERE license_id = ANY($1)`,
        [ids],
      );
    // When no session of the server is left, each request has been done or not.
    await eventually(async () => {
      const sessions = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = $1`;
      expect(await database.query(sessions, [database.applicationRole])).toEqual([]);
    });
    const survivors = (await renewed()).filter(({ version }) => version === 2).length;
    expect(survivors).toBeGreaterThan(0);
    expect(survivors).toBeLessThan(20);
    await server.start();
    const retried = await sendBatch('renew', lines, 'renew');
    expect(retried.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(retried.filter(({ replayed }) => replayed)).toHaveLength(survivors);
    expect(await renewed()).toEqual(Array(40).fill({ version: 2, told: 1 }));
  });

  async function sendBatch(action: string, lines: readonly object[], idempotencyKey: string) {
    const response = await fetch(`${server.url}/v1/licenses:batch-${action}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/x-ndjson',
        'Idempotency-Key': idempotencyKey,
      },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    });
    const results = (await response.text()).trim().split('\n');
    return results.map(
      (line) => JSON.parse(line) as { status: number; license?: { license_id: string }; replayed?: true },
    );
  }

  async function send(path: string, body: unknown, idempotencyKey?: string) {
    const response = await fetch(`${server.url}/v1${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
      },
      body: JSON.stringify(body),
    });
    const { license_key, license_id } = (await response.json()) as { license_key: string; license_id: string };
    return {
      status: response.status,
      license_key,
      license_id,
      replayed: response.headers.get('idempotency-replayed'),
    };
  }
});
