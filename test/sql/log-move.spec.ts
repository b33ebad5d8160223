import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { loadConfig } from '../../src/config.js';
import { migrate } from '../../src/database/migrate.js';
import { withClient } from '../../src/database/with-client.js';
import { RecordEventsCommand } from '../../src/shared/messaging/record-events.command.js';
import { Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

/** So that nothing but the test moves what the test put into the outbox. */
const QUIET = { RELAY_INTERVAL_MS: '600000', LICENSE_TIMER_INTERVAL_MS: '600000' };

describe('the way into the log', () => {
  let database: TestDatabase;
  let app: TestApp;
  let neighbour: TestApp;
  let api: Api;

  beforeAll(async () => {
    database = await TestDatabase.create();
    app = await TestApp.start({ database, environment: QUIET });
    neighbour = await TestApp.start({ database, secrets: app.secrets, environment: QUIET });
    api = await app.tenant();
  });

  afterAll(async () => {
    await neighbour.stop();
    await app.stop();
    await database.drop();
  });

  const move = (of: TestApp) => of.nest.get(CommandBus).execute(new RecordEventsCommand(api.tenantId, []));
  const outboxIsEmpty = () => eventually(async () => expect(await database.query('SELECT 1 FROM outbox')).toEqual([]));
  const eventsOf = async (licenseId: unknown): Promise<Wire[]> => {
    await outboxIsEmpty();
    return (await api.get(`/v1/license-events?limit=100&license_id=${String(licenseId)}`)).body.data as Wire[];
  };
  const numbersOf = (events: readonly Wire[]) => events.map(({ resource_seq }) => resource_seq);

  it('is in the order of the changes for a backlog too, whatever ids and clocks say, of two processes at once', async () => {
    // Ids and times are in no order, so most of the first thousand by either is out of turn.
    await database.query(
      `INSERT INTO outbox (tenant_id, id, event_type, resource_type, resource_id, resource_seq, event_data, actor, metadata,
                           created_at, stored_at)
       SELECT $1, gen_random_uuid(), 'thing.changed', 'thing', 'thing' || resource, number, '{}', '{}', '{}',
              now() - random() * interval '1 hour', now() - random() * interval '1 hour'
       FROM generate_series(1, 50) AS resource, generate_series(1, 100) AS number`,
      [api.tenantId],
    );
    await Promise.all([move(app), move(neighbour)]);
    expect(await database.query('SELECT 1 FROM outbox')).toEqual([]);
    const rows = await database.query<{ seqs: string[]; numbers: number[] }>(
      `SELECT array_agg(seq ORDER BY seq) AS seqs, array_agg(resource_seq ORDER BY seq) AS numbers FROM license_event_logs
       WHERE tenant_id = $1 AND resource_type = 'thing' GROUP BY resource_id`,
      [api.tenantId],
    );
    expect(rows).toHaveLength(50);
    const all = Array.from({ length: 100 }, (_, at) => at + 1);
    for (const { numbers } of rows) expect(numbers).toEqual(all);
    const [gaps] = await database.query(
      'SELECT max(seq) - count(*) AS gaps FROM license_event_logs WHERE tenant_id = $1',
      [api.tenantId],
    );
    expect(gaps).toEqual({ gaps: '0' });
  });

  it('is open to what a process of the release before left in the outbox, which has no number', async () => {
    const { license_id } = await api.issue(await api.template());
    await database.query(
      `INSERT INTO outbox (tenant_id, id, event_type, license_id, resource_type, resource_id, event_data, actor, metadata, created_at)
       VALUES ($1, $2, 'license.renewed', $3::uuid, 'license', $3::text, '{}', '{"type": "api_key", "id": "k", "via": "rest"}', '{}', now())`,
      [api.tenantId, randomUUID(), license_id],
    );
    await api.post(`/v1/licenses/${license_id}/renew`, { days: 1 });
    expect(numbersOf(await eventsOf(license_id))).toEqual([1, null, 2]);
  });

  it('numbers events of a license without a gap, also those that take no lock on it', async () => {
    const { license_id } = await api.issue(await api.template({ max_activations: 1 }));
    const path = `/v1/licenses/${license_id}`;
    expect((await api.post(`${path}/activations`, { fingerprint: 'first' })).status).toBe(200);
    const apis = [api, new Api(neighbour.nest, neighbour.document, api.tenantId, api.key)];
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => [
        apis[n % 2]!.post(`${path}/reveal-key`, {}),
        apis[(n + 1) % 2]!.post(`${path}/activations`, { fingerprint: `refused ${n}` }),
        apis[n % 2]!.post(`${path}/renew`, { days: 1 }),
      ]).flat(),
    );
    const events = await eventsOf(license_id);
    expect(numbersOf(events)).toEqual(Array.from({ length: 32 }, (_, at) => at + 1));
    expect(new Set(events.map(({ event_type }) => event_type)).size).toBe(5);
  });

  it.each([
    [
      '/v1/products/p',
      'billing_products',
      { name: 'Later' },
      () => api.create('/v1/products', { product_id: 'p', name: 'Before' }),
    ],
    [
      '/v1/license-templates/t',
      'license_templates',
      { template_name: 'Later' },
      () => api.template({ template_id: 't' }),
    ],
    [
      '/v1/customers/c',
      'customers',
      { first_name: 'Later' },
      () => api.create('/v1/customers', { customer_id: 'c', first_name: 'Before' }),
    ],
  ])('begins with a change that is made later than the one it waited for: %s', async (path, table, patch, create) => {
    await create();
    const { before, answer } = await withClient(database.superuserUrl, async (other) => {
      await other.query(`BEGIN; SELECT 1 FROM ${table} FOR UPDATE`);
      const patching = api.patch(path, patch);
      await eventually(async () => {
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        expect(await database.query(waiting)).toHaveLength(1);
      });
      // Cut to milliseconds like the times of the server; a cast to timestamptz(3) would round half of them up.
      const { rows } = await other.query<{ at: Date }>(`SELECT date_trunc('milliseconds', clock_timestamp()) AS at`);
      await other.query('COMMIT');
      return { before: rows[0]?.at, answer: await patching };
    });
    expect(new Date(answer.body.updated_at as string).getTime()).toBeGreaterThanOrEqual(before?.getTime() ?? NaN);
  });
});

