import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import type { Wire } from '../support/api.js';
import { TestDatabase } from '../support/database.js';
import { ServerProcess } from '../support/server.js';

/** `npm run soak:pools` does 20. */
const ROUNDS = Number(process.env.POOL_ROUNDS ?? 2);
const LICENSES = 100;
const REQUESTS = 500;

describe('a partner over two server processes', () => {
  let servers: [ServerProcess, ServerProcess];
  let database: TestDatabase;
  let admin: string;
  let partnerKey: string;
  let partnerId: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    admin = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create('pools', admin, new Date()));
    const environment = {
      DATABASE_URL: database.applicationUrl,
      WORKFLOWS: 'off',
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
    };
    servers = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    await Promise.all(servers.map((server) => server.start()));
    await ask('POST', '/products', { product_id: 'p', name: 'P' });
    const template = { template_name: 'T', product_id: 'p', license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT' };
    await ask('POST', '/license-templates', { template_id: 't', ...template });
    partnerId = (await ask('POST', '/partners', { name: 'Reseller' })).partner_id as string;
    await ask('POST', `/partners/${partnerId}/approve`, {});
    const key = { name: 'reseller', role: 'partner', partner_id: partnerId };
    partnerKey = (await ask('POST', '/api-keys', key)).api_key as string;
  }, 120_000);

  afterAll(async () => {
    for (const server of servers) await server.cleanUp();
    await database.drop();
  });

  const ask = async (method: string, path: string, body?: unknown, key = admin, n = 0): Promise<Wire> => {
    const response = await servers[n % 2 === 0 ? 0 : 1].fetch(path, { method, body, key });
    return { ...((await response.json()) as object), status: response.status };
  };

  it(
    `gets ${LICENSES} licenses from its pool by ${REQUESTS} requests at once, and the others are refused, whichever process they ask`,
    async () => {
      const customer = await ask('POST', '/customers', { last_name: 'Customer' }, partnerKey);
      for (let round = 0; round < ROUNDS; round++) {
        const terms = { partner_id: partnerId, license_template_id: 't', quantity: LICENSES };
        const pool = await ask('POST', '/license-pools', terms);
        const request = {
          license_template_id: 't',
          customer_id: customer.customer_id as string,
          pool_id: pool.pool_id as string,
        };
        const answers = await Promise.all(
          Array.from({ length: REQUESTS }, (_, n) => ask('POST', '/licenses', request, partnerKey, n)),
        );
        const issued = answers.filter(({ status }) => status === 201);
        const refused = answers.filter(({ status, code }) => status === 409 && code === 'POOL_EXHAUSTED');
        expect({ issued: issued.length, refused: refused.length }).toEqual({
          issued: LICENSES,
          refused: REQUESTS - LICENSES,
        });
        expect(await ask('GET', `/license-pools/${pool.pool_id}`)).toMatchObject({
          issued: LICENSES,
          available: 0,
        });
        const [row] = await database.query<Wire>(
          `SELECT (SELECT count(*)::int FROM licenses WHERE pool_id = $1) AS licenses,
             count(*) FILTER (WHERE kind = 'ISSUE')::int AS entries, max(number) AS last,
             count(DISTINCT license_id)::int AS distinct_licenses
           FROM pool_entries WHERE pool_id = $1`,
          [pool.pool_id],
        );
        expect(row).toEqual({
          licenses: LICENSES,
          entries: LICENSES,
          last: LICENSES + 1,
          distinct_licenses: LICENSES,
        });
      }
    },
    ROUNDS * 60_000,
  );

  it('that is suspended in one process is refused by the other at once, and taken back at once', async () => {
    const statuses = async () =>
      Promise.all([0, 1].map(async (n) => (await ask('GET', '/licenses', undefined, partnerKey, n)).status as number));
    for (let round = 0; round < 2; round++) {
      expect(await statuses()).toEqual([200, 200]);
      await ask('POST', `/partners/${partnerId}/suspend`, { license_effect: 'KEEP', reason: { code: 'OTHER' } });
      expect(await statuses()).toEqual([403, 403]);
      await ask('POST', `/partners/${partnerId}/reinstate`, {});
    }
  });
});
