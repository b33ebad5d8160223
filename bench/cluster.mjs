// Embedded PostgreSQLs, equal to the last byte when they start: one is made with the product's schema and 1,000 tenants, and
// every contender gets a copy. Settings as they come (fsync and synchronous_commit on), but for two libraries that are loaded
// and do nothing until they are asked: pg_stat_statements counts, auto_explain shows plans.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { loadConfig } from '../dist/config.js';
import { EmbeddedPostgres } from '../dist/embedded-postgres/embedded-postgres.js';
import { migrate } from '../dist/database/migrate.js';
import { generateApiKey, TenantRegistry } from '../dist/tenants/index.js';
import { defer } from './cleanup.mjs';

const run = promisify(execFile);
export const TEMPLATE = 'bench';
export const TRIAL_TEMPLATE = 'bench-trial';
/** Without restrictions, which a program on loopback violates, and with seats for every device that is activated. */
export const DEVICE_TEMPLATE = 'bench-devices';
export const FLOATING_TEMPLATE = 'bench-floating';
export const METERED_TEMPLATE = 'bench-metered';
export const METERED_FEATURE = 'api_calls';
export const CUSTOMER = 'customer-1';

const SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements, auto_explain',
  'pg_stat_statements.track': 'none',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
};

/** A cluster that is stopped, to be copied. */
export async function makeSeed(tenantCount) {
  const dataDir = await temporaryFolder();
  const embedded = await start(dataDir);
  await migrate(embedded.ownerUrl(), embedded.applicationUrl(), loadConfig({}));
  const client = await connect(embedded.superuserUrl('imprimatur'));
  const tenants = await fill(client, tenantCount);
  await client.query('CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_walinspect');
  for (const [name, value] of Object.entries(SETTINGS)) {
    await client.query(`ALTER SYSTEM SET ${name} = ${value}`);
  }
  await client.query('VACUUM ANALYZE');
  await client.end();
  await embedded.stop();
  for (const name of ['master.key', 'lookup.key']) {
    await writeFile(join(dataDir, name), randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  return { dataDir, tenants };
}

/** A running copy. `monitor` is a superuser's connection, which bypasses row-level security. */
export async function startCluster(seed) {
  const dataDir = await temporaryFolder();
  await run('cp', ['-a', `${seed.dataDir}/.`, dataDir]);
  return openCluster(dataDir, seed.tenants);
}

export async function openCluster(dataDir, tenants) {
  const embedded = await start(dataDir);
  // The embedded PostgreSQL takes the settings of its roles back when it starts.
  await migrate(embedded.ownerUrl(), embedded.applicationUrl(), loadConfig({}));
  const superuserUrl = embedded.superuserUrl('imprimatur');
  const monitor = await connect(superuserUrl);
  return {
    dataDir,
    tenants,
    monitor,
    superuserUrl,
    applicationUrl: embedded.applicationUrl(),
    postmasterPid: embedded.postmasterPid,
    async stop() {
      await monitor.end();
      await embedded.stop();
    },
  };
}

/** When its PostgreSQL is stopped under it, whoever asks next hears of it. */
export async function connect(connectionString) {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** PostgreSQL runs as another user where we are root, who must be able to enter. */
async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'imprimatur-bench-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o711);
  return folder;
}

/** Also stopped when the start is interrupted half-way. */
async function start(dataDir) {
  const starting = EmbeddedPostgres.start(dataDir, 'npm run bench');
  defer(async () => (await starting.catch(() => undefined))?.stop());
  return starting;
}

/** Tenants that each have a key, a product, a template and a customer. */
async function fill(client, count) {
  await client.query('SET synchronous_commit = off');
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
     SELECT tenants.id, template.id, template.id, 'p', null, 'SUBSCRIPTION', 'PER_SEAT', 365, 5,
            '[{"enabled": true, "expires_at": null, "feature_id": "radius_aaa", "limit_type": null, "limit_value": null, "feature_name": "RADIUS AAA"}]',
            '[{"values": ["US", "CA"], "operator": "ALLOW", "restriction_type": "GEOGRAPHIC"}]',
            '{"annual": 2990, "monthly": 299}', false, template.trial_allowed, 30, 30, true, '{}', 1, now(), now()
     FROM tenants, (VALUES ('${TEMPLATE}', false), ('${TRIAL_TEMPLATE}', true)) AS template (id, trial_allowed)`,
  );
  await client.query(TEMPLATES_OF_PROGRAMS);
  await client.query(
    `INSERT INTO customers SELECT id, '${CUSTOMER}', 'John', 'Doe', null, null, true, '{}', 1, now(), now() FROM tenants`,
  );
  return tenants;
}

/** Leases of a day outlast every run. */
const TEMPLATES_OF_PROGRAMS = `
  INSERT INTO license_templates (tenant_id, template_id, template_name, product_id, license_type, license_model, default_duration,
    max_activations, features, restrictions, pricing, auto_renewal_enabled, trial_allowed, trial_duration_days, grace_period_days,
    heartbeat_interval_seconds, active, metadata, version, created_at, updated_at)
  SELECT tenant_id, template.id, template.id, product_id, template.license_type, license_model, default_duration,
    1000000, CASE template.id WHEN '${METERED_TEMPLATE}' THEN metered.features ELSE bench.features END, '[]', pricing,
    auto_renewal_enabled, false, trial_duration_days, grace_period_days, 86400, true, '{}', 1, now(), now()
  FROM license_templates bench, (VALUES ('${DEVICE_TEMPLATE}', 'SUBSCRIPTION'), ('${FLOATING_TEMPLATE}', 'CONCURRENT'),
    ('${METERED_TEMPLATE}', 'SUBSCRIPTION')) AS template (id, license_type),
    LATERAL (SELECT jsonb_set(jsonb_set(features, '{0,limit_value}', '1000000000000'), '{0,feature_id}', '"${METERED_FEATURE}"')
             AS features) AS metered
  WHERE bench.tenant_id = 'tenant-0001' AND bench.template_id = '${TEMPLATE}'`;
