// Makes a database as production would have it after years: licenses, their keys and their events, in order of time, of 1,000
// tenants of very unequal size. Loaded without indexes, foreign keys and WAL, which are all back before anything is measured.
import { connect, openCluster, startCluster, TEMPLATE } from '../cluster.mjs';
import { dropIndexes } from './indexes.mjs';
import { rebuildReports } from '../../dist/maintenance/rebuild-reports.js';

const TABLES = ['licenses', 'license_keys', 'license_event_logs'];
/** Rows keep the order of time also where two sessions read the plan at once. */
const LOADING = `
  SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'; SET max_parallel_maintenance_workers = 0;
  SET synchronize_seqscans = off`;
const WITHOUT_WAL = { wal_level: 'minimal', max_wal_senders: '0' };
/** Of a license; what is not among them has a default. */
export const COLUMNS = `tenant_id, license_id, license_key_sealed, license_key_last_four, customer_id, template_id, template_version,
  product_id, product_name, license_type, license_model, status, issued_to, issued_date, expiry_date, maintenance_expiry,
  default_duration, grace_period_days, auto_renewal_enabled, max_activations, current_activations, features, restrictions,
  pricing, metadata, version, created_at, updated_at, next_due_at`;

/** `seed` has one license that was really issued: the server opens the first it finds before it starts. */
export async function fillCluster(seed, size) {
  const empty = await startCluster(seed);
  const cluster = await restartWith(empty, (name, value) => `SET ${name} = ${value}`);
  const { monitor } = cluster;
  const second = await connect(cluster.superuserUrl);
  for (const client of [monitor, second]) await client.query(LOADING);
  await monitor.query(CATALOGUE);
  const { restoreIndexes, restoreForeignKeys } = await dropIndexes(monitor, TABLES);
  await monitor.query(planOf(size));
  for (const table of TABLES) await monitor.query(`CREATE UNLOGGED TABLE first_${table} AS TABLE ${table}`);
  const load = async (client, table, statement) => {
    // A table that is truncated in the transaction that fills it needs no WAL.
    await client.query(`BEGIN; TRUNCATE ${table} CASCADE; ${statement}; COMMIT`);
    await restoreIndexes(client, table);
  };
  // Half of the work on each of two cores.
  await Promise.all([
    load(monitor, 'licenses', LICENSES),
    load(second, 'license_event_logs', EVENTS).then(() => load(second, 'license_keys', KEYS)),
  ]);
  await second.end();
  await monitor.query(COUNTERS);
  await monitor.query(`DROP TABLE plan, ${TABLES.map((table) => `first_${table}`).join(', ')}`);
  await restoreForeignKeys();
  // Reports count the events as a server would that follows the log.
  await monitor.query('ANALYZE');
  await rebuildReports(monitor, () => undefined);
  await monitor.query(USE);
  await monitor.query('VACUUM (ANALYZE)');
  return restartWith(cluster, (name) => `RESET ${name}`);
}

async function restartWith(cluster, change) {
  for (const [name, value] of Object.entries(WITHOUT_WAL)) {
    await cluster.monitor.query(`ALTER SYSTEM ${change(name, value)}`);
  }
  await cluster.stop();
  return openCluster(cluster.dataDir, cluster.tenants);
}

/** Five products and ten templates for each tenant. */
const CATALOGUE = `
  INSERT INTO billing_products (tenant_id, product_id, name, active, metadata, version, created_at, updated_at)
  SELECT id, 'p-' || n, 'Product ' || n, true, '{}', 1, now(), now() FROM tenants, generate_series(0, 4) n;
  INSERT INTO license_templates (tenant_id, template_id, template_name, product_id, license_type, license_model, default_duration,
    max_activations, features, restrictions, pricing, auto_renewal_enabled, trial_allowed, trial_duration_days,
    grace_period_days, active, metadata, version, created_at, updated_at)
  SELECT tenant_id, 't-' || n, 'Template ' || n, 'p-' || n % 5, license_type, license_model, default_duration,
    max_activations, features, restrictions, pricing, auto_renewal_enabled, trial_allowed, trial_duration_days,
    grace_period_days, active, metadata, version, created_at, updated_at FROM license_templates, generate_series(0, 9) n
  WHERE template_id = '${TEMPLATE}'`;

/** Distribution of licenses over tenants and two years: the greatest tenant 18 % of it. Some ten licenses a customer. What time did is told. */
function planOf(size) {
  return `
    CREATE UNLOGGED TABLE plan AS
    SELECT tenant_id, seq + coalesce(last_seq, 0) AS seq, seq % 10 AS template, created_at,
           'c-' || seq * 7919 % greatest(1, total / 10) AS customer_id,
           uuidv7(created_at - now()) AS license_id, uuidv7(created_at - now()) AS event_id
    FROM (SELECT n, tenant_id, row_number() OVER (PARTITION BY tenant_id ORDER BY n) AS seq,
                 count(*) OVER (PARTITION BY tenant_id) AS total,
                 now() - (1 - n::float / ${size}) * interval '730 days' AS created_at
          FROM (SELECT n, 'tenant-' || lpad(floor(1000 * random() ^ 4)::text, 4, '0') AS tenant_id
                FROM generate_series(1, ${size}) n) AS drawn) AS counted
    LEFT JOIN license_event_counters USING (tenant_id) ORDER BY n`;
}

