// A PostgreSQL of its own for each contender: the embedded one, with its settings as they come (fsync and synchronous_commit
// on), the product's schema, and tenants that each have one product and one template.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres } from '../dist/database/embedded/embedded-postgres.js';
import { migrate } from '../dist/database/migrate.js';
import { generateApiKey, TenantRegistry } from '../dist/tenants/index.js';

export const TEMPLATE = 'bench';
export const CUSTOMER = 'customer-1';

export async function startCluster(tenantCount) {
  const dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-bench-'));
  const embedded = await EmbeddedPostgres.start(dataDir, 'npm run bench');
  await migrate(embedded.ownerUrl(), embedded.applicationUrl());
  const tenants = await fill(embedded.superuserUrl('imprimatur'), tenantCount);
  for (const name of ['master.key', 'lookup.key']) {
    await writeFile(join(dataDir, name), randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  return {
    dataDir,
    tenants,
    applicationUrl: embedded.applicationUrl(),
    superuserUrl: embedded.superuserUrl('imprimatur'),
    postmasterPid: embedded.postmasterPid,
    /** Lets the server become the keeper: it starts its own session on the running cluster. */
    embedded,
    async stop() {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function fill(url, count) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const registry = new TenantRegistry(client);
  const tenants = [];
  const now = new Date();
  for (let at = 0; at < count; at++) {
    const tenant = { id: `tenant-${String(at).padStart(4, '0')}`, key: generateApiKey() };
    await registry.create(tenant.id, tenant.key, now);
    tenants.push(tenant);
  }
  await client.query(
    `INSERT INTO billing_products SELECT id, 'p', 'Product', null, null, true, '{}', 1, now(), now() FROM tenants`,
  );
  await client.query(
    `INSERT INTO license_templates
     SELECT id, '${TEMPLATE}', 'Template', 'p', null, 'SUBSCRIPTION', 'PER_SEAT', 365, 5,
            '[{"enabled": true, "expires_at": null, "feature_id": "radius_aaa", "limit_type": null, "limit_value": null, "feature_name": "RADIUS AAA"}]',
            '[{"values": ["US", "CA"], "operator": "ALLOW", "restriction_type": "GEOGRAPHIC"}]',
            '{"annual": 2990, "monthly": 299}', false, false, 30, 30, true, '{}', 1, now(), now()
     FROM tenants`,
  );
  await client.query(
    `INSERT INTO customers SELECT id, '${CUSTOMER}', 'John', 'Doe', null, null, true, '{}', 1, now(), now() FROM tenants`,
  );
  await client.query('VACUUM ANALYZE');
  await client.end();
  return tenants;
}
