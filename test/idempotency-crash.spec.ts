import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../src/tenants/index.js';
import { TestDatabase } from './support/database.js';
import { PostgresProxy } from './support/proxy.js';
import { ServerProcess } from './support/server.js';

const TENANT = 'tenant-001';
/** BEGIN, the claim, two reads, three inserts, the result, COMMIT; and the key's lookup where it is not remembered. */
const STATEMENTS = 9;

describe('kill -9 of the server between two statements of an issue', () => {
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
    });
  }, 60_000);

  afterAll(async () => {
    await server.cleanUp();
    await proxy.stop();
    await database.drop();
  });

  it('and a retry make one license, whichever two statements they are', async () => {
    let survived = -1;
    for (let sent = 0; survived < 0; sent++) {
      const issue = () =>
        send('/licenses', { license_template_id: 't', customer_id: 'c', issued_to: `n${sent}` }, `k${sent}`);
      proxy.cutAfterStatements(sent, () => void server.kill('SIGKILL'));
      const first = await issue().catch(() => undefined);
      if (first) survived = sent;
      await server.kill('SIGKILL');
      proxy.mend();
      await server.start();
      const retried = await issue();
      if (first) expect(retried).toEqual({ ...first, replayed: 'true' });
      expect(retried).toMatchObject({ status: 201, license_key: expect.stringMatching(/^[0-9A-F-]{24}$/) });
      const rows = await database.query<{ license_id: string }>(
        'SELECT license_id FROM licenses WHERE issued_to = $1',
        [`n${sent}`],
      );
      expect({ sent, rows }).toEqual({ sent, rows: [{ license_id: retried.license_id }] });
    }
    expect(survived).toBeGreaterThanOrEqual(STATEMENTS);
    const [{ count } = {}] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM license_keys');
    expect(count).toBe(survived + 1);
  }, 180_000);

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
