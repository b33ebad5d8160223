import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { newId } from '../shared/random.js';
import { pick } from '../shared/events/change.js';
import { idempotencySealContext } from '../shared/events/idempotency.js';
import type { JsonObject } from '../shared/events/integration-event.js';
import { isJsonObject } from '../shared/http/json.js';
import type { Secrets } from '../shared/secrets/secrets.js';
import { MaintenanceError } from './maintenance.error.js';
import { inTenant } from './tenant-transaction.js';

const PERSONAL_FIELDS = [
  'first_name',
  'last_name',
  'email',
  'company_name',
  'name',
  'hostname',
  'ip_address',
  'user_id',
];
/** Longer than any transaction of a server may take. */
const WAIT_MS = 60_000;
const BATCH = 500;

/** How many rows were emptied. */
export interface Erased {
  readonly licenses: number;
  readonly events: number;
  readonly results: number;
}

/**
 * Empties what tells who a customer is, wherever it stands: the customer, the names and metadata on its licenses and their
 * devices, events in the log and on their way there, and remembered results. Ids, dates and keys stay. As the owner role, while servers run.
 *
 * The customer goes first. Then it waits for every transaction that may still have read the name before it empties what
 * was issued in it; so nothing that is written meanwhile escapes. Throws MaintenanceError when there is no such customer.
 */
export async function eraseCustomer(
  owner: pg.ClientBase,
  secrets: Secrets,
  tenantId: string,
  customerId: string,
  now: Date,
): Promise<Erased> {
  const { known, transaction } = await inTenant(owner, tenantId, () => eraseRow(owner, tenantId, customerId, now));
  await othersEnded(owner, transaction);
  return inTenant(owner, tenantId, async () => {
    const licenses = await eraseLicenses(owner, tenantId, customerId, now);
    await eraseDevices(owner, tenantId, customerId);
    const events = await eraseEvents(owner, tenantId, customerId);
    if (!known && licenses === 0 && events === 0) {
      throw new MaintenanceError(`The tenant ${tenantId} has no customer ${customerId} and no license of one.`);
    }
    const results = await eraseResults(owner, secrets, tenantId, customerId);
    await recordErasure(owner, tenantId, customerId, { licenses, events, results }, now);
    return { licenses, events, results };
  });
}

async function eraseRow(owner: pg.ClientBase, tenantId: string, customerId: string, now: Date) {
  const { rowCount } = await owner.query(
    `UPDATE customers SET first_name = NULL, last_name = NULL, email = NULL, company_name = NULL, metadata = '{}',
            version = version + 1, updated_at = $3
     WHERE tenant_id = $1 AND customer_id = $2`,
    [tenantId, customerId, now],
  );
  const { rows } = await owner.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
  return { known: rowCount === 1, transaction: rows[0]?.id ?? '0' };
}

/** Waits until every transaction that began before this one has ended. */
async function othersEnded(owner: pg.ClientBase, transaction: string): Promise<void> {
  for (const deadline = Date.now() + WAIT_MS; ; await pause(50)) {
    const { rows } = await owner.query<{ ended: boolean }>(
      'SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 AS ended',
      [transaction],
    );
    if (rows[0]?.ended) return;
    if (Date.now() > deadline) {
      throw new MaintenanceError('A transaction of another session does not end. End it, then run the same again.');
    }
  }
}

async function eraseLicenses(owner: pg.ClientBase, tenantId: string, customerId: string, now: Date): Promise<number> {
  const { rowCount } = await owner.query(
    `UPDATE licenses SET issued_to = 'Customer ' || customer_id, metadata = '{}', version = version + 1, updated_at = $3
     WHERE tenant_id = $1 AND customer_id = $2`,
    [tenantId, customerId, now],
  );
  return rowCount ?? 0;
}

/** Licenses that the customer had and gave away: their events, up to the one that says so, are the customer's too. */
const GIVEN_AWAY = `
  WITH gone AS MATERIALIZED (
    SELECT license_id, max(created_at) AS until
    FROM (SELECT tenant_id, license_id, event_type, event_data, created_at FROM license_event_logs
          UNION ALL SELECT tenant_id, license_id, event_type, event_data, created_at FROM outbox) AS events
    WHERE tenant_id = $1 AND event_type = 'license.transferred' AND event_data -> 'before' ->> 'customer_id' = $2
    GROUP BY license_id)`;

