import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { TestDatabase } from '../support/database.js';

/** Of no tenant, or needed before the tenant is known; see docs/decisions/0004. */
const OUTSIDE_ROW_LEVEL_SECURITY = [
  'api_keys',
  'license_keys',
  'outbox',
  'rate_limits',
  'sessions',
  'sign_in_links',
  'tenants',
];
const BOOKKEEPING = 'schema_migrations';
/** Tables with the second policy, which keeps a partner to its rows. */
const OF_PARTNERS = [
  'customers',
  'license_event_logs',
  'license_pools',
  'licenses',
  'partner_invitations',
  'partners',
  'pool_entries',
];

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

  it('forces row-level security on every table but seven', async () => {
    const rows = await database.query<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE relname = ANY($1) AND relrowsecurity AND relforcerowsecurity`,
      [tables],
    );
    const walled = rows.map(({ relname }) => relname);
    expect(walled.length).toBeGreaterThanOrEqual(6);
    expect(tables.filter((name) => !walled.includes(name)).sort()).toEqual(OUTSIDE_ROW_LEVEL_SECURITY);
  });

  it('has one policy of the tenant a walled table, for every command, which fails closed', async () => {
    const rows = await database.query<{
      tablename: string;
      permissive: string;
      cmd: string;
      qual: string;
      with_check: string;
    }>(
      // The policies of API keys are no wall between tenants: they keep the application role from platform keys.
      `SELECT tablename, permissive, cmd, qual, with_check FROM pg_policies WHERE tablename <> 'api_keys'`,
    );
    const wall = `(tenant_id = current_setting('app.tenant_id'::text, true))`;
    const ofTenant = rows.filter(({ permissive }) => permissive === 'PERMISSIVE');
    expect(ofTenant.map(({ tablename }) => tablename).sort()).toEqual(
      tables.filter((name) => !OUTSIDE_ROW_LEVEL_SECURITY.includes(name)).sort(),
    );
    for (const row of ofTenant) expect(row).toMatchObject({ cmd: 'ALL', qual: wall, with_check: wall });
    // The second policy takes rows away from a partner, and adds none.
    const ofPartner = rows.filter(({ permissive }) => permissive === 'RESTRICTIVE');
    expect(ofPartner.map(({ tablename }) => tablename).sort()).toEqual(OF_PARTNERS);
    for (const { cmd, qual, with_check } of ofPartner) {
      expect({ cmd, qual }).toEqual({ cmd: 'ALL', qual: with_check });
      expect(qual).toContain("current_setting('app.partner_id'::text, true)");
    }
  });

  it('has the second policy on every table that knows the partner of its rows, but for those without row-level security', async () => {
    const rows = await database.query<{ table_name: string }>(
      `SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'partner_id'
         AND table_name <> ALL($1) ORDER BY table_name`,
      // No route about e-mail is open to partners.
      [[...OUTSIDE_ROW_LEVEL_SECURITY, 'email_messages']],
    );
    expect(rows.map(({ table_name }) => table_name)).toEqual(OF_PARTNERS);
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
    expect(
      await database.query(`SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
       WHERE NOT tgisinternal AND relnamespace <> 'workflows'::regnamespace`),
    ).toEqual([]);
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
