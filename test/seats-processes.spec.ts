import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../src/tenants/index.js';
import type { Wire } from './support/api.js';
import { TestDatabase } from './support/database.js';
import { ServerProcess } from './support/server.js';

const ROUNDS = Number(process.env.SEAT_ROUNDS ?? 20);

describe('seats over two server processes', () => {
  let first: ServerProcess;
  let second: ServerProcess;
  let key: string;
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create();
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create('seats', key, new Date()));
    const environment = {
      DATABASE_URL: database.applicationUrl,
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
    };
    [first, second] = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    await Promise.all([first.start(), second.start()]);
  }, 120_000);

  afterAll(async () => {
    await second.cleanUp();
    await first.cleanUp();
    await database.drop();
  });

  const post = async (server: ServerProcess, path: string, body: unknown) => {
    const response = await server.fetch(path, { method: 'POST', body, key });
    return { status: response.status, body: (await response.json()) as Wire };
  };

  it(
    '500 devices at once get 5 of 5 seats, whichever process they ask, while others come and go',
    async () => {
      await post(first, '/products', { product_id: 'p', name: 'P' });
      const template = {
        template_name: 'Five seats',
        product_id: 'p',
        license_type: 'SUBSCRIPTION',
        license_model: 'PER_SEAT',
        max_activations: 5,
      };
      const { template_id } = (await post(first, '/license-templates', template)).body;
      for (let round = 0; round < ROUNDS; round++) {
        const order = { license_template_id: template_id, customer_id: 'c' };
        const { license_id } = (await post(second, '/licenses', order)).body;
        const path = `/licenses/${license_id}/activations`;
        const outcomes = await Promise.all(
          Array.from({ length: 500 }, async (_, n) => {
            const { status, body } = await post(n % 2 === 0 ? first : second, path, { fingerprint: `d${n}` });
            return status === 200 ? 'SEAT' : (body.code as string);
          }),
        );
        expect(outcomes.filter((outcome) => outcome === 'SEAT')).toHaveLength(5);
        expect(outcomes.filter((outcome) => outcome === 'ACTIVATION_LIMIT_REACHED')).toHaveLength(495);
        await Promise.all(Array.from({ length: 60 }, (_, n) => comeAndGo(n % 2 === 0 ? first : second, path, n)));
        const [row] = await database.query<{ stored: number; there: number }>(
          `SELECT current_activations AS stored, (SELECT count(*)::int FROM license_activations a
           WHERE a.license_id = l.license_id AND a.status = 'ACTIVE') AS there FROM licenses l WHERE license_id = $1`,
          [license_id],
        );
        expect(row?.stored).toBe(row?.there);
        expect(row?.there).toBeLessThanOrEqual(5);
      }
    },
    ROUNDS * 60_000,
  );

  async function comeAndGo(server: ServerProcess, path: string, n: number): Promise<void> {
    const { status, body } = await post(server, path, { fingerprint: `e${n % 7}` });
    expect([200, 409]).toContain(status);
    if (status === 200) await post(server, `${path}/${body.activation_id}/deactivate`, {});
  }
});
