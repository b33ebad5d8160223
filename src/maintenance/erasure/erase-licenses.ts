import {
  ENDED_LEASE_COLUMNS,
  leaseExpiredData,
  seatMetric,
  seatsAfterEach,
  seatsInUse,
  seatsLeftSql,
  type EndedLease,
  type SeatCounts,
  type SeatsLeft,
} from '../../activations/index.js';
import { maxActivationsOf, type License } from '../../licensing/index.js';
import { groupBy } from '../../shared/group-by.js';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { Secrets } from '../../shared/secrets/secrets.js';
import { eraseForeignKeys } from './erase-foreign-keys.js';
import { EVENT_TABLES, recordEvents, type Erasure } from './erasure.js';
import { holdingPeriods, type HoldingPeriod, type Transfer } from './holding-periods.js';
import { withoutInherited } from './inherited-metadata.js';

/** Licenses and devices of the customer, by which stored results are found. */
export interface ErasedLicenses {
  readonly periods: readonly HoldingPeriod[];
  /** Ids of activations that were active in one of these periods, and of blocked devices. */
  readonly devices: readonly string[];
  readonly changed: { readonly licenses: number; readonly devices: number; readonly events: number };
}

type LockedLicense = Pick<License, 'licenseId' | 'customerId' | 'metadata' | 'licenseType' | 'licenseModel'> & {
  readonly maxActivations: number | null;
};

/** Device by the fingerprint that it had before the erasure. */
interface NamedDevice {
  readonly license_id: string;
  readonly fingerprint: string;
}

interface ErasedBlock extends NamedDevice {
  readonly blocked_device_id: string;
  readonly was_blocked: boolean;
}

interface ErasedDevice extends NamedDevice {
  readonly activation_id: string;
  readonly activation_type: string;
  readonly units: number;
  readonly lost_seat: boolean;
}

/** Returns licenses that the customer holds or has transferred. */
export async function licensesEverHeld({ owner, tenantId, customerId }: Erasure): Promise<string[]> {
  const { rows } = await owner.query<{ license_id: string }>(
    `SELECT license_id FROM licenses WHERE tenant_id = $1 AND customer_id = $2
     UNION SELECT license_id FROM license_event_logs WHERE ${GAVE_AWAY} UNION SELECT license_id FROM outbox WHERE ${GAVE_AWAY}
     ORDER BY license_id`,
    [tenantId, customerId],
  );
  return rows.map(({ license_id }) => license_id);
}
const GAVE_AWAY = `tenant_id = $1 AND event_type = 'license.transferred' AND event_data -> 'before' ->> 'customer_id' = $2`;

/**
 * Erases personal data from licenses, devices, refusals and events in one transaction under the licenses' locks. No seat or holder changes
 * meanwhile; a killed run leaves each license either erased or unchanged.
 */
export async function eraseLicenses(
  erasure: Erasure,
  secrets: Secrets,
  licenseIds: readonly string[],
): Promise<ErasedLicenses> {
  const licenses = await lockLicenses(erasure, licenseIds);
  const transfers = await readTransfers(erasure, licenseIds);
  const periods = licenses.flatMap((license) =>
    holdingPeriods(license, transfers.get(license.licenseId) ?? [], erasure.customerId),
  );
  await endLeases(erasure, licenses, periods);
  const { erased, devices } = await eraseDevices(erasure, periods);
  await giveBackSeats(erasure, licenses, erased);
  const blocked = await eraseBlocks(erasure, periods, erased);
  const named = [...erased, ...blocked];
  await eraseRefusals(erasure, periods, named);
  const inherited = await eraseInheritedMetadata(erasure, licenses, periods);
  const own = await eraseOwnLicenses(erasure, licenseIds, periods);
  await eraseMetadataValues(erasure, licenseIds);
  const keys = await eraseForeignKeys(erasure, secrets, licenseIds);
  const events = await eraseEvents(erasure, periods, named);
  return {
    periods,
    devices: [...devices, ...blocked.map(({ blocked_device_id }) => blocked_device_id)],
    changed: { licenses: own + inherited.licenses + keys, devices: erased.length, events: events + inherited.events },
  };
}

async function lockLicenses({ owner, tenantId }: Erasure, licenseIds: readonly string[]): Promise<LockedLicense[]> {
  const { rows } = await owner.query<LockedLicense>(
    `SELECT license_id AS "licenseId", customer_id AS "customerId", metadata, license_type AS "licenseType",
            license_model AS "licenseModel", max_activations AS "maxActivations"
     FROM licenses WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]) ORDER BY license_id FOR NO KEY UPDATE`,
    [tenantId, licenseIds],
  );
  return rows;
}

