import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { writeSecrets } from '../../src/maintenance/backup-secrets.js';
import { openBackup, restore } from '../../src/maintenance/index.js';
import type { Wire } from '../support/api.js';
import { cli } from '../support/cli.js';
import { query, TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Holds } from '../support/holds.js';
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
/** Starts a run for a customer of its own. */
const startRun = async (server: ServerProcess, run_id: string, more: Wire = {}): Promise<void> => {
  const input = { lead: { email: `${run_id}@example.com` }, license_template_id: 'professional-isp', ...more };
  const body = { workflow: 'lead-to-customer', run_id, input };
  expect((await server.fetch('/workflow-runs', { method: 'POST', body })).status).toBe(202);
};
const reachRun = (server: ServerProcess, runId: string, state: string): Promise<Wire> =>
  eventually(async () => {
    const run = (await (await server.fetch(`/workflow-runs/${runId}`)).json()) as Wire;
    expect(run).toMatchObject({ state });
    return run;
  });
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
  let holds: Holds;

  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'imprimatur-backup-')), 'backup');
    server = await ServerProcess.create();
    await server.start();
    key = await server.key();
    expect((await cli('tenants', ['create', 'acme'], { DATA_DIR: server.dataDir })).code).toBe(0);
    before = await Promise.all(Array.from({ length: 30 }, () => issue(server)));
    // The license of the sample data, too.
    events = await eventually(async () => {
      const read = await readAll(server, '/license-events?limit=100');
      expect(read.filter(({ event_type }) => event_type === 'license.created')).toHaveLength(31);
      return read;
    });
    // The one has issued its license and not recorded that, the other waits.
    holds = await Holds.install(await server.superuserUrl());
    await holds.holdCheckpoint('tenant-001', 'open', 'issueLicense');
    await startRun(server, 'open');
    await startRun(server, 'waiting', { approval: true });
    await reachRun(server, 'waiting', 'WAITING');
    await eventually(() => holds.expectHeld(1));
  });

  afterAll(async () => {
    await holds.end();
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
    // The open run goes on by itself, without a second license, and the waiting one until the same time.
    const { waiting_until } = await reachRun(server, 'waiting', 'WAITING');
    expect(await reachRun(other, 'waiting', 'WAITING')).toMatchObject({ waiting_until });
    await other.fetch('/workflow-runs/waiting/signals/approved', { method: 'POST', body: {} });
    for (const runId of ['open', 'waiting']) {
      const { customer_id, license_id, email_message_id } = (await reachRun(other, runId, 'COMPLETED')).result;
      expect(await readAll(other, `/licenses?customer_id=${customer_id}`)).toMatchObject([{ license_id }]);
      expect(await readAll(other, `/email-messages?license_id=${license_id}`)).toMatchObject([{ email_message_id }]);
    }
    await other.kill('SIGTERM');
    const twice = await cli('restore', [folder], environment);
    expect(twice).toMatchObject({ code: 1, output: expect.stringContaining('contains tenants') });
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
    await expect(openBackup(copy, PASSPHRASE)).rejects.toThrow('changed without its passphrase');
    await rm(join(copy, 'manifest.mac'));
    await expect(openBackup(copy, PASSPHRASE)).rejects.toThrow('has no manifest.mac');

    // Secrets and MAC of another backup that was made with the same passphrase.
    await restored();
    const { secrets } = await openBackup(folder, PASSPHRASE);
    const other = writeSecrets(secrets, PASSPHRASE);
    await writeFile(join(copy, 'secrets.json'), other);
    await expect(openBackup(copy, PASSPHRASE)).rejects.toThrow('changed without its passphrase');
    await writeFile(join(copy, 'secrets.json'), writeSecrets(secrets, undefined));
    await expect(openBackup(copy, PASSPHRASE)).rejects.toThrow('are unencrypted');
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
    const server = await ServerProcess.create({ WORKFLOWS: 'off' });
    const environment = { DATA_DIR: server.dataDir };
    await server.start();
    const license = await issue(server);
    const masterKey = join(server.dataDir, 'master.key');
    const old = (await readFile(masterKey, 'utf8')).trim();
    await writeFile(masterKey, `${'ab'.repeat(32)}\n${old}\n`);
    await server.kill('SIGTERM');
    await server.start();
    const rekeyed = await cli('rekey', [], environment);
    expect(rekeyed).toMatchObject({ code: 0, output: expect.stringMatching(/^Sealed [1-9]\d* values again/) });
    await writeFile(masterKey, `${'ab'.repeat(32)}\n`);
    const refused = await cli('replace-lookup-key', [], environment);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('is in use by imprimatur server') });
    const erased = await cli('erase', ['--tenant', 'tenant-001', '--customer', 'customer-001'], environment);
    expect(erased).toMatchObject({ code: 0, output: expect.stringContaining('2 licenses') });
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
