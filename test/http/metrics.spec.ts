import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { poolOf } from '../../src/database/library-internals.js';
import { withClient } from '../../src/database/with-client.js';
import { OutboxRelay } from '../../src/shared/messaging/outbox-relay.js';
import { CredentialCache } from '../../src/tenants/authentication/credential-cache.js';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { PostgresProxy } from '../support/proxy.js';
import { RawClient } from '../support/raw-client.js';

const MINUTE_MS = 60_000;
/** So that rows stay in the outbox until a test has looked at them. */
const RELAY_SLEEPS = { RELAY_INTERVAL_MS: '1000000' };

/** The value of one series, named as it stands in the text; undefined when it is absent. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

function seriesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name));
}

async function scrape(monitor: Api): Promise<string> {
  const { status, text } = await monitor.get('/metrics');
  expect({ status, text }).toMatchObject({ status: 200 });
  return text;
}

const requests = (method: string, route: string, status: number) =>
  `http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`;

describe('GET /metrics', () => {
  let app: TestApp;
  let monitor: Api;
  let tenant: Api;

  beforeAll(async () => {
    app = await TestApp.start({ environment: RELAY_SLEEPS });
    [monitor, tenant] = [await app.platform('monitor'), await app.tenant()];
  });

  afterAll(() => app.stop());

  const value = async (series: string) => valueOf(await scrape(monitor), series);

  it('is for keys of the platform, and refuses those of tenants whatever they say', async () => {
    const { status, headers } = await monitor.get('/metrics');
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect((await (await app.platform()).get('/metrics')).status).toBe(200);
    expect((await app.anonymous().get('/metrics')).status).toBe(401);
    const forged = await app.key(tenant.tenantId, ['metrics:read'], { role: 'monitor' });
    const other = await app.platform(null, ['tenants:read', 'tenants:act-as']);
    for (const refused of [tenant, forged, other]) {
      expect(await refused.get('/metrics')).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } });
    }
  });

  it('is all that a monitor may', async () => {
    expect((await monitor.get('/v1/me')).body.permissions).toEqual(['metrics:read']);
    expect((await monitor.get('/v1/tenants')).status).toBe(403);
    const acting = { 'X-Tenant-Id': tenant.tenantId };
    expect((await monitor.send('get', '/v1/licenses', undefined, acting)).status).toBe(403);
    expect((await monitor.send('get', '/v1/me', undefined, acting)).status).toBe(403);
  });

  it('is closed to a monitor within 5 seconds after its key was revoked', async () => {
    const former = await app.platform('monitor');
    await scrape(former);
    const { id } = (await former.get('/v1/me')).body;
    await app.database.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id]);
    await eventually(async () => {
      expect((await former.get('/metrics')).status).toBe(401);
    }, 5_000);
  });

  it('counts requests under the template of their route, and never names an id, a URL or a tenant', async () => {
    const license = await tenant.issue(await tenant.template());
    const found = requests('GET', '/v1/licenses/:license_id', 200);
    const missing = requests('GET', '/v1/licenses/:license_id', 404);
    const nobodys = randomUUID();
    for (const id of [license.license_id, license.license_id, nobodys]) await tenant.get(`/v1/licenses/${id}?x=secret`);
    await eventually(async () => {
      expect([await value(found), await value(missing)]).toEqual([2, 1]);
    });
    const text = await scrape(monitor);
    expect(valueOf(text, requests('POST', '/v1/licenses', 201))).toBe(1);
    expect(valueOf(text, found.replace('_count', '_sum'))).toBeGreaterThan(0);
    for (const secret of [license.license_id, nobodys, tenant.tenantId, 'secret']) expect(text).not.toContain(secret);
  });

  it('makes one series of unknown paths, and one of methods that a path does not have', async () => {
    const unknown = requests('unknown', 'unknown', 404);
    const notAllowed = requests('unknown', 'unknown', 405);
    const before = (await value(unknown)) ?? 0;
    for (let i = 0; i < 5; i++) await tenant.get(`/v1/${randomUUID()}/${randomUUID()}`);
    for (const method of ['put', 'delete'] as const) await tenant.send(method, `/v1/licenses/${randomUUID()}`);
    await eventually(async () => {
      expect([await value(unknown), await value(notAllowed)]).toEqual([before + 5, 2]);
    });
    const text = await scrape(monitor);
    expect(seriesOf(text, 'http_request_duration_seconds_count').filter((line) => line.includes('unknown'))).toEqual([
      `${unknown} ${before + 5}`,
      `${notAllowed} 2`,
    ]);
  });

  it('tells how many orders shared a transaction', async () => {
    const [orders, groups] = ['imprimatur_issue_group_size_sum', 'imprimatur_issue_group_size_count'];
    const templateId = await tenant.template();
    const before = await scrape(monitor);
    const order = { license_template_id: templateId, customer_id: 'c' };
    await Promise.all(Array.from({ length: 60 }, () => tenant.post('/v1/licenses', order)));
    const after = await scrape(monitor);
    const difference = (series: string) => (valueOf(after, series) ?? NaN) - (valueOf(before, series) ?? NaN);
    expect(difference(orders)).toBe(60);
    expect(difference(groups)).toBeGreaterThan(0);
    expect(difference(groups)).toBeLessThan(60);
  });

  it('tells how long events took into the log', async () => {
    const [lag, events] = ['imprimatur_audit_lag_seconds_sum', 'imprimatur_audit_lag_seconds_count'];
    // Events that earlier tests left in the outbox must not be counted here.
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    const logged = async () => (await app.database.query('SELECT 1 FROM license_event_logs')).length;
    await eventually(async () => {
      expect(await value(events)).toBe(await logged());
    });
    const before = await scrape(monitor);
    await tenant.create('/v1/products', { product_id: 'lag', name: 'Lag' });
    await eventually(async () => {
      expect(await value(events)).toBe((valueOf(before, events) ?? NaN) + 1);
    });
    const soon = (await value(lag)) ?? NaN;
    expect(soon - (valueOf(before, lag) ?? NaN)).toBeGreaterThanOrEqual(0);
    expect(soon - (valueOf(before, lag) ?? NaN)).toBeLessThan(10);
    await putIntoOutbox(app, 1, MINUTE_MS, tenant.tenantId);
    await app.nest.get(OutboxRelay).sweep(0);
    // The clock of the process and that of PostgreSQL may differ by some milliseconds.
    expect(((await value(lag)) ?? NaN) - soon).toBeGreaterThan(59);
    expect(((await value(lag)) ?? NaN) - soon).toBeLessThan(70);
  });

  it('tells how many events wait in the outbox, up to a bound, and the age of the oldest', async () => {
    await eventually(async () => {
      expect(await value('imprimatur_outbox_rows')).toBe(0);
    });
    expect(await value('imprimatur_outbox_oldest_age_seconds')).toBe(0);
    await putIntoOutbox(app, 2, 2 * MINUTE_MS);
    await putIntoOutbox(app, 1, MINUTE_MS);
    const text = await scrape(monitor);
    expect(valueOf(text, 'imprimatur_outbox_rows')).toBe(3);
    expect(valueOf(text, 'imprimatur_outbox_oldest_age_seconds')).toBeGreaterThanOrEqual(120);
    expect(valueOf(text, 'imprimatur_outbox_oldest_age_seconds')).toBeLessThan(130);
    await putIntoOutbox(app, 10_000, MINUTE_MS);
    expect(await value('imprimatur_outbox_rows')).toBe(10_000);
    await app.database.query('DELETE FROM outbox');
    expect(await value('imprimatur_outbox_rows')).toBe(0);
  });

  it('tells of the process, its event loop and its garbage collector', async () => {
    const text = await scrape(monitor);
    for (const [series, least] of [
      ['process_cpu_seconds_total', 0.1],
      ['process_resident_memory_bytes', 10e6],
      ['process_start_time_seconds', 1.7e9],
      ['nodejs_heap_size_used_bytes', 10e6],
      ['nodejs_active_resources', 1],
      ['nodejs_gc_duration_seconds_count{kind="minor"}', 1],
      [`nodejs_version_info{version="${process.version}"}`, 1],
    ] as const) {
      expect({ series, value: valueOf(text, series) }).toEqual({ series, value: expect.any(Number) });
      expect(valueOf(text, series)).toBeGreaterThanOrEqual(least);
    }
    expect(valueOf(text, 'nodejs_eventloop_lag_max_seconds')).toBeGreaterThanOrEqual(
      valueOf(text, 'nodejs_eventloop_lag_p50_seconds') ?? NaN,
    );
  });

  it('answers scrapers that come together', async () => {
    // A reading holds for one second, which may end in the middle of the first attempt.
    await eventually(async () => {
      const texts = await Promise.all(Array.from({ length: 8 }, () => scrape(monitor)));
      for (const text of texts) expect(valueOf(text, 'imprimatur_outbox_rows')).toBe(0);
      const delays = texts.map((text) => valueOf(text, 'nodejs_eventloop_lag_p99_seconds'));
      expect(new Set(delays).size).toBe(1);
    });
  });

  it('names each metric once, with what it means', async () => {
    const lines = (await scrape(monitor)).split('\n');
    const helped = lines.filter((line) => line.startsWith('# HELP ')).map((line) => line.split(' ')[2]);
    const typed = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    expect(helped.length).toBeGreaterThan(20);
    expect(new Set(helped).size).toBe(helped.length);
    expect(typed).toEqual(helped);
  });
});

/** Events that were stored, and occurred, so long ago. */
async function putIntoOutbox(app: TestApp, count: number, ageMs: number, tenantId = 'nobody'): Promise<void> {
  const at = Date.now() - ageMs;
  const ids = Array.from({ length: count }, () => uuidv7({ msecs: at }));
  await app.database.query(
    `INSERT INTO outbox (tenant_id, id, event_type, resource_type, resource_id, event_data, actor, metadata, created_at, stored_at)
     SELECT $1, id, 'test.happened', 'test', 't', '{}', '{"type":"service","id":"test","via":"bus"}', '{}', $3, $3
     FROM unnest($2::uuid[]) AS id`,
    [tenantId, ids, new Date(at)],
  );
}

