import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashApiKey, isApiKey } from '../../src/tenants/api-key.js';
import { cli } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { PostgresProxy } from '../support/proxy.js';
import { ServerProcess } from '../support/server.js';
import { TestDatabase } from '../support/database.js';

describe('npm run build', () => {
  it('says which provider a module lacks', async () => {
    const program = `
      const { CustomersModule } = await import('./dist/customers/customers.module.js');
      const providers = Reflect.getMetadata('providers', CustomersModule);
      Reflect.defineMetadata('providers', providers.filter(({ name }) => name !== 'CustomerRepository'), CustomersModule);
      await (await import('./scripts/openapi-document.mjs')).openApiDocument();`;
    const built = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    const stderr: unknown = expect.stringMatching(/CustomerRepository at index .* is available in the CustomersModule/);
    await expect(built).rejects.toMatchObject({ code: 1, stderr });
  });
});

describe('npm run demo', () => {
  it('shows a license and its event, leaves nothing behind and exits 0', async () => {
    const demos = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('imprimatur-demo-'));
    const before = await demos();
    const { code, output } = await cli('demo', []);
    expect(output).toMatch(/"license_key": "[0-9A-F]{4}(-[0-9A-F]{4}){4}"/);
    expect(output).toContain('"event_type": "license.created"');
    expect(code).toBe(0);
    expect((await demos()).filter((name) => !before.includes(name))).toEqual([]);
  });
});

