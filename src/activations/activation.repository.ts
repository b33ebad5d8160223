import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { leaseEndSql, seatMetric, type License, type SeatCounts } from '../licensing/index.js';
import { Activation, type CountedFields } from './activation.entity.js';
import type { OtherActivations, SeatRequest } from './seat-decision.js';
import type { SeatRelease } from './seat-shortage.js';

/** $5 milliseconds is what a stored time may be ahead of what could be written now. Beyond, a clock was ahead when it was written. */
const TOLERANCE = "$5 * interval '1 millisecond'";
/** Of a stored time and what is written now the later; see TOLERANCE. */
const laterOf = (stored: string, written: string) =>
  `greatest(${written}, CASE WHEN ${stored} <= ${written} + ${TOLERANCE} THEN ${stored} END)`;
const LATEST_LEASE = 'greatest($4::timestamptz, lent_until)';

const END_LEASES = {
  name: 'activations.end-leases',
  text: `UPDATE license_activations SET
           status = CASE WHEN lease_expires_at <= $3 THEN 'EXPIRED' ELSE status END,
           ended_at = CASE WHEN lease_expires_at <= $3 THEN lease_expires_at END,
           lease_expires_at = CASE WHEN lease_expires_at > ${LATEST_LEASE} + ${TOLERANCE} THEN ${LATEST_LEASE} ELSE lease_expires_at END,
           last_seen_at = CASE WHEN last_seen_at > $3 + ${TOLERANCE} THEN $3 ELSE last_seen_at END
         WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE'
           AND (lease_expires_at <= $3 OR lease_expires_at > ${LATEST_LEASE} + ${TOLERANCE} OR last_seen_at > $3 + ${TOLERANCE})
         RETURNING activation_id`,
};
const COUNT_OTHERS = {
  name: 'activations.tally',
  text: `SELECT count(*)::int AS activations, coalesce(sum(units), 0)::float8 AS units,
                count(DISTINCT coalesce(user_id, activation_id::text))::int AS users, coalesce(bool_or(user_id = coalesce($4::text, (
                  SELECT user_id FROM license_activations
                  WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint = $3))), false) AS "sameUser"
         FROM license_activations WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint <> $3`,
};
/** Those that were active at a time, each with what was counted of it then: rows stay when they end, and say when. */
const TALLY_AS_OF = {
  name: 'activations.tally-as-of',
  text: `SELECT count(*)::int AS activations, coalesce(sum(coalesce(was.units, item.units)), 0)::float8 AS units,
                count(DISTINCT coalesce(CASE WHEN was.activation_id IS NULL THEN item.user_id ELSE was.user_id END,
                                        item.activation_id::text))::int AS users
         FROM license_activations item
         LEFT JOIN jsonb_to_recordset($4::jsonb) AS was (activation_id uuid, units integer, user_id text) USING (activation_id)
         WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.created_at <= $3
           AND (item.ended_at > $3) IS NOT FALSE AND (item.lease_expires_at > $3) IS NOT FALSE`,
};
const LOCK_DEVICE = {
  name: 'activations.lock-device',
  text: `SELECT 1 FROM license_activations
         WHERE tenant_id = $1 AND license_id = $2 AND fingerprint = $3 AND status = 'ACTIVE' FOR NO KEY UPDATE`,
};
/**
 * After LOCK_DEVICE, so that it sees the terms by which leases were converted, or is converted after them: a lease by other terms
 * would last for ever, or end where none does.
 */
const RENEW = `
  UPDATE license_activations item SET
    activation_type = CASE item.activation_type WHEN 'OFFLINE' THEN 'ONLINE' ELSE item.activation_type END,
    last_seen_at = ${laterOf('item.last_seen_at', '$4::timestamptz')},
    lease_expires_at = CASE WHEN terms.lease_end IS NOT NULL
      THEN greatest(${laterOf('item.lease_expires_at', 'terms.lease_end')}, item.lent_until) END
  FROM (SELECT ${leaseEndSql('license', '$4::timestamptz')} AS lease_end FROM licenses license
        WHERE license.tenant_id = $1 AND license.license_id = $2) AS terms
  WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.fingerprint = $3 AND item.status = 'ACTIVE'
    AND (item.lease_expires_at > $4) IS NOT FALSE`;

