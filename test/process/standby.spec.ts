import { expect, it } from '@jest/globals';
import { generateApiKey } from '../../src/tenants/index.js';
import { Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Standby } from '../support/standby.js';

/** No background task opens a transaction that the standby would refuse. */
const QUIET = { RELAY_INTERVAL_MS: '600000', LICENSE_TIMER_INTERVAL_MS: '600000' };
const UNAVAILABLE = { status: 503, body: { code: 'DATABASE_UNAVAILABLE' } };

it('a database that is a standby answers reads, and 503 for writes; it is ready when it was promoted', async () => {
  const key = generateApiKey();
  const standby = await Standby.start('tenant', key);
  const app = await TestApp.start({ databaseUrl: standby.applicationUrl, environment: QUIET });
  try {
    const api = new Api(app.nest, app.document, 'tenant', key);
    const product = { product_id: 'p', name: 'P' };
    expect(await app.anonymous().get('/health/ready')).toMatchObject({
      status: 503,
      body: { code: 'NOT_READY', detail: expect.stringMatching(/standby|read-only/) } as Wire,
    });
    expect((await api.get('/v1/products')).status).toBe(200);
    expect(await api.post('/v1/products', product)).toMatchObject(UNAVAILABLE);
    expect(await api.post('/v1/products', product, { 'Idempotency-Key': 'k' })).toMatchObject(UNAVAILABLE);
    await standby.promote();
    await api.create('/v1/products', product);
    await eventually(async () => {
      expect((await app.anonymous().get('/health/ready')).status).toBe(200);
    });
  } finally {
    await app.stop();
    await standby.stop();
  }
}, 60_000);