describe('npm run tenants and npm run import', () => {
  let server: ServerProcess;
  const tenants = (...args: string[]) => cli('tenants', args, { DATA_DIR: server.dataDir });
  const statusWith = async (key: string) => (await server.fetch('/licenses', { key })).status;

  beforeAll(async () => {
    server = await ServerProcess.create({ WORKFLOWS: 'off' });
    await server.start();
  });

  afterAll(() => server.cleanUp());

  it('makes a tenant while the server runs, whose key works and which sees nothing of the first', async () => {
    const { code, output } = await tenants('create', 'acme');
    expect({ code, output }).toMatchObject({ code: 0 });
    const key = (await readFile(join(server.dataDir, 'acme.admin.key'), 'utf8')).trim();
    expect(output).not.toContain(key);
    expect(await statusWith(key)).toBe(200);
    expect(((await (await server.fetch('/products', { key })).json()) as { data: unknown[] }).data).toEqual([]);
    expect((await tenants('list')).output).toMatch(/acme\tACTIVE\t1 active key[^]*tenant-001\tACTIVE/);
  });

  it('replaces a lost key, and the old one stops working', async () => {
    const old = await server.key();
    expect((await tenants('key', 'tenant-001')).code).toBe(0);
    expect(await server.key()).not.toBe(old);
    await eventually(async () => {
      expect(await statusWith(old)).toBe(401);
    }, 5_000);
    expect(await statusWith(await server.key())).toBe(200);
  });

  it.each([
    [['create', 'tenant-001'], 'already a tenant'],
    [['create', 'no/slash'], 'is not a tenant id'],
    [['key', 'nobody'], 'There is no tenant nobody'],
    [['remove', 'tenant-001'], 'Unknown command'],
    [['create', 'other', '--role', 'monitor'], 'Unknown command'],
    [['platform-key', 'other', '--role', 'admin'], '"admin" is not a role'],
  ])('refuses %j with a sentence and exit code 1', async (args, sentence) => {
    const { code, output } = await tenants(...args);
    expect(output).toContain(sentence);
    expect(output).not.toMatch(/\n +at /);
    expect(code).toBe(1);
  });

  it('makes a platform key, replaces it and revokes it', async () => {
    const file = join(server.dataDir, 'platform-ops.key');
    const made = await tenants('platform-key', 'ops');
    const key = (await readFile(file, 'utf8')).trim();
    expect(made.code).toBe(0);
    expect(made.output).not.toContain(key);
    const list = async (secret: string) => (await server.fetch('/tenants', { key: secret })).status;
    expect(await list(key)).toBe(200);
    expect(await list(await server.key())).toBe(403);
    expect((await tenants('platform-key', 'ops')).code).toBe(0);
    const next = (await readFile(file, 'utf8')).trim();
    expect(await list(next)).toBe(200);
    expect((await tenants('revoke-platform-key', 'ops')).code).toBe(0);
    await eventually(async () => {
      expect([await list(key), await list(next)]).toEqual([401, 401]);
    }, 5_000);
    expect((await tenants('revoke-platform-key', 'ops')).output).toContain('There is no platform key ops');
  });

  it('makes a key for a monitor, which may read metrics and nothing else', async () => {
    const made = await tenants('platform-key', 'prometheus', '--role', 'monitor');
    expect(made).toMatchObject({ code: 0, output: expect.stringContaining('It may only read /metrics.') });
    const key = (await readFile(join(server.dataDir, 'platform-prometheus.key'), 'utf8')).trim();
    expect((await server.fetch('/tenants', { key })).status).toBe(403);
    const scraped = await fetch(new URL('/metrics', server.url), { headers: { Authorization: `Bearer ${key}` } });
    expect(await scraped.text()).toContain('http_request_duration_seconds_count{method="GET",route="/v1/tenants"');
  });

  it('imports a file, and from then on does only what is missing: from the file, and from that of refused lines', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'imprimatur-import-'));
    const file = join(folder, 'licenses.ndjson');
    const refused = `${file}.refused.csv`;
    const key = await server.key();
    const run = (from: string) =>
      cli('import', [from], { DATA_DIR: server.dataDir, IMPORT_API_KEY: key, IMPORT_SERVER_URL: server.url });
    const create = async (path: string, body: unknown) =>
      expect((await server.fetch(path, { method: 'POST', body })).status).toBe(201);
    const template = (template_id: string) =>
      create('/license-templates', {
        ...{ template_id, template_name: template_id, product_id: 'moved', default_duration: 30 },
        ...{ license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT' },
      });
    await create('/products', { product_id: 'moved', name: 'Moved' });
    await template('ready');
    const plain = { license_template_id: 'ready', customer: { email: 'plain@example.com' } };
    const later = { license_template_id: 'later', customer: { last_name: "'=Roe", email: 'roe@example.com' } };
    const known = { license_key: '=cmd()-0123456789', external_id: '00123' };
    const lines = [
      ...[plain, plain],
      { ...later, ...known, expiry_date: null, max_activations: null, metadata: { a: { b: '1' } } },
      { ...later, issued_to: '@home', metadata: { number: 7, null: null, text: '7' } },
    ];
    await writeFile(file, [...lines.map((line) => JSON.stringify(line)), '{"broken'].join('\n'));
    await writeFile(refused, 'of a former run', { mode: 0o644 });
    const first = await run(file);
    expect(first).toMatchObject({ code: 2, output: expect.stringMatching(/IMPORTED: 2\nREFUSED: 3\n/) });
    expect((await stat(refused)).mode & 0o777).toBe(0o600);
    const rows = (await readFile(refused, 'utf8')).trimEnd().split('\n');
    expect(rows[0]).toBe(
      'import_line,import_code,import_detail,import_form,import_text,license_template_id,customer,license_key,external_id,expiry_date,max_activations,metadata,issued_to',
    );
    expect(rows[1]).toMatch(/^3,TEMPLATE_NOT_FOUND,There is no license template later\.,ndjson,,later,/);
    expect(rows[1]).toContain(",'=cmd()-0123456789,00123,null,null,");
    expect(rows[2]).toMatch(/^4,TEMPLATE_NOT_FOUND,.*,,,,,"\{""number"".*\}",'@home$/);
    expect(rows[3]).toBe('5,MALFORMED_REQUEST,The line is not JSON.,ndjson,"{""broken",,,,,,,,');

    expect(await run(`${file}.none`)).toMatchObject({
      code: 1,
      output: expect.stringContaining('.none" cannot be read.'),
    });

    // The reason is mended, and the file of refused lines imported as it is. Then both files have nothing new.
    await template('later');
    expect((await run(refused)).output).toMatch(/IMPORTED: 2\nREFUSED: 1\n/);
    expect((await run(file)).output).toMatch(/^KNOWN: 4\nREFUSED: 1\n/);
    const found = async (by: object) => {
      const response = await server.fetch('/licenses:find', { method: 'POST', body: by });
      return ((await response.json()) as { data: Record<string, unknown>[] }).data;
    };
    expect(await found({ license_key: known.license_key })).toMatchObject([
      {
        external_id: '00123',
        expiry_date: null,
        max_activations: null,
        issued_to: "'=Roe",
        metadata: { a: { b: '1' } },
      },
    ]);
    const ofRoe = await found({ email: 'roe@example.com' });
    expect(ofRoe.find(({ external_id }) => external_id === null)).toMatchObject({
      ...{ issued_to: '@home', expiry_date: expect.any(String) },
      metadata: { number: 7, null: null, text: '7' },
    });
    expect(ofRoe).toHaveLength(2);
    expect(await found({ email: 'plain@example.com' })).toHaveLength(2);

    // Of CSV each cell is what it was, and a row that cannot be read stands in one cell.
    const csv = join(folder, 'licenses.csv');
    const header = 'license_template_id,license_key,customer.email,metadata.note';
    const csvLines = [
      'none,+49-0123456789-0123,csv@example.com,-1',
      "none,'=x",
      "ready,csv-0123456789abc,csv@example.com,'=y",
    ];
    await writeFile(csv, [header, ...csvLines].join('\n'));
    expect((await run(csv)).output).toMatch(/IMPORTED: 1\nREFUSED: 2\n/);
    const again = join(folder, 'again.csv');
    await writeFile(again, (await readFile(`${csv}.refused.csv`, 'utf8')).replace(',none,', ',ready,'));
    expect((await run(again)).output).toMatch(/IMPORTED: 1\nREFUSED: 1\n/);
    expect(await readFile(`${again}.refused.csv`, 'utf8')).toContain(`,csv,"none,'=x",,,,\n`);
    const notes = (await found({ email: 'csv@example.com' })).map(({ metadata }) => metadata);
    expect(notes).toEqual([{ note: '-1' }, { note: "'=y" }]);
    await rm(folder, { recursive: true });
  }, 30_000);

  it('prints a key that nobody has yet', async () => {
    expect(isApiKey((await tenants('generate-key')).output.trim())).toBe(true);
  });
});

