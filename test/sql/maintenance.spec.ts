import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { EventLog } from '../../src/audit/event-log.js';
import { withClient } from '../../src/database/with-client.js';
import { BACKUP_TABLES, NOT_BACKED_UP } from '../../src/maintenance/backup-format.js';
import { writeSecrets } from '../../src/maintenance/backup-secrets.js';
import { IssueLicenseCommand } from '../../src/licensing/index.js';
import { backUp, eraseCustomer, openBackup, restore } from '../../src/maintenance/index.js';
import { Clock } from '../../src/shared/clock.js';
import { UnitOfWork } from '../../src/shared/events/unit-of-work.js';
import { Actor } from '../../src/shared/tenancy/actor.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { cli } from '../support/cli.js';
import { query, TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

const ORDER = { license_template_id: 'professional-isp', customer_id: 'customer-001' };
const PASSPHRASE = 'correct horse battery staple';

async function readAll(server: ServerProcess, path: string): Promise<Wire[]> {
  const rows: Wire[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = (await (await server.fetch(`${path}${cursor && `&cursor=${cursor}`}`)).json()) as Wire;
    rows.push(...(page.data as Wire[]));
    cursor = page.next_cursor as string | null;
  }
  return rows;
}

const issue = async (server: ServerProcess): Promise<Wire> =>
  (await server.fetch('/licenses', { method: 'POST', body: ORDER })).json();
const reveal = async (server: ServerProcess, id: string, key?: string): Promise<string> => {
  const init = { method: 'POST', body: {}, ...(key === undefined ? {} : { key }) };
  return ((await (await server.fetch(`/licenses/${id}/reveal-key`, init)).json()) as Wire).license_key as string;
};

describe('backup and restore, the full drill', () => {
  let folder: string;
  let server: ServerProcess;
  let before: Wire[];
  let events: Wire[];
  let key: string;

  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'imprimatur-backup-')), 'backup');
    server = await ServerProcess.create();
    await server.start();
    key = await server.key();
    expect((await cli('tenants', ['create', 'acme'], { DATA_DIR: server.dataDir })).code).toBe(0);
    before = await Promise.all(Array.from({ length: 30 }, () => issue(server)));
    events = await eventually(async () => {
      const read = await readAll(server, '/license-events?limit=100');
      expect(read.filter(({ event_type }) => event_type === 'license.created')).toHaveLength(30);
      return read;
    });
  });

  afterAll(async () => {
    await server.cleanUp();
    await rm(join(folder, '..'), { recursive: true, force: true });
  });

  it('backs up one moment while licenses are issued', async () => {
    let go = true;
    const issuing = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (go) await issue(server);
      }),
    );
    const environment = { DATA_DIR: server.dataDir, BACKUP_PASSPHRASE: PASSPHRASE };
    const { code, output } = await cli('backup', [folder], environment);
    go = false;
    await issuing;
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('Backed up') });
    for (const file of await readdir(folder)) expect((await stat(join(folder, file))).mode & 0o077).toBe(0);
    const { rows } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')).tables.licenses;
    expect(rows).toBeGreaterThanOrEqual(30);
    const everything = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'latin1')));
    for (const file of ['master.key', 'lookup.key']) {
      const secret = (await readFile(join(server.dataDir, file), 'utf8')).trim();
      expect(everything.join('')).not.toContain(secret);
    }
    const again = await cli('backup', [folder], environment);
    expect(again).toMatchObject({ code: 1, output: expect.stringContaining('is there already') });
  });

  it('restores it into an empty folder, where everything is as it was and goes on', async () => {
    const other = await ServerProcess.create();
    const wrong = await cli('restore', [folder], { DATA_DIR: other.dataDir, BACKUP_PASSPHRASE: 'a wrong passphrase' });
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('BACKUP_PASSPHRASE is not') });
    const environment = { DATA_DIR: other.dataDir, BACKUP_PASSPHRASE: PASSPHRASE };
    expect(await cli('restore', [folder], environment)).toMatchObject({
      code: 0,
      output: expect.stringContaining('Restored'),
    });
    await writeFile(join(other.dataDir, 'admin.key'), key, { mode: 0o600 });
    await other.start();
    const licenses = await readAll(other, '/licenses?limit=100');
    const there = new Map(licenses.map((license) => [license.license_id as string, license]));
    for (const { license_id, license_key, issued_date } of before) {
      expect(there.get(license_id as string)?.issued_date).toBe(issued_date);
      expect(await reveal(other, license_id as string)).toBe(license_key);
    }
    // One moment: every license that is in it has its event, and there is no gap.
    await eventually(async () => {
      const restored = await readAll(other, '/license-events?limit=100');
      expect(restored.map(({ seq }) => seq as number)).toEqual(restored.map((_, at) => at + 1));
      expect(restored.slice(0, events.length)).toEqual(events);
      const created = restored.filter(({ event_type }) => event_type === 'license.created');
      expect(created.map(({ license_id }) => license_id as string).sort()).toEqual([...there.keys()].sort());
    });
    expect((await issue(other)).license_key).toMatch(/^[0-9A-F-]{24}$/);
    const acme = (await readFile(join(server.dataDir, 'acme.admin.key'), 'utf8')).trim();
    expect((await other.fetch('/products', { key: acme })).status).toBe(200);
    await other.kill('SIGTERM');
    const twice = await cli('restore', [folder], environment);
    expect(twice).toMatchObject({ code: 1, output: expect.stringContaining('holds tenants') });
    await other.cleanUp();
  });

  it('restores it into a PostgreSQL of one’s own, behind walls as before', async () => {
    const database = await TestDatabase.create({ empty: true });
    const other = await ServerProcess.create({ DATABASE_URL: database.applicationUrl });
    const restored = await cli('restore', [folder], {
      DATA_DIR: other.dataDir,
      BACKUP_PASSPHRASE: PASSPHRASE,
      DATABASE_URL: database.applicationUrl,
      DATABASE_OWNER_URL: database.ownerUrl,
    });
    expect(restored).toMatchObject({ code: 0 });
    await other.start();
    const [license] = before;
    expect(await reveal(other, license.license_id as string, key)).toBe(license.license_key);
    expect(await query(database.ownerUrl, 'SELECT 1 FROM licenses')).toEqual([]);
    const loose = await database.query(`SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity`);
    expect(loose).toEqual([{ relname: 'api_keys' }]);
    await other.kill('SIGTERM');
    await other.cleanUp();
    await database.drop();
  });

  it('refuses a backup that was changed, and loads nothing of it', async () => {
    const database = await TestDatabase.create();
    const file = join(folder, 'license_event_logs.copy.gz');
    const content = await readFile(file);
    const changed = Buffer.from(content);
    changed.writeUInt8(changed.readUInt8(changed.length - 20) ^ 1, changed.length - 20);
    await writeFile(file, changed);
    const backup = await openBackup(folder, PASSPHRASE);
    const loading = withClient(database.ownerUrl, (owner) => restore(owner, backup, () => undefined));
    await expect(loading).rejects.toThrow(/license_event_logs/);
    await writeFile(file, content);
    expect(await database.query('SELECT 1 FROM tenants')).toEqual([]);
    await expect(openBackup(join(folder, '..'), PASSPHRASE)).rejects.toThrow('is not a backup');
    await database.drop();
  });

  it('refuses, with a passphrase, a backup whose manifest somebody changed who does not know it', async () => {
    const copy = join(folder, '..', 'changed');
    const manifestFile = join(copy, 'manifest.json');
    const restored = () => rm(copy, { recursive: true, force: true }).then(() => cp(folder, copy, { recursive: true }));
    await restored();
    expect((await openBackup(copy, PASSPHRASE)).manifest.format).toBe(1);

    // A table is changed, and the manifest so that it fits.
    const table = join(copy, 'api_keys.copy.gz');
    const planted = gzipSync(
      gunzipSync(await readFile(table))
        .toString()
        .replace('admin', 'attacker'),
    );
    await writeFile(table, planted);
    const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
    manifest.tables.api_keys.sha256 = createHash('sha256').update(planted).digest('hex');
    await writeFile(manifestFile, JSON.stringify(manifest));
    await expect(openBackup(copy, PASSPHRASE)).rejects.toThrow('changed by somebody without its passphrase');
    await rm(join(copy, 'manifest.mac'));
    await expect(openBackup(copy, PASSPHRASE)).rejects.toThrow('has no manifest.mac');

    // Secrets and MAC of another backup that was made with the same passphrase.
    await restored();
    const { secrets } = await openBackup(folder, PASSPHRASE);
    const other = writeSecrets(secrets, PASSPHRASE);
    await writeFile(join(copy, 'secrets.json'), other);
    await expect(openBackup(copy, PASSPHRASE)).rejects.toThrow('changed by somebody without its passphrase');
    await writeFile(join(copy, 'secrets.json'), writeSecrets(secrets, undefined));
    await expect(openBackup(copy, PASSPHRASE)).rejects.toThrow('are in the clear');
    await expect(openBackup(folder, undefined)).rejects.toThrow('Set BACKUP_PASSPHRASE');
    await rm(copy, { recursive: true });
  });

  it('deletes no folder that it did not make', async () => {
    const target = join(folder, '..', 'second');
    await mkdir(`${target}.partial`);
    await writeFile(join(`${target}.partial`, 'letters.txt'), 'mine');
    const refused = await cli('backup', [target], { DATA_DIR: server.dataDir });
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('another backup writes it now') });
    expect(await readFile(join(`${target}.partial`, 'letters.txt'), 'utf8')).toBe('mine');
  });

  it('backs up every table but those that are named', async () => {
    const database = await TestDatabase.create();
    const rows = await database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    );
    expect([...BACKUP_TABLES, ...NOT_BACKED_UP].sort()).toEqual(rows.map(({ name }) => name).sort());
    await database.drop();
  });
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

