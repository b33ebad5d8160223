import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import pg from 'pg';
import { ConfigError, loadConfig, type Config } from '../../src/config.js';
import { DatabaseBusyError, OutcomeUnknownError } from '../../src/database/database.errors.js';
import { migrate } from '../../src/database/migrate.js';
import { migrations } from '../../src/database/migrations/index.js';
import { withMigrationLock } from '../../src/database/migration-lock.js';
import { assertSafeDatabase, assertSessionSettings } from '../../src/database/preflight.js';
import { selectWith } from '../../src/database/select.js';
import { withClient } from '../../src/database/with-client.js';
import { describeFailure } from '../../src/failure.js';
import { IssueLicenseCommand } from '../../src/licensing/index.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Actor } from '../../src/shared/access/actor.js';
import { Presence } from '../../src/workflows/engine/presence.js';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { query, TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startBehindProxy } from '../support/behind-proxy.js';
import { PostgresProxy } from '../support/proxy.js';
import { statementsOf } from '../support/statements.js';

const config = loadConfig({});
const preflight = (url: string) => withClient(url, (client) => assertSafeDatabase(selectWith(client)));

describe('npm run migrate', () => {
  it('makes the schema and the missing application role, once, however many run at once', async () => {
    const database = await TestDatabase.create({ empty: true });
    const role = `${database.name}_app`;
    const applicationUrl = database.urlFor(role, 'a-password');
    const runs = await Promise.all([1, 2, 3].map(() => migrate(database.ownerUrl, applicationUrl, config)));
    expect(runs.map((applied) => applied.length).sort((a, b) => a - b)).toEqual([0, 0, migrations.length]);
    expect(await migrate(database.ownerUrl, applicationUrl, config)).toEqual([]);
    const [made] = await query(
      database.superuserUrl,
      'SELECT rolsuper, rolbypassrls, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = $1',
      [role],
    );
    expect(made).toEqual({ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcanlogin: true });
    await database.drop();
    await query(adminUrl(database), `DROP ROLE ${role}`);
  });

  it('gives the role what it needs and takes away what it has beyond', async () => {
    const database = await TestDatabase.create();
    await database.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${database.applicationRole}`);
    await expect(preflight(database.applicationUrl)).rejects.toThrow('may change or delete events');
    await migrate(database.ownerUrl, database.applicationUrl, config);
    await preflight(database.applicationUrl);
    const rows = await database.query<{ table_name: string; rights: string }>(
      `SELECT CASE table_schema WHEN 'workflows' THEN 'workflows.' ELSE '' END || table_name AS table_name,
              string_agg(privilege_type, ', ' ORDER BY privilege_type) AS rights
       FROM information_schema.role_table_grants WHERE grantee = $1 GROUP BY table_schema, table_name`,
      [database.applicationRole],
    );
    const ofEngine = rows.filter(({ table_name }) => table_name.startsWith('workflows.'));
    expect(ofEngine.length).toBeGreaterThan(10);
    for (const { table_name, rights } of ofEngine) {
      const expected = table_name.endsWith('.dbos_migrations') ? 'SELECT' : 'DELETE, INSERT, SELECT, UPDATE';
      expect({ table_name, rights }).toEqual({ table_name, rights: expected });
    }
    const ours = rows.filter((row) => !ofEngine.includes(row));
    expect(Object.fromEntries(ours.map(({ table_name, rights }) => [table_name, rights]))).toEqual({
      api_keys: 'INSERT, SELECT',
      billing_products: 'INSERT, SELECT, UPDATE',
      blocked_devices: 'INSERT, SELECT',
      customer_notes: 'DELETE, INSERT, SELECT',
      customers: 'INSERT, SELECT',
      email_attempts: 'INSERT, SELECT',
      email_cursors: 'INSERT, SELECT',
      email_messages: 'INSERT, SELECT',
      email_templates: 'DELETE, INSERT, SELECT',
      event_resource_counters: 'INSERT, SELECT',
      idempotency_keys: 'DELETE, INSERT, SELECT',
      license_activation_refusals: 'DELETE, INSERT, SELECT',
      license_activations: 'INSERT, SELECT, UPDATE',
      license_client_events: 'INSERT, SELECT',
      license_deactivations: 'INSERT, SELECT',
      license_event_counters: 'INSERT, SELECT, UPDATE',
      license_event_logs: 'INSERT, SELECT',
      license_keys: 'INSERT, SELECT',
      license_metadata_values: 'DELETE, INSERT, SELECT',
      license_pools: 'INSERT, SELECT',
      license_templates: 'INSERT, SELECT, UPDATE',
      license_usages: 'INSERT, SELECT',
      licenses: 'INSERT, SELECT',
      order_lines: 'DELETE, INSERT, SELECT',
      orders: 'INSERT, SELECT',
      outbox: 'DELETE, INSERT, SELECT',
      partner_invitations: 'INSERT, SELECT',
      partners: 'INSERT, SELECT',
      pool_entries: 'INSERT, SELECT',
      quote_lines: 'DELETE, INSERT, SELECT',
      quotes: 'INSERT, SELECT',
      report_activity: 'INSERT, SELECT',
      report_cursors: 'INSERT, SELECT',
      report_denials: 'INSERT, SELECT',
      report_expirations: 'INSERT, SELECT',
      report_expired_use: 'INSERT, SELECT',
      report_license_counts: 'INSERT, SELECT, UPDATE',
      report_licenses: 'INSERT, SELECT, UPDATE',
      report_seat_peaks: 'INSERT, SELECT',
      report_validations: 'INSERT, SELECT',
      revocation_lists: 'INSERT, SELECT',
      rate_limits: 'DELETE, INSERT, SELECT, UPDATE',
      rotated_license_keys: 'DELETE, INSERT, SELECT',
      schema_migrations: 'SELECT',
      sessions: 'DELETE, INSERT, SELECT',
      sign_in_links: 'SELECT',
      signing_keys: 'INSERT, SELECT',
      subscription_events: 'INSERT, SELECT',
      subscriptions: 'INSERT, SELECT',
      tenants: 'INSERT, SELECT',
      workflow_runs: 'INSERT, SELECT',
    });
    await database.drop();
  });

  it('does not hold up another migration that builds indexes concurrently while it waits', async () => {
    const database = await TestDatabase.create({ empty: true });
    const done: string[] = [];
    const migrateAs = (name: string, work: () => Promise<void>) =>
      withMigrationLock(database.ownerUrl, () => work().then(() => void done.push(name)));
    const buildIndexes = () =>
      withClient(database.ownerUrl, async (owner) => {
        await owner.query(`SET statement_timeout = '10s'; CREATE TABLE indexed (id integer)`);
        for (let at = 0; at < 150; at++) {
          await owner.query('CREATE INDEX CONCURRENTLY indexed_id ON indexed (id)');
          await owner.query('DROP INDEX indexed_id');
        }
      });
    const others: Promise<void>[] = [];
    await migrateAs('first', () => {
      for (let at = 0; at < 12; at++) others.push(migrateAs(`other ${at}`, () => Promise.resolve()));
      return buildIndexes();
    });
    await Promise.all(others);
    expect(done[0]).toBe('first');
    expect(done).toHaveLength(13);
    await database.drop();
  });

  it('waits for another migration for a bounded time and says which', async () => {
    const database = await TestDatabase.create();
    let ended: () => void = () => undefined;
    const other = withMigrationLock(database.ownerUrl, () => new Promise<void>((end) => (ended = end)));
    const waits = () => withMigrationLock(database.ownerUrl, () => Promise.resolve('done'), 200);
    await eventually(() =>
      expect(waits()).rejects.toThrow(/Another migration has not ended .*"imprimatur migrate" .*process \d+/),
    );
    ended();
    await other;
    expect(await waits()).toBe('done');
    await database.drop();
  });

  it('gives the role the settings of its sessions, in this database alone, also where the owner may not', async () => {
    const database = await TestDatabase.create();
    const role = database.applicationRole;
    const other = loadConfig({ DATABASE_STATEMENT_TIMEOUT_MS: '7000' });
    const check = (wanted: Config) =>
      withClient(database.applicationUrl, (client) => assertSessionSettings(selectWith(client), wanted));
    await check(config);
    await database.query(`ALTER ROLE ${role} IN DATABASE ${database.name} RESET ALL`);
    await expect(check(config)).rejects.toThrow(/statement_timeout is 0 instead of 10000.*npm run migrate.*pooler/);
    await migrate(database.ownerUrl, database.applicationUrl, config);
    await check(config);
    await database.query(`ALTER ROLE ${database.ownerRole} NOCREATEROLE`);
    try {
      await migrate(database.ownerUrl, database.applicationUrl, other);
    } finally {
      await database.query(`ALTER ROLE ${database.ownerRole} CREATEROLE`);
    }
    await check(other);
    await expect(check(config)).rejects.toThrow('statement_timeout is 7000 instead of 10000');
    const elsewhere = await TestDatabase.create();
    const [settings] = await query(
      elsewhere.applicationUrl,
      `SELECT current_setting('statement_timeout') AS statement`,
    );
    expect(settings).toEqual({ statement: '10s' });
    await elsewhere.drop();
    await database.drop();
  });

  it('refuses to run the server as the owner', async () => {
    const database = await TestDatabase.create({ empty: true });
    await expect(migrate(database.ownerUrl, database.ownerUrl, config)).rejects.toThrow('name the same role');
    await database.drop();
  });
});

/** A database that outlives the one that is dropped. */
function adminUrl(database: TestDatabase): string {
  const url = new URL(database.superuserUrl);
  url.pathname = '/postgres';
  return url.href;
}

describe('DATABASE_URL', () => {
  it.each([
    ['postgres://role:secret@one,two/db', 'must name one host'],
    ['postgres://role:secret@one:5432,two:5432/db', 'must name one host'],
    ['postgres://role:secret@/db?host=/one,/two', 'must name one host'],
    ['postgres://role:secr#et@one/db', 'percent-encoded'],
    ['postgres://role:secret@one/db?sslmode=require&sslrootcert=/is/not/there', 'can be read'],
    ['mysql://role:secret@one/db', 'must start with postgres://'],
  ])('%s is refused with a sentence that does not repeat it', (url, sentence) => {
    const load = () => loadConfig({ DATABASE_URL: url });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(sentence);
    expect(load).not.toThrow(/secr/);
  });

  it.each([
    'postgres://role:secret@[::1]:5432/db',
    'postgresql://role:a,b@one/db',
    'postgres://role@/db?host=/run/postgresql',
  ])('%s is accepted', (url) => {
    expect(loadConfig({ DATABASE_URL: url }).databaseUrl).toBe(url);
  });
});

describe('the start', () => {
  let database: TestDatabase;
  const role = () => `${database.name}_odd`;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await database.query(`CREATE ROLE ${role()} LOGIN PASSWORD 'x'`);
    await migrate(database.ownerUrl, database.urlFor(role(), 'x'), config);
  });

  afterAll(async () => {
    await database.drop();
    await query(adminUrl(database), `DROP ROLE ${role()}`);
  });

  it('names the limit of connections where that is why none is made', async () => {
    await database.query(`ALTER ROLE ${role()} CONNECTION LIMIT 0`);
    const error: unknown = await query(database.urlFor(role(), 'x'), 'SELECT 1').catch((refusal: unknown) => refusal);
    await database.query(`ALTER ROLE ${role()} CONNECTION LIMIT -1`);
    expect(describeFailure(error)).toContain('DATABASE_URL has no connection left');
  });

  it('accepts the role that migrate prepared, and a schema newer than this release', async () => {
    await database.query(`INSERT INTO schema_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture')`);
    await preflight(database.applicationUrl);
  });

  it('is refused to a superuser', async () => {
    await expect(preflight(database.superuserUrl)).rejects.toThrow('superuser');
  });

  it.each([['the owner', () => preflight(database.ownerUrl), 'owner role']])(
    'is refused to %s',
    async (_, start, sentence) => {
      await database.query(`ALTER ROLE ${database.ownerRole} NOCREATEROLE`);
      await expect(start()).rejects.toThrow(sentence);
      await database.query(`ALTER ROLE ${database.ownerRole} CREATEROLE`);
    },
  );

  it.each([
    ['bypasses row-level security', 'ALTER ROLE odd BYPASSRLS', 'ALTER ROLE odd NOBYPASSRLS'],
    ['may create roles', 'ALTER ROLE odd CREATEROLE', 'ALTER ROLE odd NOCREATEROLE'],
    ['member of, the owner|member of the owner', 'GRANT owner TO odd', 'REVOKE owner FROM odd'],
    [
      'change or delete events',
      'GRANT UPDATE ON license_event_logs TO odd',
      'REVOKE UPDATE ON license_event_logs FROM odd',
    ],
    [
      'change or delete events',
      'GRANT UPDATE (personal) ON license_event_logs TO odd',
      'REVOKE UPDATE (personal) ON license_event_logs FROM odd',
    ],
    [
      'change or delete events',
      'GRANT DELETE ON license_event_logs TO PUBLIC',
      'REVOKE DELETE ON license_event_logs FROM PUBLIC',
    ],
    [
      'change or delete events',
      'GRANT TRUNCATE ON license_event_logs TO odd',
      'REVOKE TRUNCATE ON license_event_logs FROM odd',
    ],
  ])('is refused to a role that: %s (%s)', async (sentence, give, take) => {
    const named = (sql: string) => sql.replace(/\bodd\b/, role()).replace(/\bowner\b/, database.ownerRole);
    await preflight(database.urlFor(role(), 'x'));
    await database.query(named(give));
    const start = preflight(database.urlFor(role(), 'x'));
    await expect(start).rejects.toThrow(new RegExp(sentence));
    await expect(start).rejects.toThrow('npm run migrate');
    await database.query(named(take));
    await preflight(database.urlFor(role(), 'x'));
  });

  it('is refused on a schema that is behind, or not there', async () => {
    const empty = await TestDatabase.create({ empty: true });
    await expect(preflight(empty.applicationUrl)).rejects.toThrow(
      `behind this release by ${migrations.length} migration`,
    );
    await empty.drop();
  });
});