describe('npm run tenants on a database whose connection is lost', () => {
  let database: TestDatabase;
  let proxy: PostgresProxy;
  let dataDir: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = await PostgresProxy.start(database.ownerUrl);
    dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-tenants-'));
  });

  afterAll(async () => {
    await proxy.stop();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const create = (tenantId: string) =>
    cli('tenants', ['create', tenantId], {
      DATA_DIR: dataDir,
      DATABASE_URL: database.applicationUrl,
      DATABASE_OWNER_URL: proxy.url,
    });
  const keysOf = (tenantId: string) => database.query('SELECT 1 FROM api_keys WHERE tenant_id = $1', [tenantId]);

  it('keeps the key when the commit has no answer, and says where', async () => {
    proxy.cutWhenSent('COMMIT');
    const { code, output } = await create('acme');
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining('may be valid') });
    const [file = ''] = await readdir(dataDir);
    expect(output).toContain(join(dataDir, file));
    const key = (await readFile(join(dataDir, file), 'utf8')).trim();
    await eventually(async () => {
      expect(await database.query('SELECT 1 FROM api_keys WHERE key_sha256 = $1', [hashApiKey(key)])).toHaveLength(1);
    });
  });

  it('leaves no file of a key that was never committed', async () => {
    const before = await readdir(dataDir);
    proxy.cutWhenSent('INSERT INTO api_keys');
    expect((await create('other')).code).toBe(1);
    expect(await readdir(dataDir)).toEqual(before);
    expect(await keysOf('other')).toEqual([]);
  });
});

describe('npm run migrate', () => {
  it('asks for the two roles', async () => {
    const { code, output } = await cli('migrate', []);
    expect(output).toContain('Set DATABASE_OWNER_URL');
    expect(code).toBe(1);
  });

  it('prepares a server of one’s own, which then starts, and refuses to start as the owner', async () => {
    const database = await TestDatabase.create({ empty: true });
    const server = await ServerProcess.create({ DATABASE_URL: database.applicationUrl });
    const environment = { DATA_DIR: server.dataDir, DATABASE_URL: database.applicationUrl };
    expect(await server.startRefused()).toBe(1);
    expect(server.output).toContain('Run "npm run migrate"');
    const migrated = await cli('migrate', [], {
      ...environment,
      DATABASE_OWNER_URL: database.ownerUrl,
      SAMPLE_DATA: 'true',
    });
    expect(migrated).toMatchObject({ code: 0, output: expect.stringContaining(join(server.dataDir, 'admin.key')) });
    const again = await cli('migrate', [], { ...environment, DATABASE_OWNER_URL: database.ownerUrl });
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('up to date') });
    await server.start();
    expect((await server.fetch('/license-templates/professional-isp')).status).toBe(200);
    expect(await server.kill('SIGTERM')).toBe(0);
    const asOwner = new ServerProcess(server.dataDir, { DATABASE_URL: database.ownerUrl });
    expect(await asOwner.startRefused()).toBe(1);
    expect(asOwner.output).toContain('owner role');
    await server.cleanUp();
    await database.drop();
  });
});
