import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { TestDatabase } from '../support/database.js';

const SRC = resolve('src');
const FOUNDATION = ['shared', 'database'];
/** Of no tenant, or needed before the tenant is known; see docs/decisions/0004. */
const OUTSIDE_ROW_LEVEL_SECURITY = ['api_keys', 'license_keys', 'outbox', 'rate_limits', 'tenants'];
const BOOKKEEPING = 'schema_migrations';

/**
 * Memory that outlives a request in this process. Rows of the database are in a CommittedCache; everything else is here with the reason
 * why it can hold nothing that was rolled back.
 */
const PROCESS_WIDE_MEMORY: Readonly<Record<string, string>> = {
  'activations/last-seen.ts seen': 'devices that a committed read found',
  'activations/refusals.ts exhausted': 'CommittedCache',
  'activations/seat-keeper.ts changed': 'names of licenses, for as long as a request',
  'audit/event-recorder.ts waiting': 'names of tenants',
  'licensing/issue-groups.ts lanes': 'requests in progress, none of them in a unit of work',
  'licensing/issue-queue.ts flying': 'requests in progress, none of them in a unit of work',
  'licensing/issue-queue.ts holders': 'requests in progress, none of them in a unit of work',
  'licensing/issue-queue.ts waiting': 'requests in progress, none of them in a unit of work',
  'licensing/issuing-terms.ts customers': 'CommittedCache',
  'licensing/issuing-terms.ts templates': 'CommittedCache',
  'offline/revocation-list-publisher.ts publications': 'names of tenants whose change is committed',
  'shared/events/command-observer.ts counters': 'names of operations',
  'shared/events/committed-cache.ts values': 'the cache itself',
  'shared/events/tenant-connection.ts writes': 'one transaction',
  'shared/events/transaction.ts events': 'one transaction',
  'shared/read-groups.ts waiting': 'reads in progress, none of them in a unit of work',
  'shared/tenancy/permissions.ts narrowed': 'sets of permissions',
  'shared/tenancy/tenant.guard.ts access': 'names of routes',
  'shared/turns.ts last': 'requests in progress',
  'templates/time-window.ts clocks': 'names of time zones',
  'tenants/credentials.ts asking': 'reads in progress, of connections that are in no unit of work',
  'tenants/credentials.ts inUse': 'digests that callers showed',
  'tenants/credentials.ts keys': 'CommittedCache',
  'tenants/credentials.ts monitors': 'CommittedCache',
  'tenants/credentials.ts shown': 'keys that callers showed',
  'tenants/credentials.ts tenants': 'CommittedCache',
  'tenants/key-use.ts used': 'ids of keys that callers showed',
  'tenants/oidc.authenticator.ts loggedAt': 'reasons of refusals',
};

/** They know connections, requests and numbers of requests, and no row of a tenant. */
const WITHOUT_ROWS = /^(?:database|maintenance|cli|metrics|shared\/(?:http|limits|metrics))\//;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));

const imports: Import[] = files.flatMap((from) => {
  const source = readFileSync(join(SRC, from), 'utf8');
  return [...source.matchAll(/^(?:import|export) (type )?[^;]*?from '(\.[^']+)';/gms)].map(([, type, path]) => ({
    from,
    to: relative(SRC, resolve(SRC, dirname(from), path ?? ''))
      .replaceAll('\\', '/')
      .replace(/\.js$/, '.ts'),
    typeOnly: type !== undefined,
  }));
});

const moduleOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '');
const features = [...new Set(files.map(moduleOf))].filter(
  (name) => name !== '' && name !== 'cli' && !FOUNDATION.includes(name),
);

