// The floor's routes for programs: one statement each, but for an activation, which counts under the license's lock in one transaction
// of two round trips.
import { generateKeyPairSync, sign } from 'node:crypto';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import {
  CHECK_OUT,
  CONSUME_USAGE,
  COUNT_DEVICES,
  HEARTBEAT,
  INSERT_DEVICE,
  LOCK_LICENSE,
  TOUCH_DEVICE,
  VALIDATE,
} from './client-statements.mjs';
import { inOneWrite } from './pipeline.mjs';
import { digestOf } from './statements.mjs';

const { privateKey } = generateKeyPairSync('ed25519');

export function addClientRoutes(app, pool) {
  const pipelined = new pg.Pool({ ...pool.options, pipeline: true });
  const one = async (statement, values) => (await pool.query({ ...statement, values })).rows[0];
  const notFound = (reply) => reply.code(404).send({ code: 'NOT_FOUND' });

  app.post('/v1/client/validate', async ({ body }, reply) => {
    const row = await one(VALIDATE, [digestOf(body.license_key), body.fingerprint]);
    if (!row) return notFound(reply);
    const answer = toValidation(row);
    return body.signed ? { ...answer, proof: signed(answer) } : answer;
  });

  app.post('/v1/client/activate', async ({ body }, reply) => {
    const device = await activate(pipelined, digestOf(body.license_key), body.fingerprint);
    return device ?? reply.code(409).send({ code: 'ACTIVATION_LIMIT_REACHED' });
  });

  app.post('/v1/client/heartbeat', async ({ body }, reply) => {
    return (await one(HEARTBEAT, [digestOf(body.license_key), body.fingerprint])) ?? notFound(reply);
  });

  app.post('/v1/client/usage/consume', async ({ body }, reply) => {
    return (await one(CONSUME_USAGE, [digestOf(body.license_key), body.feature_id, body.amount])) ?? notFound(reply);
  });

  app.post('/v1/client/check-out', async ({ body }, reply) => {
    const row = await one(CHECK_OUT, [digestOf(body.license_key), body.fingerprint, uuidv7()]);
    return row ? { license_id: row.license_id, file: signed(row) } : notFound(reply);
  });

  return () => pipelined.end();
}

function toValidation(row) {
  const { features, activation_id, fingerprint, user_id, units, activation_type, device_status, ...more } = row;
  const { device_name, hostname, platform, app_version, ip_address, metadata, ...rest } = more;
  const { first_seen_at, last_seen_at, lease_expires_at, lent_until, ...license } = rest;
  const device = { activation_id, fingerprint, user_id, units, activation_type, status: device_status };
  const about = { device_name, hostname, platform, app_version, ip_address, metadata };
  const times = { first_seen_at, last_seen_at, lease_expires_at, lent_until };
  const now = new Date();
  const active = license.status === 'ACTIVE' && license.expiry_date > now;
  const valid = active && activation_id !== null;
  const code = valid ? 'VALID' : active ? 'NOT_ACTIVATED' : 'EXPIRED';
  const activation = activation_id === null ? undefined : { ...device, ...about, ...times };
  return { valid, code, license, activation, entitlements: features, server_time: now };
}

function signed(content) {
  const text = Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
}

/** Undefined when there is no seat. */
async function activate(pool, digest, fingerprint) {
  const client = await pool.connect();
  let failure;
  try {
    const [, locked, counted] = await inOneWrite(client, () => [
      client.query('BEGIN'),
      client.query({ ...LOCK_LICENSE, values: [digest] }),
      client.query({ ...COUNT_DEVICES, values: [digest, fingerprint] }),
    ]);
    const { tenant_id, license_id, max_activations } = locked.rows[0];
    const { devices, known } = counted.rows[0];
    if (!known && devices >= max_activations) return void (await client.query('ROLLBACK'));
    const inserted = [tenant_id, license_id, uuidv7(), fingerprint, devices + 1, uuidv7()];
    const [{ rows }] = await inOneWrite(client, () => [
      client.query(
        known
          ? { ...TOUCH_DEVICE, values: [tenant_id, license_id, fingerprint] }
          : { ...INSERT_DEVICE, values: inserted },
      ),
      client.query('COMMIT'),
    ]);
    return rows[0];
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    // A connection whose transaction failed is closed.
    client.release(failure);
  }
}