describe('an upgrade', () => {
  it('goes on numbering where the log of the release before stands', async () => {
    const database = await TestDatabase.create();
    const earlier = await TestApp.start({ database });
    const api = await earlier.tenant();
    const template = await api.template();
    const [renewed, fresh] = await Promise.all([api.issue(template), api.issue(template)]);
    for (let n = 0; n < 2; n++) await api.post(`/v1/licenses/${renewed.license_id}/renew`, { days: 1 });
    await api.create('/v1/products', { product_id: 'p', name: 'P' });
    await earlier.stop();
    await database.query(`DROP TABLE event_resource_counters; ALTER TABLE license_event_logs DROP COLUMN resource_seq;
      ALTER TABLE outbox DROP COLUMN resource_seq; DELETE FROM schema_migrations WHERE name LIKE 'LogOrder%'`);
    await migrate(database.ownerUrl, database.applicationUrl, loadConfig({}));
    const app = await TestApp.start({ database, secrets: earlier.secrets });
    const upgraded = await app.key(api.tenantId, [], { role: 'admin' });
    for (const { license_id } of [renewed, fresh])
      expect((await upgraded.post(`/v1/licenses/${license_id}/renew`, { days: 1 })).status).toBe(200);
    await upgraded.patch('/v1/products/p', { name: 'Q' });
    const numbers = async (query: string, count: number) =>
      eventually(async () => {
        const { body } = await upgraded.get(`/v1/license-events?${query}`);
        expect(body.data).toHaveLength(count);
        return (body.data as Wire[]).map(({ resource_seq }) => resource_seq);
      });
    expect(await numbers(`license_id=${renewed.license_id}`, 4)).toEqual([null, null, null, 4]);
    expect(await numbers(`license_id=${fresh.license_id}`, 2)).toEqual([null, 2]);
    expect(await numbers('resource_type=product&resource_id=p', 2)).toEqual([null, 2]);
    await app.stop();
    await database.drop();
  });
});