/** The device, or where users are counted all devices of the user, that was seen longest ago. What is lent stays. */
const END_OLDEST = {
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
 * Adds up seats in the order in which they can be freed, until $6 are: first those that no license file holds, the largest first,
 * then by the end of the file. A seat of a user is all its devices. No seat counts less than 1, so $6 rows are enough.
 */
const RELEASE = {
  name: 'activations.release',
  text: `SELECT devices::int, held_until FROM (
           SELECT sum(weight) OVER freed AS weight, sum(devices) OVER freed AS devices, max(held_until) OVER freed AS held_until
           FROM (SELECT CASE WHEN $5::text = 'units' THEN sum(units) ELSE 1 END AS weight, count(*) AS devices,
                        max(lent_until) FILTER (WHERE lent_until > $4) AS held_until
                 FROM license_activations
                 WHERE tenant_id = $1 AND license_id = $2 AND status = 'ACTIVE' AND fingerprint <> $3
                   AND (lease_expires_at > $4) IS NOT FALSE
                 GROUP BY CASE WHEN $5 = 'users' THEN coalesce(user_id, activation_id::text) ELSE activation_id::text END
                 ORDER BY held_until NULLS FIRST, weight DESC, devices LIMIT $6::bigint) AS seat
           WINDOW freed AS (ORDER BY held_until NULLS FIRST, weight DESC, devices ROWS UNBOUNDED PRECEDING)) AS step
         WHERE weight >= $6 ORDER BY weight LIMIT 1`,
};

@Injectable()
export class ActivationRepository extends TenantScopedRepository<Activation> {
  constructor(unitOfWork: UnitOfWork) {
    super(Activation, 'activationId', unitOfWork);
  }

  /** The latest activation of a device, also one that has ended. */
  async findDevice(tenantId: string, licenseId: string, fingerprint: string): Promise<Activation | undefined> {
    const [row] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query(this.deviceStatement(tenantId, licenseId, fingerprint)),
    );
    return row && this.toEntity(row);
  }

  /** The device, locked, so that no heartbeat, which needs no lock of the license, comes in between. */
  async lockDevice(transaction: Transaction, licenseId: string, fingerprint: string): Promise<Activation | undefined> {
    const { name, text, values } = this.deviceStatement(transaction.tenantId, licenseId, fingerprint);
    const [row] = await transaction.query({ name: `${name}-for-update`, text: `${text} FOR NO KEY UPDATE`, values });
    return row && this.toEntity(row);
  }

  private deviceStatement(tenantId: string, licenseId: string, fingerprint: string) {
    return {
      name: 'activations.find-device',
      text: `SELECT ${this.columns('item')} FROM license_activations item
             WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.fingerprint = $3
             ORDER BY item.status = 'ACTIVE' DESC, item.created_at DESC, item.activation_id DESC LIMIT 1`,
      values: [tenantId, licenseId, fingerprint],
    };
  }

  /** The latest activation that a device had at a time, as it is now. */
  async findDeviceAsOf(tenantId: string, licenseId: string, fingerprint: string, instant: Date) {
    const [row] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query({
        name: 'activations.find-device-of',
        text: `SELECT ${this.columns('item')} FROM license_activations item
               WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.fingerprint = $3 AND item.created_at <= $4
               ORDER BY item.created_at DESC, item.activation_id DESC LIMIT 1`,
        values: [tenantId, licenseId, fingerprint, instant],
      }),
    );
    return row && this.toEntity(row);
  }

  /** What was active at a time; `counted` is what was counted then of activations that have changed since. */
  async countSeatsAsOf(
    tenantId: string,
    licenseId: string,
    counted: ReadonlyMap<string, CountedFields>,
    instant: Date,
  ) {
    const was = [...counted].map(([activation_id, { units, userId }]) => ({ activation_id, units, user_id: userId }));
    const values = [tenantId, licenseId, instant, JSON.stringify(was)];
    const [tally] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<SeatCounts>({ ...TALLY_AS_OF, values }),
    );
    if (!tally) throw new Error('A sum has one row.');
    return tally;
  }

  /**
   * Writes down which leases ended by the clock, and cuts what a clock that was ahead wrote: a lease to `leaseEnd`, when a device was
   * seen to now. Under the license's lock. Returns what was changed.
   */
  expireLeases(transaction: Transaction, licenseId: string, now: Date, leaseEnd: Date | null, toleranceMs: number) {
    return transaction.query({
      ...END_LEASES,
      values: [transaction.tenantId, licenseId, now, leaseEnd, toleranceMs],
    });
  }

  /** What is active besides this device. A user that is not named is the one it has. Under the license's lock, after `endLeases`. */
  async countOthers(
    transaction: Transaction,
    licenseId: string,
    { fingerprint, user_id }: SeatRequest,
  ): Promise<OtherActivations> {
    const values = [transaction.tenantId, licenseId, fingerprint, user_id ?? null];
    const [tally] = await transaction.query<OtherActivations>({ ...COUNT_OTHERS, values });
    if (!tally) throw new Error('A sum has one row.');
    return tally;
  }

  /** How a device gets the seats that are missing for it. */
  async release(
    transaction: Transaction,
    license: License,
    fingerprint: string,
    missing: number,
    now: Date,
  ): Promise<SeatRelease> {
    const values = [transaction.tenantId, license.licenseId, fingerprint, now, seatMetric(license), missing];
    const [found] = await transaction.query<{ devices: number; held_until: Date | null }>({ ...RELEASE, values });
    if (!found) return {};
    const heldUntil = found.held_until ?? undefined;
    // Where the oldest is evicted nothing but a file keeps a device out.
    const evicts = license.evictionPolicy === 'OLDEST' && heldUntil !== undefined;
    return { deactivateCount: evicts ? 0 : found.devices, heldUntil };
  }

  /** Under the license's lock. Returns what lost its seat; nothing when there is no other device that can. */
  async evictOldest(transaction: Transaction, licenseId: string, except: string, by: 'device' | 'user', now: Date) {
    const rows = await transaction.query({
      name: `activations.end-oldest-${by}`,
      text: `UPDATE license_activations item SET status = 'DEACTIVATED', ended_at = $4
             WHERE item.tenant_id = $1 AND item.activation_id IN (${END_OLDEST[by]})
             RETURNING ${this.columns('item')}`,
      values: [transaction.tenantId, licenseId, except, now],
    });
    return rows.map((row) => this.toEntity(row));
  }

  /** By the terms of its license, whose lock it does not need, because it takes no seat. Undefined when the seat has ended. */
  async renewLease(transaction: Transaction, licenseId: string, fingerprint: string, now: Date, toleranceMs: number) {
    const device = [transaction.tenantId, licenseId, fingerprint];
    const [, [row]] = await Promise.all([
      transaction.query({ ...LOCK_DEVICE, values: device }),
      transaction.query({
        name: 'activations.renew',
        text: `${RENEW} RETURNING ${this.columns('item')}`,
        values: [...device, now, toleranceMs],
      }),
    ]);
    return row && this.toEntity(row);
  }
}