describe('a unit of work', () => {
  let app: TestApp;
  let api: Api;
  let templateId: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { DATABASE_LOCK_TIMEOUT_MS: '300' } });
    api = await app.tenant();
    templateId = await api.template();
  });

  afterAll(() => app.stop());

  it('issues in one statement and one round trip once the terms are known', async () => {
    const { proxy, neighbour } = await startBehindProxy(app);
    const commands = neighbour.nest.get(CommandBus);
    const issue = () =>
      commands.execute(
        new IssueLicenseCommand(Actor.service('test', api.tenantId), {
          license_template_id: templateId,
          customer_id: 'c',
        }),
      );
    await issue();
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    // Tasks of either server send statements now and then.
    await eventually(async () => {
      const before = proxy.roundTrips;
      let roundTrips = NaN;
      const sent = await statementsOf(() => issue().then(() => (roundTrips = proxy.roundTrips - before)));
      expect(sent).toEqual([expect.stringMatching(/INSERT INTO licenses[^]*license_keys[^]*outbox/)]);
      expect(roundTrips).toBe(1);
    });
    await neighbour.stop();
    await proxy.stop();
  });

  it('says that the outcome is unknown when the connection is lost during the commit, and not that nothing happened', async () => {
    const proxy = await PostgresProxy.start(app.database.applicationUrl);
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets, databaseUrl: proxy.url });
    const cut = neighbour.nest.get(UnitOfWork).run(api.tenantId, async (transaction) => {
      await transaction.query({ text: 'SELECT 1', values: [] });
      // It leaves together with COMMIT.
      proxy.cutWhenSent('last words');
      const text = `UPDATE license_templates SET description = 'last words' WHERE template_id = $1`;
      transaction.write({ text, values: [templateId] });
    });
    await expect(cut).rejects.toMatchObject({ errorCode: 'OUTCOME_UNKNOWN' });
    await eventually(async () => {
      expect((await api.get(`/v1/license-templates/${templateId}`)).body.description).toBe('last words');
    });
    await neighbour.stop();
    await proxy.stop();
  });

  it('says that nothing was changed when the connection is lost before the commit', async () => {
    const proxy = await PostgresProxy.start(app.database.applicationUrl);
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets, databaseUrl: proxy.url });
    const work = neighbour.nest.get(UnitOfWork);
    const lost = work.run(api.tenantId, async (transaction) => {
      proxy.cutWhenSent('pg_sleep');
      await transaction.query({ text: 'SELECT pg_sleep(10)', values: [] });
    });
    await expect(lost).rejects.toMatchObject({ errorCode: 'DATABASE_UNAVAILABLE' });
    await neighbour.stop();
    await proxy.stop();
  });

  it('tells OutcomeUnknownError from a server that was never reached', async () => {
    expect(new OutcomeUnknownError(undefined).errorCode).toBe('OUTCOME_UNKNOWN');
    const proxy = await PostgresProxy.start(app.database.applicationUrl);
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets, databaseUrl: proxy.url });
    await proxy.stop();
    const key = await neighbour.key(api.tenantId, ['*']);
    expect(await key.get('/v1/licenses')).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
    expect(await neighbour.anonymous().get('/health/ready')).toMatchObject({
      status: 503,
      body: { code: 'NOT_READY' },
    });
    expect((await neighbour.anonymous().get('/health/live')).status).toBe(200);
    await neighbour.stop();
  });

  it('outlives a session that ends as soon as it has begun', async () => {
    const proxy = await PostgresProxy.start(app.database.applicationUrl);
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets, databaseUrl: proxy.url });
    const read = (seconds = 0) =>
      neighbour.nest
        .get(UnitOfWork)
        .read(api.tenantId, (transaction) => transaction.query({ text: 'SELECT pg_sleep($1)', values: [seconds] }));
    proxy.endAtOnce();
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => read(0.1)));
    expect(answers).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ errorCode: 'DATABASE_UNAVAILABLE' }),
    });
    proxy.mend();
    // The pool may still hold a session whose end has not arrived.
    await eventually(() => read());
    await neighbour.stop();
    await proxy.stop();
  });

  it('runs again what lost a deadlock', async () => {
    const work = app.nest.get(UnitOfWork);
    await api.create('/v1/customers', { customer_id: 'a', first_name: 'A' });
    await api.create('/v1/customers', { customer_id: 'b', first_name: 'B' });
    let runs = 0;
    let locked = 0;
    let together: () => void = () => undefined;
    const both = new Promise<void>((met) => (together = met));
    const environment = { DATABASE_LOCK_TIMEOUT_MS: '9000' };
    const slow = await TestApp.start({ database: app.database, secrets: app.secrets, environment });
    const lockBoth = (order: string[]) =>
      slow.nest.get(UnitOfWork).run(api.tenantId, async (transaction) => {
        runs++;
        for (const id of order) {
          const text = 'UPDATE customers SET version = version + 1 WHERE customer_id = $1';
          await transaction.query({ text, values: [id] });
          if (++locked === 2) together();
          await both;
        }
      });
    await Promise.all([lockBoth(['a', 'b']), lockBoth(['b', 'a'])]);
    expect(runs).toBeGreaterThanOrEqual(3);
    const versions = await work.run(api.tenantId, (transaction) =>
      transaction.query<{ version: number }>({
        text: `SELECT version FROM customers WHERE customer_id IN ('a', 'b')`,
        values: [],
      }),
    );
    expect(versions).toEqual([{ version: 3 }, { version: 3 }]);
    await slow.stop();
  });

  it('answers 503 when a lock is held too long, and changes nothing', async () => {
    await api.create('/v1/customers', { customer_id: 'locked', first_name: 'Before' });
    const holder = new pg.Client({ connectionString: app.database.superuserUrl });
    await holder.connect();
    await holder.query(`BEGIN; SELECT 1 FROM customers WHERE customer_id = 'locked' FOR UPDATE`);
    expect(await api.patch('/v1/customers/locked', { first_name: 'After' })).toMatchObject({
      status: 503,
      body: { code: 'DATABASE_BUSY' },
    });
    await holder.end();
    expect((await api.get('/v1/customers/locked')).body.first_name).toBe('Before');
  });

  it('answers 503 when every connection is busy', async () => {
    const small = await TestApp.start({
      database: app.database,
      secrets: app.secrets,
      environment: { DATABASE_POOL_SIZE: '1', DATABASE_POOL_WAIT_MS: '2000' },
    });
    const key = await small.key(api.tenantId, ['*']);
    expect((await key.get('/v1/licenses')).status).toBe(200);
    let release: () => void = () => undefined;
    const held = small.nest.get(UnitOfWork).run(api.tenantId, () => new Promise<void>((done) => (release = done)));
    await expect(small.nest.get(UnitOfWork).run(api.tenantId, () => Promise.resolve())).rejects.toThrow(
      DatabaseBusyError,
    );
    expect(await key.get('/v1/licenses')).toMatchObject({ status: 503, body: { code: 'DATABASE_BUSY' } });
    release();
    await held;
    expect((await key.get('/v1/licenses')).status).toBe(200);
    await small.stop();
  });

  it('limits how long the database may work, wait for a lock, and sit in a transaction', async () => {
    const settings = await app.nest.get(UnitOfWork).run(api.tenantId, (transaction) =>
      transaction.query({
        text: `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
                      current_setting('idle_in_transaction_session_timeout') AS idle`,
        values: [],
      }),
    );
    expect(settings).toEqual([{ statement: '10s', lock: '300ms', idle: '10s' }]);
  });

  it('is not ready on a schema that is behind', async () => {
    const other = await TestApp.start();
    expect((await other.anonymous().get('/health/ready')).status).toBe(200);
    await other.database.query('DELETE FROM schema_migrations');
    expect(await other.anonymous().get('/health/ready')).toMatchObject({ status: 503, body: { code: 'NOT_READY' } });
    await other.stop();
  });
});

