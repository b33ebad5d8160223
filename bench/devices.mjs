// Licenses and devices that programs ask with: issued by each contender itself, whose license keys it tells; then devices as if they had
// been activated long ago, straight into its database.
import { DEVICE_TEMPLATE, FLOATING_TEMPLATE, METERED_FEATURE, METERED_TEMPLATE } from './cluster.mjs';
import { headersOf } from './requests.mjs';

/** Used in turn, so that requests seldom wait for the lock of one license. */
const LICENSES = 200;
/** Fewer, because of 40,000 devices. */
const CROWDED_LICENSES = 8;
export const MANY_DEVICES = 5_000;
const AT_ONCE = 16;

/** Each use has licenses of its own: what one writes, another must not read. */
const USES = {
  validate: { template: DEVICE_TEMPLATE, licenses: LICENSES, devices: 1 },
  activate: { template: DEVICE_TEMPLATE, licenses: LICENSES, devices: 1 },
  heartbeat: { template: FLOATING_TEMPLATE, licenses: LICENSES, devices: 1 },
  usage: { template: METERED_TEMPLATE, licenses: LICENSES, devices: 1 },
  checkOut: { template: DEVICE_TEMPLATE, licenses: LICENSES, devices: 1 },
  staff: { template: DEVICE_TEMPLATE, licenses: LICENSES, devices: 1 },
  staffBeside: { template: DEVICE_TEMPLATE, licenses: LICENSES, devices: 0 },
  blocked: { template: DEVICE_TEMPLATE, licenses: LICENSES, devices: 1 },
  oneDevice: { template: DEVICE_TEMPLATE, licenses: CROWDED_LICENSES, devices: 1 },
  manyDevices: { template: DEVICE_TEMPLATE, licenses: CROWDED_LICENSES, devices: MANY_DEVICES },
};

/** Not the tenant whose licenses are listed. */
export function tenantOfPrograms({ cluster }) {
  return cluster.tenants[1];
}

/** Once for each contender. */
export async function prepareDevices(contender) {
  if (contender.licenses) return;
  contender.licenses = {};
  for (const [use, { template, licenses, devices }] of Object.entries(USES)) {
    contender.licenses[use] = await issueMany(contender, template, licenses);
    await insertDevices(contender, contender.licenses[use], devices);
  }
  await insertUsage(contender, contender.licenses.usage);
  if (contender.name === 'ours') await insertBlocks(contender, contender.licenses.blocked);
  if (contender.name === 'ours') await createSigningKey(contender);
  await contender.cluster.monitor.query('VACUUM (ANALYZE) licenses, license_keys, license_activations');
}

/** Before each comparison in which devices are activated, so that every one begins with as many devices. */
export async function prepareNewDevices(contender) {
  await prepareDevices(contender);
  await deleteNewDevices(contender.cluster);
}

/** Issues licenses to one customer of the tenant. */
export async function issueMany(contender, template, count) {
  const body = JSON.stringify({ license_template_id: template, customer_id: 'customer-1' });
  const licenses = [];
  while (licenses.length < count) {
    const size = Math.min(AT_ONCE, count - licenses.length);
    licenses.push(...(await Promise.all(Array.from({ length: size }, () => post(contender, '/v1/licenses', body)))));
  }
  return licenses.map(({ license_id: id, license_key: key }) => ({ id, key }));
}

async function createSigningKey(contender) {
  const { kid } = await post(contender, '/v1/signing-keys', '{}');
  await post(contender, `/v1/signing-keys/${kid}/activate`, '{}');
}

function post(contender, path, body) {
  return send(contender, 'POST', path, body);
}

/** Sends JSON as the tenant of programs and returns the answer. */
export async function send(contender, method, path, body) {
  const headers = { ...headersOf(tenantOfPrograms(contender)), ...(body && { 'content-type': 'application/json' }) };
  const answer = await fetch(contender.url + path, { method, headers, body });
  if (!answer.ok) throw new Error(`${contender.name} answered ${path} with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function insertDevices({ cluster }, licenses, devices) {
  await cluster.monitor.query(
    `WITH license AS (
       UPDATE licenses SET current_activations = $3 WHERE tenant_id = $1 AND license_id = ANY($2::uuid[])
       RETURNING license_id, license_type
     )
     INSERT INTO license_activations (tenant_id, activation_id, license_id, fingerprint, units, activation_type, status, metadata,
       first_seen_at, last_seen_at, lease_expires_at, created_at)
     SELECT $1, uuidv7(), license_id, 'device-' || n, 1, 'ONLINE', 'ACTIVE', '{}', now(), now(),
            CASE license_type WHEN 'CONCURRENT' THEN now() + interval '1 day' END, now()
     FROM license, generate_series(1, $3) n`,
    [cluster.tenants[1].id, licenses.map(({ id }) => id), devices],
  );
}

/** A device that no request names. */
async function insertBlocks({ cluster }, licenses) {
  await cluster.monitor.query(
    `WITH license AS (
       UPDATE licenses SET blocked_devices = 1 WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]) RETURNING license_id
     )
     INSERT INTO blocked_devices (tenant_id, blocked_device_id, license_id, fingerprint, reason_code, created_at)
     SELECT $1, uuidv7(), license_id, 'blocked', 'OTHER', now() FROM license`,
    [cluster.tenants[1].id, licenses.map(({ id }) => id)],
  );
}

/** The floor has no statement for the first use of a feature. */
async function insertUsage({ cluster }, licenses) {
  await cluster.monitor.query(
    `INSERT INTO license_usages (tenant_id, license_id, feature_id, period_start, used, created_at, updated_at)
     SELECT $1, license_id, $3, to_timestamp(0), 0, now(), now() FROM unnest($2::uuid[]) license_id`,
    [cluster.tenants[1].id, licenses.map(({ id }) => id), METERED_FEATURE],
  );
}

async function deleteNewDevices({ monitor, tenants }) {
  await monitor.query(
    `WITH gone AS (DELETE FROM license_activations WHERE tenant_id = $1 AND fingerprint LIKE 'new-%' RETURNING license_id)
     UPDATE licenses SET current_activations = current_activations - gone.count
     FROM (SELECT license_id, count(*) FROM gone GROUP BY license_id) AS gone
     WHERE tenant_id = $1 AND licenses.license_id = gone.license_id`,
    [tenants[1].id],
  );
  await monitor.query('VACUUM (ANALYZE) licenses, license_activations');
}