describe('the source tree', () => {
  it('is the one these rules were written for', () => {
    expect(features.sort()).toEqual([
      'activations',
      'audit',
      'client-api',
      'customers',
      'health',
      'licensing',
      'maintenance',
      'metrics',
      'offline',
      'products',
      'signing',
      'templates',
      'tenants',
    ]);
    expect(imports.length).toBeGreaterThan(200);
    expect(imports.every(({ to }) => files.includes(to))).toBe(true);
  });

  it('enters another module only through its index.ts', () => {
    const trespasses = imports.filter(
      ({ from, to }) => features.includes(moduleOf(to)) && moduleOf(from) !== moduleOf(to) && !to.endsWith('/index.ts'),
    );
    expect(trespasses).toEqual([]);
  });

  it('points its arrows from feature modules to shared code and the database, and never back', () => {
    const wrong = imports.filter(
      ({ from, to }) => FOUNDATION.includes(moduleOf(from)) && features.includes(moduleOf(to)),
    );
    expect(wrong).toEqual([]);
  });

  it('has no circle between modules', () => {
    const edges = new Map(features.map((name) => [name, new Set<string>()]));
    for (const { from, to } of imports) {
      if (moduleOf(from) !== moduleOf(to) && features.includes(moduleOf(to)))
        edges.get(moduleOf(from))?.add(moduleOf(to));
    }
    expect(edges.get('licensing')).toEqual(new Set(['customers', 'templates']));
    expect(circleIn(new Map([...edges].map(([from, to]) => [from, [...to]])))).toBeUndefined();
  });

  it('has no circle between files that are loaded by each other', () => {
    const edges = new Map<string, string[]>(files.map((name) => [name, []]));
    for (const { from, to, typeOnly } of imports) if (!typeOnly) edges.get(from)?.push(to);
    expect(circleIn(edges)).toBeUndefined();
  });

  it('reads the environment in config.ts alone', () => {
    const readers = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('process.env'));
    expect(readers).toEqual(['config.ts']);
  });

  it('begins transactions in the connection of the unit of work, and before there is a server', () => {
    const beginners = files.filter((file) => /['"`]BEGIN/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(beginners.sort()).toEqual([
      'database/grants.ts',
      'database/migration-lock.ts',
      'licensing/assert-secrets-fit.ts',
      'maintenance/backup.ts',
      'maintenance/replace-lookup-key.ts',
      'maintenance/restore.ts',
      'maintenance/tenant-transaction.ts',
      'shared/events/tenant-connection.ts',
      'tenants/tenant-registry.ts',
    ]);
  });

  it('knows the library of metrics in two places', () => {
    const users = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes("from 'prom-client'"));
    expect(users.length).toBeGreaterThan(2);
    expect(users.filter((file) => !file.startsWith('metrics/'))).toEqual(['shared/metrics/metrics.ts']);
  });

  it('lets in a license key instead of an API key at the client API alone', () => {
    const users = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('@LicenseKeyRoute('));
    expect(users).toEqual(['client-api/client.controller.ts']);
    const source = readFileSync(join(SRC, 'client-api/client.controller.ts'), 'utf8');
    const count = (pattern: RegExp) => source.match(pattern)?.length;
    // Each route looks whose the key is, and stands behind the limits.
    expect(count(/@LicenseKeyRoute\('client:/g)).toBe(8);
    expect(count(/@Post\(/g)).toBe(8);
    expect(count(/@CurrentLicensee\(\)|@OptionalLicensee\(\)/g)).toBe(8);
    expect(source).toContain('@UseGuards(ClientGuard, LicenseeGuard)');
  });

  it('remembers rows in caches of committed rows alone, and nothing else for longer than a request but what is listed', () => {
    const collection = '(?:LRUCache|CommittedCache|RateLimiter\\w*|Map|Set|WeakMap|WeakSet)\\b';
    const declared = `(\\w+)(?:: ${collection}|[^=(\\n]*= (?:new ${collection}|\\[\\];))`;
    const patterns = [
      new RegExp(`^ {2}(?:(?:private|protected|public|static|readonly) )+${declared}`, 'gm'),
      new RegExp(`^(?:export )?(?:const|let) ${declared}`, 'gm'),
    ];
    const possible = files.filter((file) => !WITHOUT_ROWS.test(file) && !file.endsWith('.spec.ts'));
    const found = possible.flatMap((file) => {
      const source = readFileSync(join(SRC, file), 'utf8');
      return patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, name]) => `${file} ${name}`));
    });
    expect(found.sort()).toEqual(Object.keys(PROCESS_WIDE_MEMORY).sort());
    const caches = possible.filter((file) => readFileSync(join(SRC, file), 'utf8').includes("from 'lru-cache'"));
    // The second holds no rows.
    expect(caches.sort()).toEqual(['shared/events/committed-cache.ts', 'templates/time-window.ts']);
  });

  it('never saves by id', () => {
    expect(files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('.save('))).toEqual([]);
  });
});

/** The circle rule itself must be able to fail. */
it('finds a circle where there is one', () => {
  expect(
    circleIn(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['a']],
      ]),
    ),
  ).toEqual(['a', 'b', 'c', 'a']);
});

function circleIn(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return undefined;
}

