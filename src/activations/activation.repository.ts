import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { leaseEndSql, type License } from '../licensing/index.js';
import { Activation, type CountedFields } from './activation.entity.js';
import { ENDED_LEASE_COLUMNS, type EndedLease } from './ended-leases.js';
import type { LeaseLimits, LeaseTimes } from './lease-times.js';
import type { OtherActivations, SeatRequest } from './seat-decision.js';
import type { SeatRelease } from './seat-shortage.js';
import { seatMetric, type SeatCounts } from './seats.js';

/** Tolerance of $5 milliseconds. A stored time beyond now plus the tolerance was written while a clock was ahead. */
const TOLERANCE = "$5 * interval '1 millisecond'";
/** Returns the later of a stored time within the tolerance and the time written now. */
const laterOf = (stored: string, written: string) =>
  `greatest(${written}, CASE WHEN ${stored} <= ${written} + ${TOLERANCE} THEN ${stored} END)`;
const LATEST_LEASE = 'greatest($4::timestamptz, lent_until)';

const EXPIRE_LEASES = {
  name: 'activations.expire-leases',
  text: `UPDATE license_activations SET
           status = CASE WHEN lease_expires_at <= $3 THEN 'EXPIRED' ELSE status END,
           ended_at = CASE WHEN lease_expires_at <= $3 THEN lease_expires_at END,
           lease_expires_at = CASE WHEN lease_expires_at > ${LATEST_LEASE} + ${TOLERANCE} THEN ${LATEST_LEASE} ELSE lease_expires_at END,
           last_seen_at = CASE WHEN last_seen_at > $3 + ${TOLERANCE} THEN $3 ELSE last_seen_at END
         WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE'
           AND (lease_expires_at <= $3 OR lease_expires_at > ${LATEST_LEASE} + ${TOLERANCE} OR last_seen_at > $3 + ${TOLERANCE})
         RETURNING ${ENDED_LEASE_COLUMNS}`,
};
const COUNT_OTHERS = {
  name: 'activations.count-others',
  text: `SELECT min(lease_expires_at) AS "firstLeaseEnd", max(last_seen_at) AS "lastSeenAt",
                max(lease_expires_at) FILTER (WHERE (lease_expires_at <= lent_until) IS NOT TRUE) AS "lastFreeLeaseEnd",
                count(*)::int AS activations, coalesce(sum(units), 0)::float8 AS units,
                count(DISTINCT coalesce(user_id, activation_id::text))::int AS users, coalesce(bool_or(user_id = coalesce($4::text, (
                  SELECT user_id FROM license_activations
                  WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint = $3))), false) AS "sameUser"
         FROM license_activations WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint <> $3`,
};
/** Counts the activations that were active at a time, each with its units and user of that time. Ended rows are kept with their end. */
const COUNT_SEATS_AS_OF = {
  name: 'activations.count-seats-as-of',
  text: `SELECT count(*)::int AS activations, coalesce(sum(coalesce(was.units, item.units)), 0)::float8 AS units,
                count(DISTINCT coalesce(CASE WHEN was.activation_id IS NULL THEN item.user_id ELSE was.user_id END,
                                        item.activation_id::text))::int AS users
         FROM license_activations item
         LEFT JOIN jsonb_to_recordset($4::jsonb) AS was (activation_id uuid, units integer, user_id text) USING (activation_id)
         WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.created_at <= $3
           AND (item.ended_at > $3) IS NOT FALSE AND (item.lease_expires_at > $3) IS NOT FALSE`,
};
/**
 * Runs after the lock of the device, so that a conversion of leases comes entirely before or after it. Otherwise a lease by outdated terms could
 * stay without end, or end on a license without leases.
 */
const RENEW_LEASE = `
  UPDATE license_activations item SET
    activation_type = CASE item.activation_type WHEN 'OFFLINE' THEN 'ONLINE' ELSE item.activation_type END,
    last_seen_at = ${laterOf('item.last_seen_at', '$4::timestamptz')},
    lease_expires_at = CASE WHEN terms.lease_end IS NOT NULL
      THEN greatest(${laterOf('item.lease_expires_at', 'terms.lease_end')}, item.lent_until) END
  FROM (${leaseEndSql('$1', '$2', '$4::timestamptz')}) AS terms
  WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.fingerprint = $3 AND item.status = 'ACTIVE'
    AND (item.lease_expires_at > $4) IS NOT FALSE`;