async function readTransfers(
  { owner, tenantId }: Erasure,
  licenseIds: readonly string[],
): Promise<ReadonlyMap<string, Transfer[]>> {
  const { rows } = await owner.query<Transfer>(
    `SELECT license_id AS "licenseId", id AS "eventId", created_at AS at,
            event_data -> 'before' ->> 'customer_id' AS "from", event_data -> 'after' ->> 'customer_id' AS "to"
     FROM (${EVENT_TABLES.map((table) => `SELECT tenant_id, license_id, id, event_type, event_data, resource_seq, created_at FROM ${table}`).join(' UNION ALL ')}) AS event
     WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]) AND event_type = 'license.transferred'
       AND event_data -> 'after' ? 'customer_id'
     ORDER BY resource_seq NULLS FIRST, created_at, id`,
    [tenantId, licenseIds],
  );
  return groupBy(rows, ({ licenseId }) => licenseId);
}

/** CTE for statements that look up the holding period; its parameter is $2. */
const HELD = `held AS MATERIALIZED (
  SELECT license_id, coalesce(since, '-infinity') AS since, coalesce(until, 'infinity') AS until, received_by, given_away_by
  FROM jsonb_to_recordset($2::jsonb) AS held (license_id uuid, since timestamptz, until timestamptz, received_by uuid, given_away_by uuid))`;

function heldJson(periods: readonly HoldingPeriod[]): string {
  return JSON.stringify(
    periods.map(({ licenseId, since, until, receivedBy, givenAwayBy }) => ({
      license_id: licenseId,
      since,
      until,
      received_by: receivedBy,
      given_away_by: givenAwayBy,
    })),
  );
}

/** Stores and records the leases that have ended, as every request about seats does, before devices are erased. */
async function endLeases(erasure: Erasure, licenses: readonly LockedLicense[], periods: readonly HoldingPeriod[]) {
  const { owner, tenantId, now } = erasure;
  const { rows } = await owner.query<EndedLease>(
    `WITH ${HELD} UPDATE license_activations SET status = 'EXPIRED', ended_at = lease_expires_at
     WHERE tenant_id = $1 AND license_id IN (SELECT license_id FROM held) AND status = 'ACTIVE' AND lease_expires_at <= $3
     RETURNING ${ENDED_LEASE_COLUMNS}`,
    [tenantId, heldJson(periods), now],
  );
  const ended = groupBy(rows, ({ licenseId }) => licenseId);
  for (const license of licenses) {
    const leases = ended.get(license.licenseId);
    if (!leases) continue;
    const metric = seatMetric(license);
    const counted = await owner.query<SeatsLeft>(seatsLeftSql('$1', '$2', '$3::boolean'), [
      tenantId,
      license.licenseId,
      metric === 'users',
    ]);
    const [left] = counted.rows;
    if (!left) throw new Error('A count has one row.');
    await setSeatsInUse(erasure, license, left[metric]);
    const events = seatsAfterEach(leases, metric, left).map(({ lease, inUse }) => ({
      type: 'license.lease_expired',
      resourceType: 'activation',
      resourceId: lease.activationId,
      licenseId: license.licenseId,
      data: leaseExpiredData(license, lease, inUse),
    }));
    await recordEvents(erasure, events);
  }
}

function setSeatsInUse({ owner, tenantId }: Erasure, { licenseId }: LockedLicense, inUse: number) {
  const values = [tenantId, licenseId, inUse];
  return owner.query('UPDATE licenses SET current_activations = $3 WHERE tenant_id = $1 AND license_id = $2', values);
}

/**
 * Erases devices of these periods. A pseudonym replaces fingerprint and user, so that past seats can still be counted. The seat of an
 * active device is freed, since nobody could deactivate it; a seat held by a license file ends with the file, which alone holds it from now on.
 */