describe('the catalogue of the migrated database', () => {
  let database: TestDatabase;
  let tables: string[];

  beforeAll(async () => {
    database = await TestDatabase.create();
    const rows = await database.query<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
    );
    tables = rows.map(({ relname }) => relname).filter((name) => name !== BOOKKEEPING);
  });

  afterAll(() => database.drop());

  it('forces row-level security on every table but five', async () => {
    const rows = await database.query<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE relname = ANY($1) AND relrowsecurity AND relforcerowsecurity`,
      [tables],
    );
    const walled = rows.map(({ relname }) => relname);
    expect(walled.length).toBeGreaterThanOrEqual(6);
    expect(tables.filter((name) => !walled.includes(name)).sort()).toEqual(OUTSIDE_ROW_LEVEL_SECURITY);
  });

  it('has one policy a walled table, for every command, which fails closed', async () => {
    const rows = await database.query<{ tablename: string; cmd: string; qual: string; with_check: string }>(
      // The policies of API keys are no wall between tenants: they keep the application role from platform keys.
      `SELECT tablename, cmd, qual, with_check FROM pg_policies WHERE tablename <> 'api_keys'`,
    );
    const wall = `(tenant_id = current_setting('app.tenant_id'::text, true))`;
    expect(rows.map(({ tablename }) => tablename).sort()).toEqual(
      tables.filter((name) => !OUTSIDE_ROW_LEVEL_SECURITY.includes(name)).sort(),
    );
    for (const row of rows) expect(row).toMatchObject({ cmd: 'ALL', qual: wall, with_check: wall });
  });

  it('begins every key of a walled table, and every foreign key, with the tenant', async () => {
    const rows = await database.query<{ relname: string; conname: string; columns: string[] }>(
      `SELECT c.relname, k.conname,
              ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS n (attnum, place)
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = n.attnum ORDER BY place) AS columns
       FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
       WHERE k.contype IN ('p', 'u', 'f') AND c.relname = ANY($1)`,
      [tables.filter((name) => !OUTSIDE_ROW_LEVEL_SECURITY.includes(name))],
    );
    expect(rows.length).toBeGreaterThanOrEqual(10);
    expect(rows.filter(({ columns }) => columns[0] !== 'tenant_id')).toEqual([]);
  });

  it('begins every index of a walled table with the tenant', async () => {
    const rows = await database.query<{ indexname: string; indexdef: string }>(
      `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY($1)`,
      [tables.filter((name) => !OUTSIDE_ROW_LEVEL_SECURITY.includes(name))],
    );
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter(({ indexdef }) => !indexdef.includes('(tenant_id'))).toEqual([]);
  });

  it("has no trigger of ours, no identity column, no sequence but the migrations', and no enumeration type", async () => {
    expect(await database.query('SELECT tgname FROM pg_trigger WHERE NOT tgisinternal')).toEqual([]);
    expect(await database.query(`SELECT 1 FROM pg_attribute WHERE attidentity <> ''`)).toEqual([]);
    const sequences = await database.query<{ sequencename: string }>('SELECT sequencename FROM pg_sequences');
    expect(sequences.map(({ sequencename }) => sequencename)).toEqual([`${BOOKKEEPING}_id_seq`]);
    expect(await database.query(`SELECT typname FROM pg_type WHERE typtype = 'e'`)).toEqual([]);
  });

  it('keeps times in milliseconds with a time zone', async () => {
    const rows = await database.query(
      `SELECT table_name, column_name FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name = ANY($1) AND data_type LIKE '%time%'
         AND (data_type <> 'timestamp with time zone' OR datetime_precision <> 3)`,
      [tables],
    );
    expect(rows).toEqual([]);
  });

  it('serves prefix searches by an index under row-level security', async () => {
    await database.query(`INSERT INTO tenants (id, created_at) VALUES ('t', now())`);
    await database.query(`INSERT INTO billing_products
      SELECT 't', 'p' || n, md5(n::text), md5(n::text), null, true, '{}', 1, now(), now() FROM generate_series(1, 5000) n`);
    await database.query(`INSERT INTO customers
      SELECT 't', 'c' || n, md5(n::text), md5(n::text), md5(n::text), md5(n::text), true, '{}', 1, now(), now()
      FROM generate_series(1, 5000) n`);
    await database.query('ANALYZE billing_products, customers');
    const client = new pg.Client({ connectionString: database.applicationUrl });
    await client.connect();
    await client.query(`BEGIN; SET LOCAL app.tenant_id = 't'`);
    for (const [table, column] of [
      ['billing_products', 'name_lower'],
      ['billing_products', 'sku_lower'],
      ['customers', 'full_name_lower'],
      ['customers', 'email_lower'],
    ] as const) {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT * FROM ${table} item WHERE item.tenant_id = 't' AND (item.${column} COLLATE "C" >= lower('abc'::text)
         AND item.${column} COLLATE "C" < lower('abc'::text) || chr(1114111))`,
      );
      expect(rows.map((row) => row['QUERY PLAN']).join(' ')).toMatch(
        new RegExp(`Index Cond: .*${column}\\S* >= 'abc'`),
      );
    }
    await client.end();
  });
});