/** Devices keep their seats. Who named users are is forgotten, how many they are is not. */
async function eraseDevices(owner: pg.ClientBase, tenantId: string, customerId: string): Promise<void> {
  await owner.query(
    `UPDATE license_activations device
     SET device_name = NULL, hostname = NULL, ip_address = NULL, metadata = '{}', user_id = erased.user_id
     FROM (SELECT activation_id, CASE WHEN user_id IS NOT NULL
             THEN 'erased-' || dense_rank() OVER (PARTITION BY license_id ORDER BY user_id) END AS user_id
           FROM license_activations WHERE tenant_id = $1 AND license_id IN (
             SELECT license_id FROM licenses WHERE tenant_id = $1 AND customer_id = $2)) AS erased
     WHERE device.tenant_id = $1 AND device.activation_id = erased.activation_id`,
    [tenantId, customerId],
  );
}

/** Events go from the outbox into the log, also now: first those that have not gone, or that first have to wait, and then the log. */
async function eraseEvents(owner: pg.ClientBase, tenantId: string, customerId: string): Promise<number> {
  let erased = 0;
  for (const table of ['outbox', 'license_event_logs']) {
    const { rowCount } = await owner.query(
      `${GIVEN_AWAY} UPDATE ${table} AS event SET personal = NULL
       WHERE tenant_id = $1 AND personal IS NOT NULL
         AND (resource_type = 'customer' AND resource_id = $2
              OR license_id IN (SELECT license_id FROM licenses WHERE tenant_id = $1 AND customer_id = $2)
              OR EXISTS (SELECT FROM gone WHERE gone.license_id = event.license_id AND event.created_at <= gone.until))`,
      [tenantId, customerId],
    );
    erased += rowCount ?? 0;
  }
  return erased;
}

/** Remembered results stay, so that a retry still does nothing twice; the names in them go. */
async function eraseResults(owner: pg.ClientBase, secrets: Secrets, tenantId: string, customerId: string) {
  const { rows: own } = await owner.query<{ license_id: string }>(
    'SELECT license_id FROM licenses WHERE tenant_id = $1 AND customer_id = $2',
    [tenantId, customerId],
  );
  const licenses = new Set<unknown>(own.map(({ license_id }) => license_id));
  let erased = await eraseOpenResults(owner, tenantId, customerId);
  for (let last = ''; ;) {
    const { rows } = await owner.query<{ id: string; sealed: Buffer }>(
      `SELECT encode(key_digest, 'hex') AS id, result_sealed AS sealed FROM idempotency_keys
       WHERE tenant_id = $1 AND key_digest > decode($2, 'hex') AND result_sealed IS NOT NULL ORDER BY key_digest LIMIT ${BATCH}`,
      [tenantId, last],
    );
    for (const { id, sealed } of rows) {
      const context = idempotencySealContext(tenantId, id);
      const result: unknown = JSON.parse(secrets.open(sealed, context));
      if (!isJsonObject(result)) continue;
      const ofDevice = 'activation_id' in result && licenses.has(result.license_id);
      if (result.customer_id !== customerId && !ofDevice) continue;
      await owner.query(
        `UPDATE idempotency_keys SET result_sealed = $3 WHERE tenant_id = $1 AND key_digest = decode($2, 'hex')`,
        [tenantId, id, secrets.seal(JSON.stringify(withoutNames(result, customerId)), context)],
      );
      erased++;
    }
    last = rows.at(-1)?.id ?? '';
    if (rows.length < BATCH) return erased;
  }
}

async function eraseOpenResults(owner: pg.ClientBase, tenantId: string, customerId: string): Promise<number> {
  const { rowCount } = await owner.query(
    `UPDATE idempotency_keys SET result = result::jsonb || jsonb_build_object('issued_to', 'Customer ' || $2)
     WHERE tenant_id = $1 AND result->>'customer_id' = $2`,
    [tenantId, customerId],
  );
  return rowCount ?? 0;
}

function withoutNames(result: JsonObject, customerId: string): JsonObject {
  const empty: JsonObject = {
    ...Object.fromEntries(PERSONAL_FIELDS.map((field) => [field, null])),
    issued_to: `Customer ${customerId}`,
    // What is signed cannot be changed: whoever tries again has to ask anew.
    license_file: '',
    metadata: {},
  };
  return { ...result, ...pick(empty, Object.keys(result)) };
}

/** The relay of a running server, or of the next one, moves it into the log. */
async function recordErasure(owner: pg.ClientBase, tenantId: string, customerId: string, erased: Erased, now: Date) {
  await owner.query(
    `INSERT INTO outbox (tenant_id, id, event_type, resource_type, resource_id, event_data, actor, metadata, created_at)
     VALUES ($1, $2, 'customer.erased', 'customer', $3, $4, $5, '{}', $6)`,
    [tenantId, newId(), customerId, erased, { type: 'operator', id: 'npm run erase', via: 'cli' }, now],
  );
}