async function eraseDevices({ owner, tenantId, now }: Erasure, periods: readonly HoldingPeriod[]) {
  const values = [tenantId, heldJson(periods)];
  const found = await owner.query<{ activation_id: string }>(`WITH ${HELD} ${DEVICES_HELD}`, values);
  const { rows: erased } = await owner.query<ErasedDevice>(
    `WITH ${HELD}, device AS (${DEVICES_HELD}), erased AS (
       SELECT activation_id, license_id, fingerprint, activation_type, units,
              status = 'ACTIVE' AND (lent_until > $3) IS NOT TRUE AS lost_seat,
              'erased-' || first_value(activation_id) OVER (PARTITION BY license_id, user_id ORDER BY activation_id) AS user_pseudonym
       FROM license_activations JOIN device USING (activation_id)
       WHERE tenant_id = $1 AND fingerprint <> 'erased-' || activation_id)
     UPDATE license_activations item
     SET device_name = NULL, hostname = NULL, ip_address = NULL, metadata = '{}', fingerprint = 'erased-' || item.activation_id,
         user_id = CASE WHEN user_id IS NOT NULL THEN user_pseudonym END,
         status = CASE WHEN lost_seat THEN 'DEACTIVATED' ELSE status END,
         ended_at = CASE WHEN lost_seat THEN $3 ELSE ended_at END,
         lease_expires_at = CASE WHEN status = 'ACTIVE' AND NOT lost_seat THEN lent_until ELSE lease_expires_at END,
         activation_type = CASE WHEN status = 'ACTIVE' AND NOT lost_seat THEN 'OFFLINE' ELSE item.activation_type END
     FROM erased WHERE item.tenant_id = $1 AND item.activation_id = erased.activation_id
     RETURNING erased.activation_id, erased.license_id, erased.fingerprint, erased.activation_type, erased.units, lost_seat`,
    [...values, now],
  );
  return { erased, devices: found.rows.map(({ activation_id }) => activation_id) };
}
const DEVICES_HELD = `SELECT DISTINCT activation_id FROM license_activations JOIN held USING (license_id)
  WHERE tenant_id = $1 AND created_at <= until AND (ended_at >= since) IS NOT FALSE`;

/** Records the seats in use after the erasure, and an event for each freed seat. */
async function giveBackSeats(erasure: Erasure, licenses: readonly LockedLicense[], erased: readonly ErasedDevice[]) {
  const { owner, tenantId } = erasure;
  const ended = groupBy(
    erased.filter(({ lost_seat }) => lost_seat),
    ({ license_id }) => license_id,
  );
  for (const license of licenses) {
    const devices = ended.get(license.licenseId);
    if (!devices) continue;
    const { rows } = await owner.query<SeatCounts>(
      `SELECT count(*)::int AS activations, coalesce(sum(units), 0)::float8 AS units,
              count(DISTINCT coalesce(user_id, activation_id::text))::int AS users
       FROM license_activations WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE'`,
      [tenantId, license.licenseId],
    );
    const inUse = seatsInUse(license, rows[0] ?? { activations: 0, units: 0, users: 0 });
    await setSeatsInUse(erasure, license, inUse);
    const events = devices.map(({ activation_id, activation_type, units }) => ({
      type: 'license.deactivated',
      resourceType: 'activation',
      resourceId: activation_id,
      licenseId: license.licenseId,
      data: {
        activation_type,
        units,
        current_activations: inUse,
        max_activations: maxActivationsOf(license),
        cause: 'ERASED',
        reason: null,
        before: { status: 'ACTIVE' },
        after: { status: 'DEACTIVATED' },
      },
    }));
    await recordEvents(erasure, events);
  }
}

/**
 * Erases blocked devices of these periods, and those that name an erased device. Their block ends, since nobody can be recognized by a
 * pseudonym: a license file of the device is valid again until it ends.
 */
