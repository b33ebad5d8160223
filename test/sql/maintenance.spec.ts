import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { withClient } from '../../src/database/with-client.js';
import { BACKUP_TABLES, NOT_BACKED_UP } from '../../src/maintenance/backup-format.js';
import { IssueLicenseCommand } from '../../src/licensing/index.js';
import { backUp, eraseCustomer, openBackup, restore } from '../../src/maintenance/index.js';
import { RecordEventsCommand } from '../../src/shared/messaging/record-events.command.js';
import { Clock } from '../../src/shared/time/clock.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Actor } from '../../src/shared/access/actor.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

it('a backup has every table but those that are named', async () => {
  const database = await TestDatabase.create();
  const rows = await database.query<{ name: string }>(
    `SELECT CASE nspname WHEN 'public' THEN relname ELSE nspname || '.' || relname END AS name
     FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('public', 'workflows') AND relkind = 'r'`,
  );
  expect([...BACKUP_TABLES, ...NOT_BACKED_UP].sort()).toEqual(rows.map(({ name }) => name).sort());
  await database.drop();
});

it('a backup that is made while licenses are issued holds one moment', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'imprimatur-backup-')), 'backup');
  const app = await TestApp.start();
  const api = await app.tenant();
  const template = await api.template();
  const before: Wire[] = await Promise.all(Array.from({ length: 30 }, () => api.issue(template)));
  let goesOn = true;
  const issuing = Array.from({ length: 4 }, async () => {
    while (goesOn) await api.issue(template);
  });
  await withClient(app.database.ownerUrl, (owner) => backUp(owner, app.secrets, folder, { progress: () => undefined }));
  goesOn = false;
  await Promise.all(issuing);

  const database = await TestDatabase.create();
  const backup = await openBackup(folder, undefined);
  await withClient(database.ownerUrl, (owner) => restore(owner, backup, () => undefined));
  const restored = await TestApp.start({ database, secrets: app.secrets });
  // Each license has its event, and the log has no gap.
  await eventually(async () => {
    expect(await database.query('SELECT 1 FROM outbox')).toEqual([]);
  });
  const ids = async (text: string) => (await database.query<{ id: string }>(text)).map(({ id }) => id);
  const licenses = await ids('SELECT license_id AS id FROM licenses ORDER BY 1');
  const created = `SELECT license_id AS id FROM license_event_logs WHERE event_type = 'license.created' ORDER BY 1`;
  expect(licenses).toEqual(await ids(created));
  expect(licenses).toEqual(expect.arrayContaining(before.map(({ license_id }) => license_id as string)));
  const sequence = await database.query<{ seq: string }>('SELECT seq FROM license_event_logs ORDER BY seq');
  expect(sequence.map(({ seq }) => Number(seq))).toEqual(sequence.map((_, at) => at + 1));
  const there = restored.bearer(api.tenantId, api.key ?? '');
  for (const { license_id, license_key } of before.slice(0, 3))
    expect((await there.post(`/v1/licenses/${license_id}/reveal-key`)).body).toMatchObject({ license_key });
  await restored.stop();
  await app.stop();
  await database.drop();
  await rm(join(folder, '..'), { recursive: true });
});

it('restore changes the rows of an earlier release as the migrations would have done', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'imprimatur-backup-')), 'backup');
  const app = await TestApp.start();
  const api = await app.tenant();
  const { license_id: id } = await api.issue(await api.template({ license_type: 'CONCURRENT' }));
  expect((await api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'd' })).status).toBe(200);
  expect((await api.post(`/v1/licenses/${id}/renew`, { days: 1 })).status).toBe(200);
  const count = async (database: TestDatabase) =>
    database.query('SELECT resource_id, last_seq FROM event_resource_counters ORDER BY resource_id');
  await eventually(async () => {
    expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
  });
  const counters = await count(app.database);
  expect(counters).toContainEqual({ resource_id: id, last_seq: 3 });
  await app.database.query(`UPDATE license_activations SET activation_type = 'OFFLINE', lease_expires_at = NULL`);
  await withClient(app.database.ownerUrl, (owner) => backUp(owner, app.secrets, folder, { progress: () => undefined }));
  await app.stop();

  const manifestFile = join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
  manifest.migrations = manifest.migrations.filter((name: string) => !/^(LogOrder|SteadyLeases)/.test(name));
  delete manifest.tables.event_resource_counters;
  await writeFile(manifestFile, JSON.stringify(manifest));
  const database = await TestDatabase.create();
  const backup = await openBackup(folder, undefined);
  await withClient(database.ownerUrl, (owner) => restore(owner, backup, () => undefined));
  expect(await count(database)).toEqual(counters);
  const leased = await database.query('SELECT 1 FROM license_activations WHERE lease_expires_at IS NOT NULL');
  expect(leased).toHaveLength(1);
  await database.drop();
  await rm(join(folder, '..'), { recursive: true });
});