/**
 * Returns a query for the latest activation of a device: the active one, else the last that ended. Each half has an index of its own, so that
 * neither other devices nor earlier activations are read.
 */
const latestActivation = (tenantId: string, licenseId: string, fingerprint: string) => {
  const ofDevice = `SELECT *, xmin FROM license_activations
    WHERE tenant_id = ${tenantId} AND license_id = ${licenseId} AND fingerprint = ${fingerprint}`;
  return `${ofDevice} AND status = 'ACTIVE'
    UNION ALL (${ofDevice} AND status <> 'ACTIVE' ORDER BY created_at DESC, activation_id DESC LIMIT 1)
    ORDER BY ended_at DESC NULLS FIRST LIMIT 1`;
};

/** Selects the device seen longest ago, or all devices of that user where users are counted. Held seats are excluded. */
const SELECT_OLDEST = {
  device: `SELECT activation_id FROM license_activations
           WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint <> $3
             AND (lent_until > $4) IS NOT TRUE
           ORDER BY last_seen_at, activation_id LIMIT 1`,
  user: `SELECT activation_id FROM license_activations
         WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint <> $3
           AND coalesce(user_id, activation_id::text) = (
             SELECT coalesce(user_id, activation_id::text) AS own FROM license_activations
             WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint <> $3
             GROUP BY own HAVING bool_or(lent_until > $4) IS NOT TRUE ORDER BY max(last_seen_at), own LIMIT 1)`,
};

/**
 * Sums up seats in the order in which they can be freed, until $6: unheld first, then by end of the license file, the largest first. All
 * devices of a user are one seat. Every seat counts at least 1, so $6 rows are enough.
 */
const RELEASE = {
  name: 'activations.release',
  text: `SELECT devices::int, held_until FROM (
           SELECT sum(seats) OVER freed AS seats, sum(devices) OVER freed AS devices, max(held_until) OVER freed AS held_until
           FROM (SELECT CASE WHEN $5::text = 'units' THEN sum(units) ELSE 1 END AS seats, count(*) AS devices,
                        max(lent_until) FILTER (WHERE lent_until > $4) AS held_until
                 FROM license_activations
                 WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint <> $3
                   AND (lease_expires_at > $4) IS NOT FALSE
                 GROUP BY CASE WHEN $5 = 'users' THEN coalesce(user_id, activation_id::text) ELSE activation_id::text END
                 ORDER BY held_until NULLS FIRST, seats DESC, devices LIMIT $6::bigint) AS seat
           WINDOW freed AS (ORDER BY held_until NULLS FIRST, seats DESC, devices ROWS UNBOUNDED PRECEDING)) AS step
         WHERE seats >= $6 ORDER BY seats LIMIT 1`,
};

/** Devices each of which, if it is deactivated, frees at least $6 seats now. No device of a user who has another one frees a seat of users. */
const LIST_REPLACEABLE = `
  license_activations item
  WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.status = 'ACTIVE' AND item.fingerprint <> $3
    AND (item.lease_expires_at > $4) IS NOT FALSE AND (item.lent_until > $4) IS NOT TRUE
    AND CASE WHEN $5::text = 'units' THEN item.units ELSE 1 END >= $6
    AND ($5 <> 'users' OR item.user_id IS NULL OR NOT EXISTS (
      SELECT FROM license_activations other
      WHERE other.tenant_id = $1 AND other.license_id = $2 AND other.status = 'ACTIVE'
        AND other.user_id = item.user_id AND other.activation_id <> item.activation_id))
  ORDER BY item.last_seen_at, item.activation_id LIMIT $7`;

const END_ALL = {
  name: 'activations.end-all',
  text: `WITH ended AS (
           UPDATE license_activations SET status = 'DEACTIVATED', ended_at = $3
           WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND (lent_until > $3) IS NOT TRUE
           RETURNING 1)
         SELECT (SELECT count(*)::int FROM ended) AS ended, count(*)::int AS held, max(lent_until) AS "heldUntil"
         FROM license_activations WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND lent_until > $3`,
};