async function eraseBlocks(
  erasure: Erasure,
  periods: readonly HoldingPeriod[],
  erased: readonly ErasedDevice[],
): Promise<readonly ErasedBlock[]> {
  const { owner, tenantId, now } = erasure;
  const { rows: blocked } = await owner.query<ErasedBlock>(
    `WITH ${HELD}, named AS (
       SELECT blocked_device_id, license_id, fingerprint, ended_at IS NULL AS was_blocked FROM blocked_devices AS block
       WHERE tenant_id = $1 AND fingerprint <> 'erased-' || blocked_device_id
         AND (EXISTS (SELECT FROM held WHERE held.license_id = block.license_id AND block.created_at BETWEEN since AND until)
              OR (license_id::text, fingerprint) IN (SELECT * FROM unnest($3::text[], $4::text[]))))
     UPDATE blocked_devices item
     SET fingerprint = 'erased-' || item.blocked_device_id, reason_text = NULL, ended_at = coalesce(ended_at, $5)
     FROM named WHERE item.tenant_id = $1 AND item.blocked_device_id = named.blocked_device_id
     RETURNING named.*`,
    [tenantId, heldJson(periods), ...byLicense(erased), now],
  );
  const ended = blocked.filter(({ was_blocked }) => was_blocked);
  await owner.query(
    `UPDATE licenses SET blocked_devices = (
       SELECT count(*) FROM blocked_devices item
       WHERE item.tenant_id = $1 AND item.license_id = licenses.license_id AND item.ended_at IS NULL)
     WHERE tenant_id = $1 AND license_id = ANY($2::uuid[])`,
    [tenantId, ended.map(({ license_id }) => license_id)],
  );
  const events = ended.map(({ blocked_device_id, license_id }) => ({
    type: 'license.device_unblocked',
    resourceType: 'blocked_device',
    resourceId: blocked_device_id,
    licenseId: license_id,
    data: { cause: 'ERASED', before: { blocked: true }, after: { blocked: false } },
  }));
  if (events.length > 0) await recordEvents(erasure, events);
  return blocked;
}

async function eraseRefusals(
  { owner, tenantId }: Erasure,
  periods: readonly HoldingPeriod[],
  erased: readonly NamedDevice[],
) {
  await owner.query(
    `WITH ${HELD} DELETE FROM license_activation_refusals AS refusal WHERE tenant_id = $1 AND fingerprint <> ''
       AND (EXISTS (SELECT FROM held WHERE held.license_id = refusal.license_id AND hour <= until AND hour + interval '1 hour' >= since)
            OR (license_id::text, fingerprint) IN (SELECT * FROM unnest($3::text[], $4::text[])))`,
    [tenantId, heldJson(periods), ...byLicense(erased)],
  );
}

function byLicense(erased: readonly NamedDevice[]): [string[], string[]] {
  return [erased.map(({ license_id }) => license_id), erased.map(({ fingerprint }) => fingerprint)];
}

/**
 * Erases what licenses say about the customer. An external id may be the e-mail address of the customer whom the license was imported
 * for, so it is erased also from a license that this customer gave away.
 */
async function eraseOwnLicenses(
  { owner, tenantId, customerId, now }: Erasure,
  licenseIds: readonly string[],
  periods: readonly HoldingPeriod[],
): Promise<number> {
  const values = [tenantId, licenseIds, customerId, now];
  const { rowCount: own } = await owner.query(
    `UPDATE licenses SET issued_to = 'Customer ' || customer_id, metadata = '{}', external_id = NULL,
       version = version + 1, updated_at = $4
     WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]) AND customer_id = $3
       AND (issued_to <> 'Customer ' || customer_id OR metadata <> '{}' OR external_id IS NOT NULL)`,
    values,
  );
  const importedFor = periods.filter(({ since }) => since === null).map(({ licenseId }) => licenseId);
  const { rowCount: given } = await owner.query(
    `UPDATE licenses SET external_id = NULL, version = version + 1, updated_at = $3
     WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]) AND external_id IS NOT NULL`,
    [tenantId, importedFor, now],
  );
  return (own ?? 0) + (given ?? 0);
}

/** Removes values of metadata that the licenses do not have any more, by which lists could be filtered. */
async function eraseMetadataValues({ owner, tenantId }: Erasure, licenseIds: readonly string[]) {
  await owner.query(
    `DELETE FROM license_metadata_values item USING licenses license
     WHERE item.tenant_id = $1 AND item.license_id = ANY($2::uuid[]) AND license.tenant_id = $1
       AND license.license_id = item.license_id AND license.metadata ->> item.key IS DISTINCT FROM item.value`,
    [tenantId, licenseIds],
  );
}

/**
 * Erases events of the customer's periods, and later ones that name one of the customer's devices. A transfer concerns two customers: the
 * other's part stays, without the free text of the reason.
 */
