import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { grantApplicationRights } from '../../src/database/grants.js';
import { assertSafeDatabase } from '../../src/database/preflight.js';
import { selectWith } from '../../src/database/select.js';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey } from '../../src/tenants/api-key.js';
import { TenantRegistry } from '../../src/tenants/index.js';
import { query, TestDatabase } from '../support/database.js';

describe('the application role', () => {
  let database: TestDatabase;
  const asApplication = (text: string) => query(database.applicationUrl, text);

  beforeAll(async () => {
    database = await TestDatabase.create();
    await withClient(database.ownerUrl, async (owner) => {
      const registry = new TenantRegistry(owner);
      await registry.create('acme', generateApiKey(), new Date());
      await registry.replacePlatformKey('ops', 'platform', generateApiKey(), new Date());
    });
  });

  afterAll(() => database.drop());

  it('makes no platform key, changes none, and turns no other key into one', async () => {
    const copy = `INSERT INTO api_keys (id, tenant_id, name, role, permissions, key_sha256, key_prefix, created_at)
                  SELECT gen_random_uuid(), NULL, 'mine', role, permissions, sha256('mine'), key_prefix, created_at
                  FROM api_keys WHERE tenant_id IS NULL`;
    await expect(asApplication(copy)).rejects.toThrow('violates row-level security');
    const before = await database.query('SELECT * FROM api_keys ORDER BY id');
    await asApplication(`UPDATE api_keys SET key_sha256 = sha256('mine') WHERE tenant_id IS NULL`);
    await asApplication(`UPDATE api_keys SET revoked_at = now() WHERE name = 'ops'`);
    await expect(asApplication('UPDATE api_keys SET tenant_id = NULL')).rejects.toThrow('permission denied');
    await expect(asApplication('DELETE FROM api_keys')).rejects.toThrow('permission denied');
    expect(await database.query('SELECT * FROM api_keys ORDER BY id')).toEqual(before);
    expect(await asApplication('SELECT 1 FROM api_keys')).toHaveLength(2);
  });

  it('makes no temporary table', async () => {
    await withClient(database.ownerUrl, (owner) => grantApplicationRights(owner, database.applicationRole));
    await expect(asApplication('CREATE TEMPORARY TABLE mine ()')).rejects.toThrow('permission denied');
  });

  it.each([
    ['may create databases', 'ALTER ROLE odd CREATEDB'],
    ['may replicate', 'ALTER ROLE odd REPLICATION'],
    ['is a member of pg_execute_server_program', 'GRANT pg_execute_server_program TO odd'],
    ['is a member of pg_read_all_data', 'GRANT pg_read_all_data TO odd'],
  ])('that %s is refused at the start', async (sentence, give) => {
    const role = `${database.name}_odd`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    await database.query(give.replace('odd', role));
    const start = withClient(database.urlFor(role, 'x'), (client) => assertSafeDatabase(selectWith(client)));
    await expect(start).rejects.toThrow(sentence);
    await database.query(`DROP ROLE ${role}`);
  });
});
