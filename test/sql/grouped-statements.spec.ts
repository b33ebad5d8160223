import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { CommandBus, QueryBus, type ICommand } from '@nestjs/cqrs';
import { ActivateDeviceCommand, DeactivateDeviceCommand, HeartbeatCommand } from '../../src/activations/index.js';
import { ListEventsQuery } from '../../src/audit/index.js';
import { LeaseTimer } from '../../src/activations/lease-timer.js';
import { RefusalCounts } from '../../src/activations/refusal-counts.js';
import { BlockedDeviceRepository } from '../../src/activations/blocking/blocked-device.repository.js';
import { ListLicensesAsJsonQuery } from '../../src/licensing/queries/list-licenses-as-json.query.js';
import { NEWEST_FIRST } from '../../src/shared/http/paging.js';
import { indexedEqualities } from '../../src/shared/persistence/tenant-scoped.repository.js';
import { withClient } from '../../src/database/with-client.js';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { FindLicenseQuery, IssueLicenseCommand } from '../../src/licensing/index.js';
import { EmailMessageRepository } from '../../src/notifications/email-message.repository.js';
import { QuoteTimer } from '../../src/orders/quotes/quote-timer.js';
import { OrderRepository } from '../../src/orders/order.repository.js';
import { PartnerUpkeep } from '../../src/partners/partner-upkeep.js';
import { SubscriptionTimer } from '../../src/subscriptions/subscription-timer.js';
import { ReportCursors } from '../../src/reports/counting/report-cursors.js';
import { RevocationListRepository } from '../../src/offline/revocation-list.repository.js';
import type { Statement } from '../../src/shared/persistence/tenant-connection.js';
import type { TenantTimer } from '../../src/shared/timers/tenant-timer.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Actor } from '../../src/shared/access/actor.js';
import { EvidenceCollector, type StoredEvidence } from '../../src/validation/index.js';
import { TemplateRepository } from '../../src/templates/template.repository.js';
import { UsageChanges } from '../../src/usage/usage-changes.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startBehindProxy } from '../support/behind-proxy.js';
import type { PostgresProxy } from '../support/proxy.js';
import { statementsOf } from '../support/statements.js';

/** Settings of the planner under each of which a statement has to return the same rows. */
const PLANS = [
  [],
  ['enable_hashjoin = off'],
  ['enable_mergejoin = off'],
  ['enable_nestloop = off'],
  ['enable_nestloop = off', 'enable_hashjoin = off'],
  ['enable_nestloop = off', 'enable_mergejoin = off'],
  ['enable_indexscan = off', 'enable_bitmapscan = off', 'enable_indexonlyscan = off', 'enable_seqscan = on'],
  ['enable_memoize = off', 'enable_material = off', 'enable_hashagg = off'],
].flatMap((settings) => [settings, [...settings, 'plan_cache_mode = force_generic_plan']]);

const MAX_ROUNDS = 5;
const FIRST_PAGE = { limit: 20, order: NEWEST_FIRST, after: undefined };

/** Names of the statements that are tried with rows of both tenants. */
const MIXED = [
  'activation-refusals.count',
  'activations.change-seats',
  'activations.renew-leases',
  'billing_products.find',
  'blocked_devices.list-by-license_id-shared',
  'customers.find',
  'email-messages.find-due',
  'event-log.latest-of-license-shared',
  'event-log.move',
  'evidence.find-by-keys',
  'evidence.find-by-keys-signed',
  'license_templates.find',
  'licenses.find-with-seats',
  'licenses.issue',
  'licenses.issue-once',
  'licenses.list-by-license_key_last_four-shared',
  'licenses.list-by-metadata-shared',
  'revocation-lists.find-due',
  'revocation-lists.find-published',
  'templates.find-issuable',
  'usages.change',
  'usages.read-all',
];
const TIMERS = [LicenseTimer, LeaseTimer, RefusalCounts, QuoteTimer, SubscriptionTimer, PartnerUpkeep];
/** Further statements that are tried. */
const TRIED = [
  'evidence.find-by-id',
  'evidence.find-by-keys-one',
  'evidence.find-by-keys-one-signed',
  'licenses.list',
  'licenses.list-after',
  'orders.tenants-with-due',
  ...TIMERS.map(({ name }) => `${name}.tenants-with-due`),
  'report-cursors.find-behind',
];