async function eraseEvents(
  { owner, tenantId }: Erasure,
  periods: readonly HoldingPeriod[],
  erased: readonly NamedDevice[],
) {
  const values = [tenantId, heldJson(periods)];
  let changed = 0;
  for (const table of EVENT_TABLES) {
    const { rowCount } = await owner.query(
      `WITH ${HELD} UPDATE ${table} AS event SET personal = NULL
       WHERE tenant_id = $1 AND personal IS NOT NULL AND license_id IN (SELECT license_id FROM held)
         AND (EXISTS (SELECT FROM held WHERE held.license_id = event.license_id AND event.created_at BETWEEN since AND until)
                AND NOT EXISTS (SELECT FROM held WHERE event.id IN (received_by, given_away_by))
              OR (license_id::text, personal ->> 'fingerprint') IN (SELECT * FROM unnest($3::text[], $4::text[])))`,
      [...values, ...byLicense(erased)],
    );
    changed += rowCount ?? 0;
    for (const [end, part] of [
      ['received_by', 'after'],
      ['given_away_by', 'before'],
    ] as const) {
      const transfer = await owner.query(
        `WITH ${HELD} UPDATE ${table} SET personal = personal - '{${part},reason}'::text[]
         WHERE tenant_id = $1 AND id IN (SELECT ${end} FROM held WHERE ${end} IS NOT NULL) AND personal ?| '{${part},reason}'::text[]`,
        values,
      );
      changed += transfer.rowCount ?? 0;
    }
  }
  return changed;
}

interface UpdatedEvent {
  readonly table: (typeof EVENT_TABLES)[number];
  readonly id: string;
  readonly license_id: string;
  readonly created_at: Date;
  readonly personal: JsonObject | null;
}

/**
 * Removes metadata from the customer's period, which a transferred license keeps, from the events of later holders and from the license
 * while another customer holds it.
 */
async function eraseInheritedMetadata(
  erasure: Erasure,
  licenses: readonly LockedLicense[],
  periods: readonly HoldingPeriod[],
) {
  const { owner, tenantId, now } = erasure;
  const held = groupBy(periods, ({ licenseId }) => licenseId);
  const updates = await readUpdates(erasure, periods);
  const changed = { licenses: 0, events: 0 };
  for (const { licenseId, metadata } of licenses) {
    for (const [index, { until }] of (held.get(licenseId) ?? []).entries()) {
      if (until === null) continue;
      const heldAgainAt = held.get(licenseId)?.[index + 1]?.since;
      const later = (updates.get(licenseId) ?? []).filter(
        ({ created_at: at }) => at >= until && (!heldAgainAt || at < heldAgainAt),
      );
      const inherited = metadataBefore(later, heldAgainAt ? {} : metadata);
      for (const { table, id, personal } of later) {
        if (!personal) continue;
        const { rowCount } = await owner.query(
          `UPDATE ${table} SET personal = $3 WHERE tenant_id = $1 AND id = $2 AND personal <> $3`,
          [tenantId, id, withoutInheritedMetadata(personal, inherited)],
        );
        changed.events += rowCount ?? 0;
      }
      if (heldAgainAt) continue;
      const { rowCount } = await owner.query(
        `UPDATE licenses SET metadata = $3, version = version + 1, updated_at = $4
         WHERE tenant_id = $1 AND license_id = $2 AND metadata <> $3`,
        [tenantId, licenseId, withoutInherited(metadata, inherited), now],
      );
      changed.licenses += rowCount ?? 0;
    }
  }
  return changed;
}

/** Reads events that may have changed the metadata of transferred licenses, in their order. */
async function readUpdates({ owner, tenantId }: Erasure, periods: readonly HoldingPeriod[]) {
  const licenseIds = periods.filter(({ until }) => until !== null).map(({ licenseId }) => licenseId);
  const { rows } = await owner.query<UpdatedEvent>(
    `${EVENT_TABLES.map(
      (table) => `SELECT '${table}' AS table, id, license_id, resource_seq, created_at, personal FROM ${table}
                  WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]) AND event_type = 'license.updated'
                    AND (personal IS NULL OR personal -> 'before' ? 'metadata')`,
    ).join(' UNION ALL ')} ORDER BY resource_seq NULLS FIRST, created_at, id`,
    [tenantId, licenseIds],
  );
  return groupBy(rows, ({ license_id }) => license_id);
}

/** Returns the metadata before these events, the current one if there are none. Undefined if the first event was erased. */
function metadataBefore([first]: readonly UpdatedEvent[], metadata: JsonObject): JsonObject | undefined {
  if (!first) return metadata;
  const before = first.personal?.before;
  return isJsonObject(before) && isJsonObject(before.metadata) ? before.metadata : undefined;
}

function withoutInheritedMetadata(personal: JsonObject, inherited: JsonObject | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(personal).map(([name, part]) =>
      isJsonObject(part) && isJsonObject(part.metadata)
        ? [name, { ...part, metadata: withoutInherited(part.metadata, inherited) }]
        : [name, part],
    ),
  );
}
