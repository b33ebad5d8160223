import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { poolOf } from '../../src/database/library-internals.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import { withClient } from '../../src/database/with-client.js';
import { type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { PostgresProxy } from '../support/proxy.js';
import { ServerProcess } from '../support/server.js';

const STATEMENT_TIMEOUT_MS = 1_500;
/** Longer than a caller may wait for one statement, and shorter than any limit that does not depend on it. */
const BOUND_MS = STATEMENT_TIMEOUT_MS + 4_000;
/** Nothing of the background goes over the connections under test. */
const QUIET = { RELAY_INTERVAL_MS: '600000', LICENSE_TIMER_INTERVAL_MS: '600000' };
const UNAVAILABLE = { status: 503, body: { code: 'DATABASE_UNAVAILABLE' } };

const notReady = (detail: RegExp): Wire => ({
  status: 503,
  body: { code: 'NOT_READY', detail: expect.stringMatching(detail) },
});

async function timed<T>(work: Promise<T>): Promise<{ answer: T; ms: number }> {
  const begun = performance.now();
  return { answer: await work, ms: performance.now() - begun };
}

describe('a database connection that falls silent', () => {
  let database: TestDatabase;
  let proxy: PostgresProxy;
  let app: TestApp;
  let api: Api;
  let productId: string;
  let templateId: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = await PostgresProxy.start(database.applicationUrl);
    app = await TestApp.start({
      database,
      databaseUrl: proxy.url,
      environment: {
        ...QUIET,
        DATABASE_STATEMENT_TIMEOUT_MS: String(STATEMENT_TIMEOUT_MS),
        DATABASE_LOCK_TIMEOUT_MS: '500',
        DATABASE_POOL_WAIT_MS: '1500',
      },
    });
    api = await app.tenant();
    productId = (await api.create('/v1/products', { product_id: 'p', name: 'P' })).product_id;
    templateId = await api.template();
    await api.issue(templateId);
  });

  afterEach(() => {
    proxy.mend();
  });

  afterAll(async () => {
    await app.stop();
    await proxy.stop();
    await database.drop();
  });

  it('keeps no caller longer than a statement may take, is not used again, and makes the server unready', async () => {
    const work = app.nest.get(UnitOfWork);
    const pool = poolOf(app.nest.get(DataSource));
    await work.queryStandalone({ text: 'SELECT 1', values: [] });
    const sleep = () =>
      work.queryStandalone({ text: 'SELECT pg_sleep($1)', values: [1] }).then(
        () => undefined,
        (error: unknown) => error,
      );
    const slept: Promise<unknown>[] = [];
    // The pool grows meanwhile: a connection that nobody uses any more is put to sleep too.
    await eventually(() => {
      const idle = pool.idleCount;
      slept.push(...Array.from({ length: idle }, sleep));
      expect({ idle, sleeping: slept.length > 0 }).toEqual({ idle: 0, sleeping: true });
    });
    proxy.freeze();
    const reasons = new Set<string>();
    const { answer: outcomes, ms } = await timed(
      Promise.all([
        Promise.all(slept),
        // The probe gets a new connection, which answers. The last reason stays for five seconds.
        eventually(async () => {
          const { status, body } = await app.anonymous().get('/health/ready');
          if (status !== 200) reasons.add(`${body.code}: ${body.detail}`);
          expect(body.detail).toMatch(/did not answer a statement in time/);
        }, BOUND_MS),
      ]),
    );
    expect(ms).toBeLessThan(BOUND_MS);
    for (const reason of reasons)
      expect(reason).toMatch(/^NOT_READY: .*((has|did) not answer(ed)? a statement|cannot be reached)/);
    const failed = outcomes[0].filter((error) => error !== undefined);
    expect(failed.length).toBeGreaterThan(0);
    for (const error of failed) expect(error).toMatchObject({ errorCode: 'DATABASE_UNAVAILABLE' });
    // The frozen connections are still there: whoever got one of them again would wait once more.
    const { answer: later, ms: laterMs } = await timed(
      Promise.all(
        Array.from({ length: 20 }, () => work.read(api.tenantId, (t) => t.query({ text: 'SELECT 1', values: [] }))),
      ),
    );
    expect(later).toHaveLength(20);
    expect(laterMs).toBeLessThan(STATEMENT_TIMEOUT_MS);
    await eventually(async () => {
      expect((await app.anonymous().get('/health/ready')).status).toBe(200);
    });
  });

  it('is answered with 503, whatever was asked', async () => {
    await Promise.all(Array.from({ length: 5 }, () => api.get('/v1/licenses')));
    proxy.freeze({ alsoNew: true });
    const { answer: answers, ms } = await timed(
      Promise.all([
        api.get(`/v1/products/${productId}`),
        api.get('/v1/licenses'),
        api.post('/v1/licenses', { license_template_id: templateId, customer_id: 'c' }),
        api.patch(`/v1/products/${productId}`, { name: 'Other' }),
      ]),
    );
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    // They may wait for a connection first.
    expect(ms).toBeLessThan(BOUND_MS + 1_500);
  });

  it('leaves the outcome of a commit, and of a statement that is a transaction of its own, unknown', async () => {
    const work = app.nest.get(UnitOfWork);
    const commit = work.run(api.tenantId, async (transaction) => {
      await transaction.query({ text: 'SELECT 1', values: [] });
      proxy.freeze();
      const text = `UPDATE billing_products SET name = 'committed' WHERE product_id = $1`;
      transaction.write({ text, values: [productId] });
    });
    await expect(commit).rejects.toMatchObject({ errorCode: 'OUTCOME_UNKNOWN', status: 503 });
    // The proxy has what was sent before, and forwards it now.
    proxy.mend();
    await eventually(async () => {
      expect((await api.get(`/v1/products/${productId}`)).body.name).toBe('committed');
    });
    await work.queryStandalone({ text: 'SELECT 1', values: [] });
    proxy.freeze();
    const call = work.executeStandalone({ text: 'SELECT 2', values: [] });
    await expect(call).rejects.toMatchObject({ errorCode: 'OUTCOME_UNKNOWN', status: 503 });
  });

  it('is found by its server having stopped too, which is well again as soon as it goes on', async () => {
    const work = app.nest.get(UnitOfWork);
    await work.queryStandalone({ text: 'SELECT 1', values: [] });
    const backends = await database.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = $1`,
      [database.applicationRole],
    );
    expect(backends.length).toBeGreaterThan(0);
    for (const { pid } of backends) process.kill(pid, 'SIGSTOP');
    try {
      const { ms } = await timed(
        expect(work.queryStandalone({ text: 'SELECT 1', values: [] })).rejects.toMatchObject({
          errorCode: 'DATABASE_UNAVAILABLE',
        }),
      );
      expect(ms).toBeLessThan(BOUND_MS);
    } finally {
      for (const { pid } of backends) process.kill(pid, 'SIGCONT');
    }
    await work.queryStandalone({ text: 'SELECT 1', values: [] });
  });

  it('makes the server unready where no new connection is answered either', async () => {
    proxy.freeze({ alsoNew: true });
    const { answer, ms } = await timed(app.anonymous().get('/health/ready'));
    expect(answer).toMatchObject(notReady(/the database/));
    expect(ms).toBeLessThan(BOUND_MS);
    expect(await api.get('/v1/licenses')).toMatchObject({ status: 503 });
  });
});

describe('a server whose database does not answer any more', () => {
  it('ends within the time it is given, with statements under way', async () => {
    const SHUTDOWN_MS = 3_000;
    const POOL_SIZE = 10;
    const REQUESTS = 20;
    const database = await TestDatabase.create();
    const proxy = await PostgresProxy.start(database.applicationUrl);
    const key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create('t', key, new Date()));
    const server = await ServerProcess.create({
      DATABASE_URL: `${proxy.url}?options=${encodeURIComponent('-c statement_timeout=60000')}`,
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
      HTTP_SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_MS),
      // Its engine has connections of its own, which are counted here.
      WORKFLOWS: 'off',
      DATABASE_POOL_SIZE: String(POOL_SIZE),
      MAX_IN_FLIGHT: String(REQUESTS),
      DATABASE_STATEMENT_TIMEOUT_MS: '60000',
      DATABASE_POOL_WAIT_MS: '60000',
    });
    try {
      await server.start();
      expect((await server.fetch('/products', { key })).status).toBe(200);
      proxy.freeze({ alsoNew: true });
      const answers = Array.from({ length: REQUESTS }, (_, n) => {
        const body = { product_id: `p${n}`, name: 'P' };
        return server.fetch('/products', { method: 'POST', body, key });
      });
      // The server has read all of them: a further one is refused.
      await eventually(async () => {
        expect((await fetch(`${server.url}/docs`)).status).toBe(503);
      });
      // Some wait for an answer, some for a new connection, and the others for one of these.
      await eventually(() => {
        expect(proxy.openConnections).toBe(POOL_SIZE);
      });
      const { answer: code, ms } = await timed(server.kill('SIGTERM'));
      expect(code).toBe(0);
      expect(ms).toBeLessThan(SHUTDOWN_MS + 1_000);
      expect(await Promise.all(answers.map(async (answer) => (await answer).status))).toEqual(
        Array(REQUESTS).fill(503),
      );
    } finally {
      await server.cleanUp();
      await proxy.stop();
      await database.drop();
    }
  }, 30_000);
});

describe('a database that takes no writes', () => {
  it('without space answers 503 and makes the server unready, until writes succeed again', async () => {
    const app = await TestApp.start({ environment: QUIET });
    const api = await app.tenant();
    await app.database.query(
      `CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
       CREATE TRIGGER fill BEFORE INSERT ON billing_products EXECUTE FUNCTION fill()`,
    );
    expect(await api.post('/v1/products', { product_id: 'p', name: 'P' })).toMatchObject(UNAVAILABLE);
    expect((await api.get('/v1/products')).status).toBe(200);
    const lines = app.recordLog();
    for (let probes = 0; probes < 3; probes++)
      expect(await app.anonymous().get('/health/ready')).toMatchObject(notReady(/no space left/));
    expect(lines.filter(({ content }) => content.includes('no space left'))).toHaveLength(1);
    expect(lines.filter(({ content }) => content.includes('stack'))).toEqual([]);
    app.silence();
    await app.database.query('DROP TRIGGER fill ON billing_products');
    await api.create('/v1/products', { product_id: 'p', name: 'P' });
    await eventually(async () => {
      expect((await app.anonymous().get('/health/ready')).status).toBe(200);
    });
    await app.stop();
  });

  it('because it is read-only answers 503 and makes the server unready', async () => {
    const database = await TestDatabase.create();
    await database.query(`ALTER DATABASE ${database.name} SET default_transaction_read_only = on`);
    const app = await TestApp.start({ database, environment: QUIET });
    expect(await app.anonymous().get('/health/ready')).toMatchObject(notReady(/read-only/));
    const call = app.nest
      .get(UnitOfWork)
      .executeStandalone({ text: `DELETE FROM outbox WHERE tenant_id = 'x'`, values: [] });
    await expect(call).rejects.toMatchObject({ errorCode: 'DATABASE_UNAVAILABLE' });
    await app.stop();
    await database.drop();
  });
});

describe('what was sent behind a BEGIN that fails', () => {
  let app: TestApp;
  let proxy: PostgresProxy;
  let broken: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start({ environment: QUIET });
    api = await app.tenant();
    await api.create('/v1/products', { product_id: 'p', name: 'P' });
    proxy = await PostgresProxy.start(app.database.applicationUrl);
    const { database, secrets } = app;
    broken = await TestApp.start({ database, secrets, databaseUrl: proxy.url, environment: QUIET });
  });

  afterEach(() => {
    proxy.mend();
  });

  afterAll(async () => {
    await broken.stop();
    await proxy.stop();
    await app.stop();
  });

  it('is not written, also where no row-level security would refuse it', async () => {
    proxy.replace('BEGIN READ WRITE', 'SELECT 1/0');
    const work = broken.nest.get(UnitOfWork).run(api.tenantId, (transaction) => {
      transaction.write({ text: 'UPDATE tenants SET require_if_match = true WHERE id = $1', values: [api.tenantId] });
      return Promise.resolve();
    });
    const written = await Promise.allSettled([work]);
    // The session has ended, and with it whatever it was given to do.
    await eventually(async () => {
      const sessions = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'UPDATE tenants%'
                        AND state = 'active'`;
      expect(await app.database.query(sessions)).toEqual([]);
    });
    const [tenant] = await app.database.query('SELECT require_if_match FROM tenants WHERE id = $1', [api.tenantId]);
    expect(tenant).toEqual({ require_if_match: false });
    expect(written).toMatchObject([{ status: 'rejected', reason: { errorCode: 'DATABASE_UNAVAILABLE' } }]);
  });

  it('is not believed, also where the work came to an end of its own', async () => {
    proxy.replace('BEGIN READ ONLY', 'SELECT 1/0');
    const seen: unknown[] = [];
    const read = broken.nest.get(UnitOfWork).read(api.tenantId, async (transaction) => {
      const rows = await transaction.query({ text: 'SELECT name FROM billing_products', values: [] }).catch(() => []);
      seen.push(...rows);
      throw new NotFoundException('There is no such product.');
    });
    await expect(read).rejects.toMatchObject({ errorCode: 'DATABASE_UNAVAILABLE' });
    expect(seen).toEqual([]);
    proxy.mend();
    const fresh = await broken.nest
      .get(UnitOfWork)
      .read(api.tenantId, (transaction) =>
        transaction.query({ text: 'SELECT name FROM billing_products', values: [] }),
      );
    expect(fresh).toEqual([{ name: 'P' }]);
  });
});