describe('npm run erase', () => {
  let app: TestApp;
  let api: Api;
  const NAMES = ['Zsuzsa', 'Lovelace', 'zsuzsa@example.com', 'Analytical Engines', 'Zsuzsa the First', 'her note'];

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  const erase = (customerId: string) =>
    withClient(app.database.ownerUrl, (owner) =>
      eraseCustomer(owner, app.secrets, api.tenantId, customerId, app.nest.get(Clock).now()),
    );

  it('leaves nothing that tells who a customer was, anywhere, and records it', async () => {
    const template = await api.template();
    const customer = {
      customer_id: 'c-1815',
      first_name: 'Zsuzsa',
      last_name: 'Lovelace',
      email: 'zsuzsa@example.com',
      company_name: 'Analytical Engines',
      metadata: { note: 'her note' },
    };
    await api.post('/v1/customers', customer, { 'Idempotency-Key': 'make' });
    await api.patch('/v1/customers/c-1815', { company_name: 'Zsuzsa the First' });
    const order = { license_template_id: template, customer_id: 'c-1815', metadata: { note: 'her note' } };
    const first = (await api.post('/v1/licenses', order, { 'Idempotency-Key': 'issue' })).body;
    await api.issue(template, { customer_id: 'c-1815', issued_to: 'Zsuzsa the First' });
    const device = { fingerprint: 'd', user_id: 'zsuzsa@example.com', name: 'Lovelace', hostname: 'zsuzsa' };
    const path = `/v1/licenses/${first.license_id}/activations`;
    await api.post(path, { ...device, metadata: { note: 'her note' } }, { 'Idempotency-Key': 'seat' });
    const other = await api.issue(template, { customer_id: 'grace', issued_to: 'Grace Hopper' });
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    const { licenses, events, results } = await erase('c-1815');
    expect({ licenses, events, results }).toEqual({ licenses: 2, events: 5, results: 3 });

    const rows = await app.database.query<{ row: string }>(
      `SELECT customers::text AS row FROM customers UNION ALL SELECT licenses::text FROM licenses
       UNION ALL SELECT license_activations::text FROM license_activations
       UNION ALL SELECT license_event_logs::text FROM license_event_logs UNION ALL SELECT outbox::text FROM outbox
       UNION ALL SELECT idempotency_keys::text FROM idempotency_keys`,
    );
    const dump = rows.map(({ row }) => row).join('\n');
    for (const name of NAMES) expect(dump.toLowerCase()).not.toContain(name.toLowerCase());
    expect(dump).toContain('Grace Hopper');

    const replayed = await api.post('/v1/licenses', order, { 'Idempotency-Key': 'issue' });
    expect(replayed.body).toEqual({ ...first, issued_to: 'Customer c-1815' });
    const seat = await api.post(path, { ...device, metadata: { note: 'her note' } }, { 'Idempotency-Key': 'seat' });
    expect(seat.body).toMatchObject({
      fingerprint: expect.stringMatching(/^erased-/),
      name: null,
      hostname: null,
      user_id: null,
    });
    expect((await api.get(`/v1/licenses/${first.license_id}`)).body).toMatchObject({
      issued_to: 'Customer c-1815',
      version: 2,
    });
    expect((await api.get(`/v1/licenses/${other.license_id}`)).body.issued_to).toBe('Grace Hopper');
    expect((await api.issue(template, { customer_id: 'c-1815' })).issued_to).toBe('Customer c-1815');
    await eventually(async () => {
      const { data } = (await api.get('/v1/license-events?event_type=customer.erased')).body;
      expect(data).toMatchObject([{ resource_id: 'c-1815', actor: { type: 'operator' }, event_data: { licenses: 2 } }]);
    });
  });

  it('reaches a license that was being issued when it began', async () => {
    const template = await api.template();
    await api.create('/v1/customers', { customer_id: 'late', first_name: 'Late', last_name: 'Comer' });
    let proceed: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (proceed = resolve));
    let read: () => void = () => undefined;
    const named = new Promise<void>((resolve) => (read = resolve));
    const issuing = app.nest.get(UnitOfWork).run(api.tenantId, async () => {
      const order = { license_template_id: template, customer_id: 'late' };
      const license = await app.nest
        .get(CommandBus)
        .execute(new IssueLicenseCommand(Actor.service('test', api.tenantId), order));
      read();
      await held;
      return license;
    });
    await named;
    const erasing = erase('late');
    // The customer is gone and the erasure waits for whoever read the name before.
    await eventually(async () => {
      expect((await api.get('/v1/customers/late')).body.first_name).toBeNull();
    });
    proceed();
    expect((await issuing).issued_to).toBe('Late Comer');
    expect((await erasing).licenses).toBe(1);
    const left = await app.database.query(
      `SELECT 1 FROM outbox WHERE personal::text LIKE '%Late%' UNION ALL
       SELECT 1 FROM license_event_logs WHERE personal::text LIKE '%Late%' UNION ALL
       SELECT 1 FROM licenses WHERE issued_to LIKE '%Late%'`,
    );
    expect(left).toEqual([]);
    expect((await api.issue(template, { customer_id: 'late' })).issued_to).toBe('Customer late');
  });

  it('reaches an event that enters the log meanwhile', async () => {
    const { license_id } = await api.issue(await api.template(), { customer_id: 'moving', issued_to: 'Moving Target' });
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    // Of a time to come, so that nothing moves it but this test.
    const [event] = await app.database.query<{ id: string }>(
      `INSERT INTO outbox (tenant_id, id, event_type, license_id, resource_type, resource_id, event_data, personal, actor, metadata,
                           created_at, stored_at)
       SELECT tenant_id, gen_random_uuid(), 'license.edited', license_id, 'license', license_id, '{}',
              jsonb_build_object('issued_to', issued_to), '{}', '{}', now(), now() + interval '1 day'
       FROM licenses WHERE license_id = $1 RETURNING id`,
      [license_id],
    );
    const move = () => app.nest.get(CommandBus).execute(new RecordEventsCommand(api.tenantId, []));
    let moved: Promise<void> | undefined;
    await withClient(app.database.ownerUrl, async (owner) => {
      const run = owner.query.bind(owner) as (text: string, values: unknown[]) => Promise<unknown>;
      const query = async (text: string, values: unknown[]) => {
        const result = await run(text, values);
        if (!moved && text.includes('SET personal = NULL')) await movedOrWaiting((moved = move()));
        return result;
      };
      const client = Object.assign(Object.create(owner) as typeof owner, { query });
      await eraseCustomer(client, app.secrets, api.tenantId, 'moving', app.nest.get(Clock).now());
    });
    await moved;
    const log = 'SELECT personal FROM license_event_logs WHERE id = $1';
    expect(await app.database.query(log, [event?.id])).toEqual([{ personal: null }]);
  });

  async function movedOrWaiting(moved: Promise<unknown>): Promise<void> {
    let settled = false;
    void moved.finally(() => (settled = true));
    await eventually(async () => {
      const waiting = await app.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(settled || waiting.length > 0).toBe(true);
    });
  }

  it('follows a customer to the licenses that were given to another, and leaves that one alone', async () => {
    const { license_id } = await api.issue(await api.template(), { customer_id: 'giver', issued_to: 'Iphigenia' });
    const act = (action: string, body: Wire) => api.post(`/v1/licenses/${license_id}/${action}`, body);
    await act('renew', { months: 1, reason: { code: 'OTHER', text: 'Iphigenia called' } });
    await act('transfer', { customer_id: 'taker', issued_to: 'Orestes' });
    await eventually(async () => {
      expect((await api.get(`/v1/license-events?license_id=${license_id}`)).body.data).toHaveLength(3);
    });
    await act('suspend', { reason: { code: 'OTHER', text: 'Orestes called' } });
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    expect(await erase('giver')).toMatchObject({ licenses: 0, events: 3 });
    const { data } = (await api.get(`/v1/license-events?license_id=${license_id}`)).body;
    expect(JSON.stringify(data)).not.toContain('Iphigenia');
    expect(data[3].event_data).toMatchObject({ reason: { code: 'OTHER', text: 'Orestes called' } });
    expect((await api.get(`/v1/licenses/${license_id}`)).body.issued_to).toBe('Orestes');
  });

  it('refuses a customer of whom nothing is known, and another tenant’s', async () => {
    await expect(erase('nobody')).rejects.toThrow('has no customer nobody');
    const other = await app.tenant();
    await other.create('/v1/customers', { customer_id: 'theirs', first_name: 'Theirs' });
    await expect(erase('theirs')).rejects.toThrow('has no customer theirs');
    expect((await other.get('/v1/customers/theirs')).body.first_name).toBe('Theirs');
  });
});