describe('the session by which an executor of workflows is known to live', () => {
  it('is ended by PostgreSQL within seconds where its host is gone, and gives its runs away when it has ended', async () => {
    const database = await TestDatabase.create();
    const lost: string[] = [];
    const take = (id: string) =>
      Presence.take(
        database.applicationUrl,
        id,
        () => lost.push(id),
        () => undefined,
      );
    const [dead, living, observer] = [randomUUID(), randomUUID(), randomUUID()];
    const [first, second, third] = [await take(dead), await take(living), await take(observer)];

    const { client } = first as unknown as { client: pg.Client };
    const { rows } = await client.query<{ tcp: boolean; pid: number; settings: object }>(
      `SELECT inet_server_addr() IS NOT NULL AS tcp, pg_backend_pid() AS pid, jsonb_object_agg(name, setting::int) AS settings
       FROM pg_settings WHERE name LIKE 'tcp_%' AND source = 'session'`,
    );
    // Over a socket of the file system, which cannot lose a host, PostgreSQL shows each of them as 0.
    const seconds = rows[0]?.tcp ? 1 : 0;
    expect(rows[0]?.settings).toEqual({
      tcp_keepalives_idle: seconds,
      tcp_keepalives_interval: seconds,
      tcp_keepalives_count: 3 * seconds,
      tcp_user_timeout: 4_000 * seconds,
    });

    for (const id of [dead, living])
      await database.query(
        `INSERT INTO workflows.workflow_status (workflow_uuid, status, name, executor_id, created_at, updated_at)
         VALUES ($1, 'PENDING', 'lead-to-customer', $2, 0, 0)`,
        [`tenant/${id}`, id],
      );
    const gone = async () => {
      const ids: string[] = [];
      await third.eachGoneExecutor((id) => Promise.resolve(void ids.push(id)));
      return ids;
    };
    expect(await gone()).toEqual([]);
    await database.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await eventually(async () => expect(await gone()).toEqual([dead]));
    expect(new Set(lost)).toEqual(new Set([dead]));
    await Promise.all([second.end(), third.end()]);
    await database.drop();
  });
});