describe('a scrape', () => {
  it('does not count against the limits of tenants', async () => {
    const app = await TestApp.start({ environment: { RATE_LIMIT_PER_TENANT: '3' } });
    const [monitor, tenant] = [await app.platform('monitor'), await app.tenant()];
    const acting = { 'X-Tenant-Id': tenant.tenantId };
    for (let i = 0; i < 5; i++) {
      const response = await monitor.send('get', '/metrics', undefined, acting);
      expect([response.status, response.headers.ratelimit]).toEqual([200, undefined]);
    }
    expect((await tenant.get('/v1/me')).headers.ratelimit).toContain('r=2');
    await app.stop();
  });

  it('counts a client that is gone before its answer once, with status 499, and never as a fault of the database', async () => {
    const app = await TestApp.start({ environment: RELAY_SLEEPS });
    const [monitor, tenant] = [await app.platform('monitor'), await app.tenant()];
    await tenant.get('/v1/products');
    await scrape(monitor);
    const log = app.recordLog();
    const product = JSON.stringify({ product_id: 'p', name: 'P' });
    const url = await app.nest.getUrl();
    const begin = async (body: string) => {
      const client = await RawClient.open(url);
      const arrived = once(app.nest.getHttpServer(), 'request');
      await client.send(
        `POST /v1/products HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.key ?? ''}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${product.length}\r\n\r\n${body}`,
      );
      await arrived;
      return client;
    };
    const gone = requests('POST', '/v1/products', 499);
    await withClient(app.database.ownerUrl, async (owner) => {
      await owner.query('BEGIN; LOCK TABLE billing_products');
      // Two bodies are on their way, and the requests of the others wait for the lock.
      const clients: RawClient[] = [];
      for (const body of ['{', '{', product, product]) clients.push(await begin(body));
      await eventually(async () => {
        const waiting = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'billing_products'::regclass`;
        expect(await owner.query(waiting)).toMatchObject({ rowCount: 2 });
      });
      for (const [at, client] of clients.entries()) client.leave(at % 2 === 0 ? 'end' : 'reset');
      await eventually(async () => {
        expect(valueOf(await scrape(monitor), gone)).toBe(4);
      });
      await owner.query('ROLLBACK');
    });
    await eventually(() => {
      const refused = log
        .filter(({ context }) => context === 'Refusals')
        .map(({ content }) => (JSON.parse(content) as { refused: Record<string, number> }).refused);
      expect(refused.map((counts) => Object.keys(counts))).toEqual(refused.map(() => ['CLIENT_CLOSED_REQUEST']));
      expect(refused.reduce((sum, counts) => sum + (counts.CLIENT_CLOSED_REQUEST ?? 0), 0)).toBe(4);
    });
    const text = await scrape(monitor);
    expect(valueOf(text, gone)).toBe(4);
    expect(seriesOf(text, 'imprimatur_problems_total')).toEqual([
      'imprimatur_problems_total{code="CLIENT_CLOSED_REQUEST"} 4',
    ]);
    expect(log.filter(({ level }) => level === 'error')).toEqual([]);
    expect(log.filter(({ context, content }) => context === 'Request' && content.includes('POST'))).toEqual([]);
    await app.stop();
  });

  it('counts what is refused before a route is looked for', async () => {
    const app = await TestApp.start({ environment: RELAY_SLEEPS });
    const monitor = await app.platform('monitor');
    const url = await app.nest.getUrl();
    for (const [head, status] of [
      ['GET /v1/% HTTP/1.1\r\nHost: x', 400],
      ['GET /v1/licenses HTTP/1.1\r\nHost: x\r\nExpect: nothing', 417],
    ] as const) {
      const client = await RawClient.open(url);
      await client.send(`${head}\r\n\r\n`);
      expect((await client.answer()).status).toBe(status);
      client.leave();
    }
    await eventually(async () => {
      const text = await scrape(monitor);
      expect(seriesOf(text, 'imprimatur_problems_total').sort()).toEqual([
        'imprimatur_problems_total{code="EXPECTATION_FAILED"} 1',
        'imprimatur_problems_total{code="MALFORMED_REQUEST"} 1',
      ]);
      expect(valueOf(text, requests('unknown', 'unknown', 400))).toBe(1);
    });
    await app.stop();
  });

  it('of one application shows nothing of another in the same process', async () => {
    const [one, other] = [await TestApp.start(), await TestApp.start()];
    await (await one.tenant()).get('/v1/products');
    const series = requests('GET', '/v1/products', 200);
    const monitor = await one.platform('monitor');
    await eventually(async () => {
      expect(valueOf(await scrape(monitor), series)).toBe(1);
    });
    expect(valueOf(await scrape(await other.platform('monitor')), series)).toBeUndefined();
    await one.stop();
    await other.stop();
  });

  it('is answered when the database is gone, without what only the database knows', async () => {
    const app = await TestApp.start();
    const proxy = await PostgresProxy.start(app.database.applicationUrl);
    const cut = await TestApp.start({ database: app.database, secrets: app.secrets, databaseUrl: proxy.url });
    const monitor = cut.bearer('', (await app.platform('monitor')).key ?? '');
    const platform = cut.bearer('', (await app.platform()).key ?? '');
    expect(valueOf(await scrape(monitor), 'imprimatur_outbox_rows')).toBe(0);
    await scrape(platform);
    await proxy.stop();
    forgetKeys(cut);
    const text = await scrape(monitor);
    for (const name of ['imprimatur_outbox_rows', 'imprimatur_outbox_oldest_age_seconds']) {
      expect(seriesOf(text, name)).toEqual([]);
    }
    expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(valueOf(text, 'imprimatur_database_pool_max')).toBe(10);
    // A key that may more than watch is not known by heart.
    expect((await platform.get('/metrics')).status).toBe(503);
    const stranger = cut.bearer('', (await app.platform('monitor')).key ?? '');
    expect((await stranger.get('/metrics')).status).toBe(503);
    await cut.stop();
    await app.stop();
  });

  it('is answered when every connection is taken, and tells how many wait', async () => {
    const app = await TestApp.start({ environment: { DATABASE_POOL_SIZE: '2', ...RELAY_SLEEPS } });
    const monitor = await app.platform('monitor');
    await scrape(monitor);
    forgetKeys(app);
    const pool = poolOf(app.nest.get(DataSource));
    const held: pg.PoolClient[] = [await pool.connect(), await pool.connect()];
    const waiting = Array.from({ length: 3 }, () => pool.connect());
    // The look-up of the key, and the question for the outbox, wait behind them.
    const text = await scrape(monitor);
    expect(valueOf(text, 'imprimatur_database_pool_max')).toBe(2);
    expect(valueOf(text, 'imprimatur_database_pool_size')).toBe(2);
    expect(valueOf(text, 'imprimatur_database_pool_idle')).toBe(0);
    expect(valueOf(text, 'imprimatur_database_pool_waiting')).toBe(4);
    expect(seriesOf(text, 'imprimatur_outbox_rows')).toEqual([]);
    for (const client of held) client.release();
    for (const client of waiting) (await client).release();
    await eventually(async () => {
      expect(valueOf(await scrape(monitor), 'imprimatur_outbox_rows')).toBe(0);
    });
    expect(valueOf(await scrape(monitor), 'imprimatur_database_pool_waiting')).toBe(0);
    await app.stop();
  });

  it('waits for a slow database for a second, and leaves its connection as it was', async () => {
    const app = await TestApp.start({ environment: { DATABASE_POOL_SIZE: '1', ...RELAY_SLEEPS } });
    const monitor = await app.platform('monitor');
    await scrape(monitor);
    const [before] = await app.nest
      .get(DataSource)
      .query<{ now: string }[]>(`SELECT current_setting('statement_timeout') AS now`);
    expect(before?.now).toBe('10s');
    const blocker = new pg.Client({ connectionString: app.database.superuserUrl });
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE');
    expect(seriesOf(await scrape(monitor), 'imprimatur_outbox_rows')).toEqual([]);
    // The only connection is free long before a lock, or any other statement, may take.
    const [settings] = await app.nest.get(DataSource).query<{ now: string; waited: boolean }[]>(
      `SELECT current_setting('statement_timeout') AS now, EXISTS (
           SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
           WHERE datname = current_database() AND NOT granted) AS waited`,
    );
    expect(settings).toEqual({ now: '10s', waited: false });
    await blocker.end();
    await eventually(async () => {
      expect(valueOf(await scrape(monitor), 'imprimatur_outbox_rows')).toBe(0);
    });
    await app.stop();
  });

  /** The application asks the database for keys again. */
  function forgetKeys(app: TestApp): void {
    app.nest.get(CredentialCache).invalidate();
  }
});
