// Statements of the floor for what programs ask, keyed by the digest of the license key.
import { ACTOR, OUTBOX } from './statements.mjs';

const LICENSE = `license.license_id, license.product_id, license.product_name, license.license_type, license.license_model, license.status,
  license.trial, license.issued_to, license.issued_date, license.expiry_date, license.maintenance_expiry, license.max_activations,
  license.current_activations, license.features`;
const DEVICE = `device.activation_id, device.fingerprint, device.user_id, device.units, device.activation_type, device.status AS device_status,
  device.device_name, device.hostname, device.platform, device.app_version, device.ip_address, device.metadata, device.first_seen_at,
  device.last_seen_at, device.lease_expires_at, device.lent_until`;
const FOUND = `license_keys JOIN licenses license USING (tenant_id, license_id)`;
const SAME_DEVICE = `device.tenant_id = license.tenant_id AND device.license_id = license.license_id AND device.fingerprint = $2
  AND device.status = 'ACTIVE'`;

export const VALIDATE = {
  name: 'validate',
  text: `SELECT ${LICENSE}, ${DEVICE} FROM ${FOUND} LEFT JOIN license_activations device ON ${SAME_DEVICE} WHERE digest = $1`,
};

export const LOCK_LICENSE = {
  name: 'lock-license',
  text: `SELECT license.tenant_id, ${LICENSE} FROM ${FOUND} WHERE digest = $1 FOR NO KEY UPDATE OF license`,
};
/** Not in one statement with the lock, because it must see what the holder before has committed. */
export const COUNT_DEVICES = {
  name: 'count-devices',
  text: `SELECT count(*)::int AS devices, bool_or(fingerprint = $2) AS known
         FROM license_keys JOIN license_activations USING (tenant_id, license_id) WHERE digest = $1 AND status = 'ACTIVE'`,
};
export const INSERT_DEVICE = {
  name: 'insert-device',
  text: `WITH device AS (
           INSERT INTO license_activations (tenant_id, activation_id, license_id, fingerprint, units, activation_type, status, metadata,
             first_seen_at, last_seen_at, created_at)
           VALUES ($1, $3, $2, $4, 1, 'ONLINE', 'ACTIVE', '{}', now(), now(), now()) RETURNING *
         ), counted AS (
           UPDATE licenses SET current_activations = $5 WHERE tenant_id = $1 AND license_id = $2
         ), recorded AS (
           INSERT INTO outbox (${OUTBOX})
           SELECT tenant_id, $6::uuid, 'license.activated', license_id, 'activation', activation_id::text,
                  jsonb_build_object('fingerprint', fingerprint, 'seats_in_use', $5::int), '{}', ${ACTOR}, '{}', now() FROM device
         ) SELECT * FROM device`,
};
export const TOUCH_DEVICE = {
  name: 'touch-device',
  text: `UPDATE license_activations SET last_seen_at = now()
         WHERE tenant_id = $1 AND license_id = $2 AND fingerprint = $3 AND status = 'ACTIVE' RETURNING *`,
};

export const HEARTBEAT = {
  name: 'heartbeat',
  text: `UPDATE license_activations device SET last_seen_at = now(), lease_expires_at = now()
           + make_interval(secs => license.heartbeat_interval_seconds + license.heartbeat_grace_seconds)
         FROM ${FOUND}
         WHERE digest = $1 AND ${SAME_DEVICE} AND license.status = 'ACTIVE' AND device.lease_expires_at > now() RETURNING device.*`,
};

export const CONSUME_USAGE = {
  name: 'consume-usage',
  text: `UPDATE license_usages usage SET used = used + $3, updated_at = now()
         FROM ${FOUND}, jsonb_to_recordset(license.features) AS feature (feature_id text, limit_value bigint)
         WHERE digest = $1 AND license.status = 'ACTIVE' AND feature.feature_id = $2 AND usage.tenant_id = license.tenant_id
           AND usage.license_id = license.license_id AND usage.feature_id = $2 AND usage.period_start = to_timestamp(0)
           AND used + $3 <= limit_value
         RETURNING usage.license_id, usage.feature_id, used::float8 AS used, limit_value::float8 AS limit_value`,
};

export const CHECK_OUT = {
  name: 'check-out',
  text: `WITH license AS (
           UPDATE licenses license SET files_until = greatest(files_until, now() + interval '30 days'), updated_at = now()
           FROM license_keys WHERE digest = $1 AND license.tenant_id = license_keys.tenant_id
             AND license.license_id = license_keys.license_id AND status = 'ACTIVE'
           RETURNING license.*
         ), device AS (
           UPDATE license_activations device SET activation_type = 'OFFLINE', last_seen_at = now(),
             lent_until = greatest(lent_until, license.files_until) FROM license WHERE ${SAME_DEVICE} RETURNING device.*
         ), recorded AS (
           INSERT INTO outbox (${OUTBOX})
           SELECT tenant_id, $3::uuid, 'license.checked_out', license_id, 'license', license_id::text,
                  jsonb_build_object('activation_id', activation_id, 'fingerprint', fingerprint, 'expires_at', lent_until), '{}',
                  ${ACTOR}, '{}', now() FROM device
         ) SELECT ${LICENSE}, ${DEVICE} FROM license JOIN device USING (tenant_id, license_id)`,
};