/** Files with statements about rows of several tenants; that of assert-signing-keys-open.ts runs before there are requests. */
const SOURCES = [
  'activations/client-event-limit.ts',
  'activations/heartbeats.ts',
  'activations/refusal-counts.ts',
  'activations/seat-change-statement.ts',
  'audit/commands/record-events.handler.ts',
  'licensing/issuing/issue-statement.ts',
  'licensing/license-lock.ts',
  'notifications/email-message.repository.ts',
  'offline/revocation-list.repository.ts',
  'orders/order.repository.ts',
  'reports/counting/report-cursors.ts',
  'shared/persistence/tenant-scoped.repository.ts',
  'shared/timers/tenant-sweeper.ts',
  'signing/assert-signing-keys-open.ts',
  'usage/usage-changes.ts',
  'usage/usage.repository.ts',
  'validation/evidence-collector.ts',
];

/** Leaves out the database's time, which every run of a statement returns anew. */
const withoutTime = (name: string, value: unknown) => (name === 'readAt' ? undefined : value);

/** Everything that a statement returned and that the two tenants can see after it. */
interface Effect {
  readonly rows: readonly string[];
  readonly seen: readonly unknown[];
}

describe('a statement for many tenants', () => {
  let database: TestDatabase;
  let app: TestApp;
  let tenants: Api[];
  /** Licenses of each tenant, in the order of the tenants. */
  let licenses: Wire[];
  let activationIds: string[];
  /** Licenses whose seats are only counted, two of each tenant. */
  let counted: Wire[];

  beforeAll(async () => {
    database = await TestDatabase.create();
    // No timer fulfils the order that is due.
    app = await TestApp.start({ database, environment: { LICENSE_TIMER_INTERVAL_MS: '86400000' } });
    tenants = [await app.tenant(), await app.tenant()];
    await database.query(`UPDATE tenants SET metadata_filters = '{shelf}'`);
    licenses = [];
    activationIds = [];
    counted = [];
    // Everything has the same name with both.
    for (const api of tenants) {
      await api.create('/v1/products', { product_id: 'p', name: 'P' });
      const features = [{ feature_id: 'f', feature_name: 'F', limit_value: 100, reset_period: 'DAY' }];
      const terms = {
        product_id: 'p',
        license_type: 'CONCURRENT',
        license_model: 'PER_SEAT',
        max_activations: 5,
        features,
      };
      await api.create('/v1/license-templates', { ...terms, template_id: 't', template_name: 'T' });
      await api.create('/v1/license-templates', { ...terms, template_id: 'new', template_name: 'New' });
      await api.create('/v1/customers', { customer_id: 'c', first_name: 'C' });
      const license = await api.issue('t', { customer_id: 'c', metadata: { shelf: 'a' } });
      const key = { license_key: license.license_key as string };
      await api.post('/v1/client/activate', { ...key, fingerprint: 'pc' });
      const { body: other } = await api.post('/v1/client/activate', { ...key, fingerprint: 'other' });
      await api.post('/v1/client/usage/consume', { ...key, feature_id: 'f', amount: 2 });
      await api.post(`/v1/licenses/${license.license_id}/blocked-devices`, {
        fingerprint: 'blocked',
        reason: { code: 'OTHER' },
      });
      await app.signRevocations(api);
      const about = { template: 'renewal_reminder', license_id: license.license_id as string, to: 'c@example.com' };
      await api.create('/v1/email-messages', about);
      const template = await api.template({ product_id: 'p', max_activations: 100 });
      for (const customer_id of ['c', 'd']) counted.push(await api.issue(template, { customer_id }));
      licenses.push(license);
      activationIds.push(other.activation_id as string);
    }
    // A lease that has ended and is not recorded, so that the seats are counted.
    await database.query(
      `UPDATE license_activations SET lease_expires_at = now() - interval '1 hour' WHERE fingerprint = 'other'`,
    );
  });

  afterAll(async () => {
    await app.stop();
    await database.drop();
  });

  /** Runs the statement under each plan, without a trace, and returns its different effects. */
  const effectsOf = (statement: Statement): Promise<Effect[]> =>
    withClient(database.applicationUrl, async (client) => {
      const effects = new Map<string, Effect>();
      // One snapshot, since other requests go on meanwhile.
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      for (const settings of PLANS) {
        await client.query('SAVEPOINT before');
        for (const setting of settings) await client.query(`SET LOCAL ${setting}`);
        const { rows } = await client.query<object>(statement.text, statement.values);
        const seen = [];
        for (const { tenantId } of tenants) seen.push(await visibleTo(client, tenantId));
        const effect = { rows: rows.map((row) => JSON.stringify(row, withoutTime)).sort(), seen };
        effects.set(JSON.stringify(effect), effect);
        await client.query('ROLLBACK TO before');
      }
      await client.query('ROLLBACK');
      return [...effects.values()];
    });

  const visibleTo = async (client: pg.Client, tenantId: string) => {
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId]);
    const { rows } = await client.query<object>(
      `SELECT (SELECT count(*) FROM licenses) AS licenses, seq, event_type, resource_id
       FROM license_event_logs ORDER BY seq`,
    );
    const seats = await client.query<object>(
      `SELECT (SELECT sum(current_activations) FROM licenses) AS seats,
              (SELECT count(*) FROM license_activations WHERE status = 'ACTIVE') AS active,
              (SELECT max(lease_expires_at) FROM license_activations) AS leased,
              (SELECT sum(events) FROM license_client_events) AS counted, (SELECT sum(used) FROM license_usages) AS used, (SELECT sum(last_seq) FROM event_resource_counters) AS numbers,
              (SELECT sum(resource_seq) FROM outbox WHERE tenant_id = $1) AS outbox`,
      [tenantId],
    );
    return [...seats.rows, ...rows];
  };

  it('returns and stores the same rows whatever plan PostgreSQL takes, with two tenants mixed', async () => {
    const unitOfWork = app.nest.get(UnitOfWork);
    const seen = new Map<string, { mixed: boolean; effects: Effect[][] }>();
    let last: Promise<unknown> = Promise.resolve();
    /** Tries a statement before it is run, and one at a time, because two that change the same rows would change each other's effects. */
    const tryFirst = <T>(statement: Statement, run: () => Promise<T>): Promise<T> => {
      const turn = last.then(() => record(statement)).then(run);
      last = turn.catch(() => undefined);
      return turn;
    };
    const record = async (statement: Statement) => {
      const effects = await effectsOf(statement);
      const text = JSON.stringify([statement.values, effects.map(({ rows }) => rows)]);
      const name = statement.name ?? 'without a name';
      const before = seen.get(name) ?? { mixed: false, effects: [] };
      const mixed = before.mixed || tenants.every(({ tenantId }) => text.includes(tenantId));
      seen.set(name, { mixed, effects: [...before.effects, effects] });
    };
    const original = {
      execute: unitOfWork.executeStandalone.bind(unitOfWork),
      query: unitOfWork.queryStandalone.bind(unitOfWork),
    };
    const spies = [
      jest
        .spyOn(unitOfWork, 'executeStandalone')
        .mockImplementation((...call) => tryFirst(call[0], () => original.execute(...call))),
      jest
        .spyOn(unitOfWork, 'queryStandalone')
        .mockImplementation((statement) => tryFirst(statement, () => original.query(statement))),
    ];
    // The first of several goes by itself, and the rest together.
    const ofBoth = (work: (api: Api, license: Wire, at: number) => Promise<{ status: number }>) =>
      Promise.all([0, 1, 0, 1, 0, 1].map((at) => work(tenants[at]!, licenses[at], at)));
    const ok = async (results: Promise<{ status: number }[]>) =>
      expect((await results).map(({ status }) => status)).toEqual(Array(6).fill(200));
    const client = (api: Api, { license_key }: Wire, route: string, body = {}) =>
      api.post(`/v1/client/${route}`, { license_key: license_key as string, ...body });
    const order = { license_template_id: 'new', customer_id: 'c' };
    // Commands of one step of the event loop are one group.
    const issue = ({ tenantId }: Api, options = {}) =>
      app.nest.get(CommandBus).execute(new IssueLicenseCommand(Actor.service('test', tenantId), order, options));
    /** Sends a command for each license in one step, with what was read of it and of the device. */
    const changeDevices = async (
      ofLicenses: readonly Wire[],
      toCommand: (actor: Actor, licenseId: string, unlocked: StoredEvidence) => ICommand,
    ) => {
      const collector = app.nest.get(EvidenceCollector);
      const read = ofLicenses.map(({ license_key }) =>
        collector.findByLicenseKey(license_key as string, { fingerprint: 'pc' }),
      );
      const commands = (await Promise.all(read)).map((evidence) => {
        const { tenantId, licenseId } = evidence!.license;
        return toCommand(Actor.forLicenseKey(tenantId, licenseId), licenseId, evidence!);
      });
      await Promise.all(commands.map((command) => app.nest.get(CommandBus).execute(command)));
    };
    /** Changes the usage of each license in one step, of the first of them by the first amount. */
    const changeUsage = async (amounts: readonly number[]) => {
      const found = licenses.map(({ license_id }, at) => {
        const actor = Actor.service('test', tenants[at]!.tenantId);
        return app.nest.get(QueryBus).execute(new FindLicenseQuery(actor, license_id as string));
      });
      const changes = (await Promise.all(found)).map((license, at) => {
        const feature = license!.features[0]!;
        return { license: license!, feature, amount: amounts[at]!, now: new Date() };
      });
      const usageChanges = app.nest.get(UsageChanges);
      await Promise.all(changes.map((change) => usageChanges.store(change)));
    };
    await tenants[1]!.create('/v1/orders', {
      customer_id: 'c',
      currency: 'EUR',
      lines: [{ kind: 'ISSUE', license_template_id: 'new', unit_price: 1 }],
    });
    await database.query("UPDATE orders SET automatic_fulfilment = 'DUE'");
    const templates = app.nest.get(TemplateRepository);
    const mixed = () => [...seen].filter(([, statement]) => statement.mixed).map(([name]) => name);
    // Requests that arrive slowly are not together, so they come again.
    for (let round = 0; round < MAX_ROUNDS && !MIXED.every((name) => mixed().includes(name)); round++) {
      for (const path of ['products/p', 'license-templates/t', 'customers/c'])
        await ok(ofBoth((api) => api.get(`/v1/${path}`)));
      await ok(ofBoth((api, { license_id }) => api.get(`/v1/licenses/${license_id}`)));
      await ok(ofBoth((api, { license_id }) => api.get(`/v1/licenses/${license_id}/usage`)));
      await ok(ofBoth((api) => api.get('/v1/products')));
      await ok(ofBoth((api) => api.get('/v1/licenses?status=EXPIRED')));
      const refused = { at: new Date(), code: 'ACTIVATION_LIMIT_REACHED', fingerprint: `refused-${round}` };
      const refusals = licenses.flatMap(({ license_id }, at) => {
        const refusal = { ...refused, tenantId: tenants[at]!.tenantId, licenseId: license_id as string };
        return [refusal, refusal, { ...refusal, code: 'RATE_LIMITED', fingerprint: '' }];
      });
      await Promise.all(refusals.map((refusal) => app.nest.get(RefusalCounts).add(refusal)));
      // Pages that are asked for in one step share a statement.
      await Promise.all(
        licenses.flatMap(({ license_id, license_key }, at) => {
          const actor = Actor.service('test', tenants[at]!.tenantId);
          const blocked = { licenseId: license_id as string };
          const last_four = (license_key as string).slice(-4);
          return [
            app.nest.get(BlockedDeviceRepository).list(actor.tenantId, indexedEqualities(blocked), FIRST_PAGE),
            ...[{ last_four }, { 'metadata.shelf': 'a' }].map((filter) =>
              app.nest.get(QueryBus).execute(new ListLicensesAsJsonQuery(actor, { limit: 20, ...filter })),
            ),
            app.nest.get(QueryBus).execute(
              new ListEventsQuery(actor, {
                limit: 20,
                order: 'desc',
                license_id: license_id as string,
                event_type: 'license.activated',
              }),
            ),
          ];
        }),
      );
      await ok(
        ofBoth(async (api) => {
          const { next_cursor } = (await api.get('/v1/licenses?limit=2')).body;
          const last = await api.get(`/v1/licenses?limit=2&cursor=${next_cursor as string}`);
          expect(last.body.data).not.toEqual([]);
          return last;
        }),
      );
      for (const signed of [false, true])
        for (const together of [licenses.slice(1), licenses])
          await Promise.all(
            together.map(({ license_key }) =>
              app.nest.get(EvidenceCollector).findByLicenseKey(license_key as string, { fingerprint: 'pc', signed }),
            ),
          );
      await ok(ofBoth((api, license) => client(api, license, 'entitlements')));
      await changeDevices(licenses, (actor, id, unlocked) => new HeartbeatCommand(actor, id, 'pc', { unlocked }));
      await ok(ofBoth((api, { license_id }) => api.post(`/v1/licenses/${license_id}/explain`, { fingerprint: 'pc' })));
      await ok(ofBoth((api) => api.get(`/v1/client/${api.tenantId}/revocations`)));
      await ok(
        ofBoth((api, { license_id }, at) =>
          api.post(`/v1/licenses/${license_id}/activations/${activationIds[at]}/deactivate`),
        ),
      );
      // The second changes do not fit in: they would exceed the limit, or release what is not used.
      for (const amounts of [
        [1, 2],
        [98, -99],
        [-1, 1],
        [98, 98],
      ])
        await changeUsage(amounts);
      const device = { fingerprint: 'pc' };
      await changeDevices(counted, (actor, id, unlocked) => new ActivateDeviceCommand(actor, id, device, { unlocked }));
      await changeDevices(
        counted,
        (actor, id, unlocked) => new DeactivateDeviceCommand(actor, id, device, { unlocked }),
      );
      await Promise.all(tenants.map((api) => issue(api)));
      await Promise.all(tenants.map((api) => issue(api, { idempotencyKey: randomUUID() })));
      await Promise.all(
        ['t', 'new'].flatMap((id) => tenants.map(({ tenantId }) => templates.findIssuable(tenantId, [id]))),
      );
      await app.nest.get(RevocationListRepository).findDue('', 10, new Date());
      await app.nest.get(EmailMessageRepository).findDue('', 10, new Date());
      await app.nest.get(ReportCursors).findBehind('', 10);
      for (const timer of TIMERS) await app.nest.get<TenantTimer>(timer).tenantsWithDue();
      expect(await app.nest.get(LeaseTimer).tenantsWithDue()).toEqual(tenants.map(({ tenantId }) => tenantId).sort());
      // The first tenant has no order that is due.
      expect(await app.nest.get(OrderRepository).tenantsWithDue()).toEqual([tenants[1]!.tenantId]);
      await eventually(async () => expect(await database.query('SELECT FROM outbox')).toEqual([]));
    }
    for (const spy of spies) spy.mockRestore();

    for (const [name, { effects }] of seen) for (const each of effects) expect([name, each]).toEqual([name, [each[0]]]);
    expect(mixed()).toEqual(expect.arrayContaining(MIXED));
    expect([...seen.keys()]).toEqual(expect.arrayContaining(TRIED));
  }, 120_000);

  it('stands in one of the files whose statements are tried', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.includes('migrations'),
    );
    const users = files.filter((name) => readFileSync(join('src', name), 'utf8').includes('${SET_TENANT_OF_ROW}'));
    expect(users.map((name) => name.replaceAll('\\', '/')).sort()).toEqual(SOURCES);
  });

  it('sorts nothing between the tenant that it sets and what it reads: a LIMIT or OFFSET keeps PostgreSQL from setting all before', () => {
    const texts = SOURCES.map((name) => readFileSync(join('src', name), 'utf8'));
    const sorted = texts.flatMap((text) => [...text.matchAll(/\bORDER BY ([^()]*)\)\s+AS each\b/g)]);
    expect(sorted.length).toBeGreaterThan(3);
    expect(sorted.map(([, end]) => end).filter((end) => !/\b(LIMIT|OFFSET) \S+$/.test(end ?? ''))).toEqual([]);
  });

  it('has no EXISTS that PostgreSQL may run once for all tenants: an OFFSET keeps it from that', () => {
    const text = SOURCES.map((name) => readFileSync(join('src', name), 'utf8')).join('\n');
    const subqueries = [...text.matchAll(/\bEXISTS \(/g)].map(({ index }) => inParentheses(text.slice(index)));
    expect(subqueries.length).toBeGreaterThan(1);
    expect(subqueries.filter((subquery) => !subquery.endsWith(' OFFSET 0'))).toEqual([]);
  });
});