const LICENSES = `
  INSERT INTO licenses (${COLUMNS}) SELECT ${COLUMNS} FROM first_licenses;
  INSERT INTO licenses (${COLUMNS})
  SELECT p.tenant_id, license_id, '\\x01'::bytea || substr(sha256(uuid_send(license_id)) || sha256(uuid_send(event_id)), 1, 56),
         upper(right(license_id::text, 4)), p.customer_id, t.template_id, t.version, product_id,
         'License for ' || template_name, license_type, license_model, 'ACTIVE', left(md5(p.customer_id), 12),
         p.created_at, p.created_at + interval '365 days', p.created_at + interval '365 days', default_duration,
         grace_period_days, auto_renewal_enabled, max_activations, 0, features, restrictions, pricing, '{}', 1,
         p.created_at, p.created_at,
         CASE WHEN p.created_at + interval '365 days' > now() THEN p.created_at + interval '365 days' END
  FROM plan p JOIN license_templates t ON t.tenant_id = p.tenant_id AND t.template_id = 't-' || p.template`;

const KEYS = `
  INSERT INTO license_keys (digest, tenant_id, license_id) SELECT digest, tenant_id, license_id FROM first_license_keys;
  INSERT INTO license_keys (digest, tenant_id, license_id)
  SELECT substr(sha256(uuid_send(license_id)), 1, 16), tenant_id, license_id FROM plan`;

const EVENT_COLUMNS = `tenant_id, seq, id, event_type, license_id, resource_type, resource_id, event_data, personal, actor,
  metadata, created_at`;
const EVENTS = `
  INSERT INTO license_event_logs (${EVENT_COLUMNS}) SELECT ${EVENT_COLUMNS} FROM first_license_event_logs;
  INSERT INTO license_event_logs (${EVENT_COLUMNS})
  SELECT tenant_id, seq, event_id, 'license.created', license_id, 'license', license_id::text,
         jsonb_build_object('product_id', 'p-' || template % 5, 'license_type', 'SUBSCRIPTION'),
         jsonb_build_object('issued_to', left(md5(customer_id), 12)),
         '{"id": "0199b1c2-0000-7000-8000-000000000000", "via": "rest", "type": "api_key"}', '{}', created_at FROM plan`;

const COUNTERS = `
  INSERT INTO license_event_counters (tenant_id, last_seq) SELECT tenant_id, max(seq) FROM plan GROUP BY tenant_id
  ON CONFLICT (tenant_id) DO UPDATE SET last_seq = EXCLUDED.last_seq`;

/**
 * Counts of reports beside those of licenses that were issued: every license has changed and has a peak on one of 60 days; of 100 licenses each one is
 * full, over-used, revoked with devices, and expired but still validated; the ten greatest tenants have denials of a year. Totals stay as the
 * events have them.
 */
const DRAWN = `mod(abs(hashtext(license_id::text)), 100)`;
const DENIED = `FROM tenants, unnest('{"",p-0,p-1,p-2,p-3,p-4}'::text[]) product, generate_series(0, 364) days_ago,
    unnest('{DEVICE_LIMIT_REACHED,LICENSE_EXPIRED,LICENSE_REVOKED,LICENSE_SUSPENDED,DEVICE_BLOCKED,NOT_STARTED}'::text[]) code
  WHERE id < 'tenant-0010'`;
const USE = `
  INSERT INTO report_licenses (tenant_id, license_id, product_id, template_id, template_version, license_type, license_model, status,
    in_grace, trial, expiry_date, grace_period_days, auto_renewal_enabled, max_activations, seats_in_use, seat_limit, fill)
  SELECT tenant_id, license_id, product_id, template_id, template_version, license_type, license_model,
    CASE ${DRAWN} WHEN 2 THEN 'REVOKED' WHEN 3 THEN 'EXPIRED' ELSE 'ACTIVE' END, false, false,
    CASE ${DRAWN} WHEN 3 THEN now() - interval '9 days' ELSE expiry_date END, 0, auto_renewal_enabled, 7,
    in_use, 7, in_use * 100 / 7
  FROM (SELECT *, CASE ${DRAWN} WHEN 0 THEN 7 WHEN 1 THEN 9 WHEN 2 THEN 2 WHEN 3 THEN 0 ELSE 1 END AS in_use FROM licenses) AS license
  ON CONFLICT DO NOTHING;
  INSERT INTO report_seat_peaks (tenant_id, license_id, day, product_id, peak, seat_limit)
  SELECT tenant_id, license_id, current_date - mod(abs(hashtext(license_id::text)), 60), product_id,
         1 + mod(abs(hashtext(license_id::text)), 7), 7 FROM report_licenses;
  INSERT INTO report_expired_use (tenant_id, license_id, validations, first_seen_at, last_seen_at)
  SELECT tenant_id, license_id, 5, now() - interval '8 days', now() FROM report_licenses WHERE status = 'EXPIRED';
  INSERT INTO report_denials (tenant_id, product_id, day, code, denials)
  SELECT id, product, current_date - days_ago, code, 5 ${DENIED};
  INSERT INTO report_validations (tenant_id, product_id, day, code, validations)
  SELECT id, product, current_date - days_ago, code, 5 ${DENIED}`;