/** Each half has an index of its own, as in `latestActivation`. */
const FILES_UNTIL = {
  name: 'activations.files-until',
  text: `SELECT max(lent_until) AS until FROM (
           SELECT lent_until FROM license_activations
           WHERE tenant_id = $1 AND license_id = $2 AND fingerprint = $3 AND status = 'ACTIVE'
           UNION ALL
           SELECT lent_until FROM license_activations
           WHERE tenant_id = $1 AND license_id = $2 AND fingerprint = $3 AND status <> 'ACTIVE') AS file
         WHERE lent_until > $4`,
};

/** Active activations of other devices, with the times by which `expireLeases` may have to change some. */
export interface CountedActivations extends OtherActivations, LeaseTimes {}

@Injectable()
export class ActivationRepository extends TenantScopedRepository<Activation> {
  constructor(unitOfWork: UnitOfWork) {
    super(Activation, 'activationId', unitOfWork);
  }

  /** Finds the latest activation of a device, even if it has ended. */
  async findDevice(tenantId: string, licenseId: string, fingerprint: string): Promise<Activation | undefined> {
    const [row] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query({
        name: 'activations.find-device',
        text: this.deviceSql('$1', '$2', '$3'),
        values: [tenantId, licenseId, fingerprint],
      }),
    );
    return row && this.toEntity(row);
  }

  /** Locks the latest activation of a device, because a heartbeat does not wait for the lock of the license. */
  async lockDevice(transaction: Transaction, licenseId: string, fingerprint: string): Promise<Activation | undefined> {
    const [row] = await transaction.query({
      name: 'activations.find-device-for-update',
      text: `SELECT ${this.columns('item')} FROM license_activations item
             WHERE item.tenant_id = $1 AND item.license_id = $2
               AND item.activation_id = (SELECT activation_id FROM (${latestActivation('$1', '$2', '$3')}) latest)
             FOR NO KEY UPDATE`,
      values: [transaction.tenantId, licenseId, fingerprint],
    });
    return row && this.toEntity(row);
  }

  /**
   * Returns a query for the latest activation of a device and its row version, even if it has ended. The parameters are SQL expressions.
   */
  deviceSql(tenantId: string, licenseId: string, fingerprint: string): string {
    return `SELECT ${this.columns('item')}, item.xmin::text AS "rowVersion" FROM (${latestActivation(tenantId, licenseId, fingerprint)}) item`;
  }

  /** Finds the latest activation that a device had at a time, with its current values. */
  async findDeviceAsOf(tenantId: string, licenseId: string, fingerprint: string, instant: Date) {
    const [row] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query({
        name: 'activations.find-device-as-of',
        text: `SELECT ${this.columns('item')} FROM license_activations item
               WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.fingerprint = $3 AND item.created_at <= $4
               ORDER BY item.created_at DESC, item.activation_id DESC LIMIT 1`,
        values: [tenantId, licenseId, fingerprint, instant],
      }),
    );
    return row && this.toEntity(row);
  }

  /** Counts the seats at a time; `counted` contains the counted fields at that time of activations changed since. */
  async countSeatsAsOf(
    tenantId: string,
    licenseId: string,
    counted: ReadonlyMap<string, CountedFields>,
    instant: Date,
  ) {
    const past = [...counted].map(([activation_id, { units, userId }]) => ({ activation_id, units, user_id: userId }));
    const values = [tenantId, licenseId, instant, JSON.stringify(past)];
    const [counts] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<SeatCounts>({ ...COUNT_SEATS_AS_OF, values }),
    );
    if (!counts) throw new Error('A sum has one row.');
    return counts;
  }

  /**
   * Ends leases that have expired, and corrects times written while a clock was ahead: a lease to `leaseEnd`, `last_seen_at` to `endedBy`.
   * Requires the lock of the license. Returns the changed activations, of which those that are EXPIRED have ended.
   */
  expireLeases(transaction: Transaction, licenseId: string, { endedBy, leaseEnd, toleranceMs }: LeaseLimits) {
    const values = [transaction.tenantId, licenseId, endedBy, leaseEnd, toleranceMs];
    return transaction.query<EndedLease>({ ...EXPIRE_LEASES, values });
  }

  /**
   * Counts the activations of other devices; without `user_id` the stored user of the device counts. Requires the lock of the license,
   * where no lease has ended; see `mayNeedExpiry`.
   */
  async countOthers(
    transaction: Transaction,
    licenseId: string,
    { fingerprint, user_id }: SeatRequest,
  ): Promise<CountedActivations> {
    const values = [transaction.tenantId, licenseId, fingerprint, user_id ?? null];
    const [counts] = await transaction.query<CountedActivations>({ ...COUNT_OTHERS, values });
    if (!counts) throw new Error('A sum has one row.');
    return counts;
  }

  /** Returns the end of the last license file of a device that is valid at `now`; null if it has none. */
  async filesUntil(transaction: Transaction, licenseId: string, fingerprint: string, now: Date): Promise<Date | null> {
    const values = [transaction.tenantId, licenseId, fingerprint, now];
    const [row] = await transaction.query<{ until: Date | null }>({ ...FILES_UNTIL, values });
    return row?.until ?? null;
  }

  /** Inserts an activation under the lock of its license, with the commit. */
  add(transaction: Transaction, activation: Activation): void {
    transaction.write(this.insertStatement(activation));
  }

  /** Writes an activation that `lockDevice` returned, with the commit. */
  put(transaction: Transaction, activation: Activation): void {
    transaction.write(this.updateStatement(activation));
  }

  /** Returns the shortest way to the missing seats of a device. */
  async release(
    transaction: Transaction,
    license: License,
    fingerprint: string,
    missing: number,
    now: Date,
  ): Promise<SeatRelease> {
    const values = [transaction.tenantId, license.licenseId, fingerprint, now, seatMetric(license), missing];
    const [step] = await transaction.query<{ devices: number; held_until: Date | null }>({ ...RELEASE, values });
    if (!step) return {};
    const heldUntil = step.held_until ?? undefined;
    // License files alone keep a device from a seat where the oldest is evicted.
    const evicts = license.evictionPolicy === 'OLDEST' && heldUntil !== undefined;
    return { deactivateCount: evicts ? 0 : step.devices, heldUntil };
  }

  /** Lists the devices that a device could replace which lacks `missing` seats, the one seen longest ago first. */
  async listReplaceable(
    transaction: Transaction,
    license: License,
    { fingerprint, missing }: { readonly fingerprint: string; readonly missing: number },
    now: Date,
    limit: number,
  ): Promise<Activation[]> {
    const rows = await transaction.query({
      name: 'activations.list-replaceable',
      text: `SELECT ${this.columns('item')} FROM ${LIST_REPLACEABLE}`,
      values: [transaction.tenantId, license.licenseId, fingerprint, now, seatMetric(license), missing, limit],
    });
    return rows.map((row) => this.toEntity(row));
  }

  /** Ends all activations of a license that no license file holds. Requires the lock of the license. Returns how many ended and how many stay. */
  async endAll(transaction: Transaction, licenseId: string, now: Date) {
    const [totals] = await transaction.query<{ ended: number; held: number; heldUntil: Date | null }>({
      ...END_ALL,
      values: [transaction.tenantId, licenseId, now],
    });
    if (!totals) throw new Error('A count has one row.');
    return totals;
  }

  /** Ends the activations that SELECT_OLDEST selects. Requires the lock of the license. Returns them; empty if none can be evicted. */
  async evictOldest(transaction: Transaction, licenseId: string, except: string, by: 'device' | 'user', now: Date) {
    const rows = await transaction.query({
      name: `activations.evict-oldest-${by}`,
      text: `UPDATE license_activations item SET status = 'DEACTIVATED', ended_at = $4
             WHERE item.tenant_id = $1 AND item.activation_id IN (${SELECT_OLDEST[by]})
             RETURNING ${this.columns('item')}`,
      values: [transaction.tenantId, licenseId, except, now],
    });
    return rows.map((row) => this.toEntity(row));
  }

  /**
   * Extends a lease by the terms of its license, without the lock of the license, because it takes no seat. Returns the latest activation
   * of the device as it was, and as it is now, which is undefined if its seat has ended. Must be the last statement of the work.
   */
  renewLease(
    transaction: Transaction,
    { tenantId, licenseId }: License,
    fingerprint: string,
    now: Date,
    toleranceMs: number,
  ): Promise<[latest: Activation | undefined, renewed: Activation | undefined]> {
    const renew = {
      name: 'activations.renew-lease',
      text: `${RENEW_LEASE} RETURNING ${this.columns('item')}`,
      values: [tenantId, licenseId, fingerprint, now, toleranceMs],
    };
    return Promise.all([
      this.lockDevice(transaction, licenseId, fingerprint),
      transaction.queryLast(renew).then(([row]) => row && this.toEntity(row)),
    ]);
  }
}
