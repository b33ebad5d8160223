import { describe, expect, it } from '@jest/globals';
import { RateCounter } from '../../src/shared/limits/rate-counter.js';
import { generateApiKey } from '../../src/tenants/index.js';
import type { TestApp } from '../support/app.js';
import { MINUTE_MS, startAtRest } from '../support/at-rest.js';

/** Counts in the database. A request that was taken back after an exchange of counts leaves a row of 0. */
const pointsIn = async ({ database }: TestApp): Promise<number[]> => {
  const counted = `SELECT points FROM rate_limits WHERE key NOT LIKE 'batch@%' AND points <> 0`;
  return (await database.query<{ points: number }>(counted)).map(({ points }) => points);
};

describe('rate limits', () => {
  it('of a tenant are what the platform set, and a refused request changes nothing', async () => {
    const { app } = await startAtRest();
    const platform = await app.platform();
    const tenant = await app.tenant();
    expect((await platform.patch(`/v1/tenants/${tenant.tenantId}`, { requests_per_minute: 2 })).status).toBe(200);
    for (const product_id of ['a', 'b', 'c']) await tenant.post('/v1/products', { product_id, name: 'P' });
    expect(await app.database.query('SELECT product_id FROM billing_products ORDER BY 1')).toEqual([
      { product_id: 'a' },
      { product_id: 'b' },
    ]);
    await app.stop();
  });

  it('are shared by processes over PostgreSQL, in batches', async () => {
    const environment = { RATE_LIMIT_STORE: 'postgres', RATE_LIMIT_PER_TENANT: '10' };
    const { app: here, time } = await startAtRest({ environment });
    const tenant = await here.tenant();
    const { app: there } = await startAtRest({ environment, database: here.database, secrets: here.secrets }, time);
    const away = there.bearer(tenant.tenantId, tenant.key ?? '');
    for (let i = 0; i < 6; i++) expect((await tenant.get('/v1/me')).status).toBe(200);
    await here.nest.get(RateCounter).syncCounts();
    expect((await away.get('/v1/me')).status).toBe(200);
    await there.nest.get(RateCounter).syncCounts();
    expect((await away.get('/v1/me')).headers.ratelimit).toContain('r=2;');
    for (let i = 0; i < 3; i++) await away.get('/v1/me');
    expect((await away.get('/v1/me')).status).toBe(429);
    expect(await pointsIn(here)).toEqual([7]);
    await there.stop();
    await here.stop();
  });
});

describe('failures that are shared', () => {
  const environment = { RATE_LIMIT_STORE: 'postgres' };

  it('block an address in a process that it is new to', async () => {
    const { app: here, time } = await startAtRest({ environment });
    const { app: there } = await startAtRest({ environment, database: here.database, secrets: here.secrets }, time);
    const guess = async (app: TestApp) => (await app.bearer('', generateApiKey()).get('/v1/me')).status;
    for (let i = 0; i < 30; i++) expect(await guess(here)).toBe(401);
    await here.nest.get(RateCounter).syncCounts();
    expect(await guess(there)).toBe(429);
    await there.stop();
    await here.stop();
  });

  it('are heard of by a process that counts none itself meanwhile, and successes are no part of them', async () => {
    const { app: here, time } = await startAtRest({ environment });
    const { app: there } = await startAtRest({ environment, database: here.database, secrets: here.secrets }, time);
    const guess = async (app: TestApp) => (await app.bearer('', generateApiKey()).get('/v1/me')).status;
    const tenant = await here.tenant();
    for (const app of [here, there]) {
      expect((await app.bearer(tenant.tenantId, tenant.key ?? '').get('/v1/me')).status).toBe(200);
      await app.nest.get(RateCounter).syncCounts();
    }
    expect(await pointsIn(here)).toEqual([]);
    for (let i = 0; i < 29; i++) expect(await guess(here)).toBe(401);
    await here.nest.get(RateCounter).syncCounts();
    expect((await there.anonymous().get('/v1/me')).status).toBe(401);
    await there.nest.get(RateCounter).syncCounts();
    expect(await guess(there)).toBe(429);
    // Counts of past periods are deleted.
    time.now += 3 * MINUTE_MS;
    expect(await guess(there)).toBe(401);
    await there.nest.get(RateCounter).syncCounts();
    expect(await pointsIn(here)).toEqual([1]);
    await there.stop();
    await here.stop();
  });
});