/** Returns what stands in the first parentheses. */
function inParentheses(text: string): string {
  const from = text.indexOf('(') + 1;
  let depth = 1;
  let to = from;
  for (; depth > 0 && to < text.length; to++) depth += text[to] === '(' ? 1 : text[to] === ')' ? -1 : 0;
  return text.slice(from, to - 1);
}

describe('a read of a license', () => {
  let app: TestApp;
  let neighbour: TestApp;
  let proxy: PostgresProxy;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    ({ proxy, neighbour } = await startBehindProxy(app));
    const tenant = await app.tenant();
    api = neighbour.bearer(tenant.tenantId, tenant.key ?? '');
  });

  afterAll(async () => {
    await neighbour.stop();
    await proxy.stop();
    await app.stop();
  });

  /** Returns the number of statements and of round trips; the clock is read now and then, too, so that a count may be too high. */
  const costOf = async (work: () => Promise<unknown>): Promise<[statements: number, roundTrips: number]> => {
    const before = proxy.roundTrips;
    let roundTrips = NaN;
    const statements = await statementsOf(() => work().then(() => (roundTrips = proxy.roundTrips - before)));
    return [statements.length, roundTrips];
  };

  it.each(['SUBSCRIPTION', 'CONCURRENT', 'NAMED_USER'])(
    'with devices is one statement and one round trip, also when a lease of %s has ended',
    async (license_type) => {
      const features = [{ feature_id: 'f', feature_name: 'F', limit_value: 5 }];
      const { license_id, license_key } = await api.issue(
        await api.template({ license_type, max_activations: 3, features }),
      );
      const key = { license_key: license_key as string };
      for (const fingerprint of ['pc', 'other'])
        await api.post('/v1/client/activate', { ...key, fingerprint, user_id: fingerprint });
      await app.database.query(
        `UPDATE license_activations SET lease_expires_at = now() - interval '1 hour'
         WHERE license_id = $1 AND fingerprint = 'other' AND lease_expires_at IS NOT NULL`,
        [license_id],
      );
      const seats = license_type === 'CONCURRENT' ? 1 : 2;
      const validate = async (fingerprint?: string, signed = false) =>
        (await api.post('/v1/client/validate', { ...key, ...(fingerprint && { fingerprint }), signed })).body;
      const requests: (() => Promise<number>)[] = [
        async () => (await validate('pc')).license.current_activations,
        async () => (await validate('pc', true)).license.current_activations,
        async () => (await validate('unknown')).license.current_activations,
        async () => (await validate()).license.current_activations,
        async () => (await api.get(`/v1/licenses/${license_id}`)).body.current_activations,
        async () => ((await api.post('/v1/client/entitlements', key)).body.entitlements.length === 1 ? seats : NaN),
      ];
      for (const request of requests) {
        expect(await request()).toBe(seats);
        await eventually(async () => expect(await costOf(request)).toEqual([1, 1]));
      }
    },
  );

  it('that finds no free seat reads who holds them, in a transaction of its own', async () => {
    const { license_key } = await api.issue(await api.template({ max_activations: 1 }));
    const ask = (route: string, fingerprint: string) =>
      api.post(`/v1/client/${route}`, { license_key: license_key as string, fingerprint });
    await ask('activate', 'pc');
    const statements = await statementsOf(() => ask('validate', 'other'));
    expect(statements).toEqual([
      expect.stringContaining('FROM license_keys'),
      expect.stringContaining('; BEGIN READ ONLY;'),
      expect.stringContaining('held_until'),
      'COMMIT',
    ]);
  });

  it('finds a device among 5,000 as in one, also one that has ended', async () => {
    const { license_id, license_key } = await api.issue(await api.template({ max_activations: null }));
    const key = { license_key: license_key as string };
    await api.post('/v1/client/activate', { ...key, fingerprint: 'pc' });
    const sent = jest.spyOn(neighbour.nest.get(UnitOfWork), 'queryStandalone');
    const pagesOf = async (fingerprint: string) => {
      sent.mockClear();
      await api.post('/v1/client/validate', { ...key, fingerprint });
      const [{ text, values }] = sent.mock.calls[0]!;
      return withClient(app.database.applicationUrl, async (client) => {
        await client.query('SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off');
        const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
          values,
        );
        const { 'Shared Hit Blocks': hit = NaN, 'Shared Read Blocks': read = NaN } = rows[0]!['QUERY PLAN'][0].Plan;
        return hit + read;
      });
    };
    const before = await pagesOf('pc');
    await app.database.query(
      `INSERT INTO license_activations (tenant_id, activation_id, license_id, fingerprint, units, activation_type, status, ended_at,
                                        metadata, first_seen_at, last_seen_at, created_at)
       SELECT tenant_id, gen_random_uuid(), license_id, state || n, 1, 'ONLINE', state, CASE WHEN state <> 'ACTIVE' THEN now() END,
              '{}', now(), now(), now()
       FROM license_activations, generate_series(1, 5000) AS n, unnest(ARRAY['ACTIVE', 'DEACTIVATED']) AS state
       WHERE license_id = $1`,
      [license_id],
    );
    const after: number[] = [];
    for (const fingerprint of ['pc', 'ACTIVE2500', 'DEACTIVATED2500', 'unknown'])
      after.push(await pagesOf(fingerprint));
    sent.mockRestore();
    expect(before).toBeGreaterThan(0);
    expect(Math.max(...after)).toBeLessThan(before * 2);
  });

  it.each([
    ['PER_SEAT', 'CONCURRENT', 2],
    ['PER_CORE', 'SUBSCRIPTION', 8],
    ['PER_CORE', 'CONCURRENT', 2],
    ['PER_SEAT', 'NAMED_USER', 1],
  ])('of model %s and type %s counts the seats that are left once a lease or a file has ended', async (...terms) => {
    const [license_model, license_type, seats] = terms;
    const template = await api.template({ license_model, license_type, max_activations: 100 });
    const { license_id, license_key } = await api.issue(template);
    const key = { license_key: license_key as string };
    for (const [fingerprint, user_id] of [
      ['a', 'x'],
      ['b', 'x'],
      ['c', 'y'],
    ])
      await api.post('/v1/client/activate', { ...key, fingerprint, user_id, units: 4 });
    const ended = `now() - interval '1 hour'`;
    await app.database.query(
      `UPDATE license_activations SET lease_expires_at = ${ended}, lent_until = ${ended} WHERE license_id = $1 AND fingerprint = 'c'`,
      [license_id],
    );
    await app.database.query(`UPDATE licenses SET files_until = ${ended} WHERE license_id = $1`, [license_id]);
    const [{ body }, validated, listed] = [
      await api.get(`/v1/licenses/${license_id}`),
      await api.post('/v1/client/validate', { ...key, fingerprint: 'a' }),
      await api.get(`/v1/licenses?template_id=${template}`),
    ];
    expect(body.current_activations).toBe(seats);
    expect(validated.body.license.current_activations).toBe(seats);
    expect(listed.body.data[0].current_activations).toBe(seats);
  });
});