describe('the command lines of maintenance', () => {
  it.each([
    ['backup', [], 'Usage: npm run backup'],
    ['restore', [], 'Usage: npm run restore'],
    ['restore', ['/nowhere'], '/nowhere is not a backup'],
    ['erase', ['--tenant', 't'], 'Usage: npm run erase'],
  ])('%s %j says what it wants', async (name, args, sentence) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-cli-'));
    const { code, output } = await cli(name, args, { DATA_DIR: dataDir });
    expect(output).toContain(sentence);
    expect(code).toBe(1);
    await rm(dataDir, { recursive: true, force: true });
  });

  it('rekey, replace-lookup-key and erase work on an embedded database', async () => {
    const server = await ServerProcess.create();
    const environment = { DATA_DIR: server.dataDir };
    await server.start();
    const license = await issue(server);
    const masterKey = join(server.dataDir, 'master.key');
    const old = (await readFile(masterKey, 'utf8')).trim();
    await writeFile(masterKey, `${'ab'.repeat(32)}\n${old}\n`);
    await server.kill('SIGTERM');
    await server.start();
    const rekeyed = await cli('rekey', [], environment);
    expect(rekeyed).toMatchObject({ code: 0, output: expect.stringContaining('Sealed 2 values anew') });
    await writeFile(masterKey, `${'ab'.repeat(32)}\n`);
    const refused = await cli('replace-lookup-key', [], environment);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('is in use by imprimatur server') });
    const erased = await cli('erase', ['--tenant', 'tenant-001', '--customer', 'customer-001'], environment);
    expect(erased).toMatchObject({ code: 0, output: expect.stringContaining('1 licenses') });
    await server.kill('SIGTERM');
    const lookup = await readFile(join(server.dataDir, 'lookup.key'), 'utf8');
    expect((await cli('replace-lookup-key', [], environment)).code).toBe(0);
    expect(await readFile(join(server.dataDir, 'lookup.key'), 'utf8')).not.toBe(lookup);
    await server.start();
    expect(await reveal(server, license.license_id as string)).toBe(license.license_key);
    await server.kill('SIGTERM');
    await server.cleanUp();
  }, 240_000);
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
    const move = () => app.nest.get(EventLog).move([api.tenantId]);
    let moved: Promise<boolean> | undefined;
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
