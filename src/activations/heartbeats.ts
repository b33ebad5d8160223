import { Injectable } from '@nestjs/common';
import { isUnchangedSql, type License } from '../licensing/index.js';
import type { Outcome } from '../shared/async/coalescer.js';
import { coalesceWrites } from '../shared/persistence/coalesce-writes.js';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import type { Statement } from '../shared/persistence/tenant-connection.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { rowKeyString } from '../shared/tenant-id.js';
import { Activation } from './activation.entity.js';

/** Heartbeat of an active device that no license file holds. License and device were read with their versions. */
export interface Heartbeat {
  readonly license: License;
  /** Activation with the new times. */
  readonly activation: Activation;
}

const COLUMNS = columnsOf(Activation).map(({ name }) => name);
const SET = { last_seen_at: 'item.seen_at', lease_expires_at: 'item.lease_end' };
const STORED = COLUMNS.map((name) => (name in SET ? SET[name as keyof typeof SET] : `device.${name}`));

/**
 * Stores heartbeats ($1) of different devices: those whose device has not changed since it was read and is not locked. A change of terms
 * that starts or ends leases changes each device, too, so that a lease is never by terms that ended before it. Rows are stored one by one,
 * each as its tenant (decision 0022): UPDATE might look for them as the tenant of another row.
 */
const RENEW_LEASES = {
  name: 'activations.renew-leases',
  text: `
    WITH asked AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset($1) AS asked (
        tenant_id text, license_id uuid, version integer, activation_id uuid, row_version xid, seen_at timestamptz, lease_end timestamptz)
    ), locked AS MATERIALIZED (
      SELECT ${STORED.join(', ')}
      FROM (SELECT * FROM asked WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS item
      CROSS JOIN LATERAL (
        SELECT * FROM license_activations device
        WHERE device.tenant_id = item.tenant_id AND device.activation_id = item.activation_id AND device.xmin = item.row_version
        FOR NO KEY UPDATE SKIP LOCKED) AS device
      WHERE ${isUnchangedSql('item')}
    )
    INSERT INTO license_activations (${COLUMNS.join(', ')})
    SELECT * FROM (SELECT * FROM locked OFFSET 0) AS item (${COLUMNS.join(', ')}) WHERE ${SET_TENANT_OF_ROW}
    ON CONFLICT (tenant_id, activation_id)
      DO UPDATE SET lease_expires_at = EXCLUDED.lease_expires_at, last_seen_at = EXCLUDED.last_seen_at
    RETURNING tenant_id, activation_id`,
};

/** Stores heartbeats without a lock before their writes. Those that arrive while others are in flight are one statement. */
@Injectable()
export class Heartbeats {
  private readonly groups = coalesceWrites<Heartbeat, boolean>({
    queueOf: keyOf,
    ownerOf: ({ activation }) => activation.tenantId,
    run: (group) => this.storeGroup(group),
  });

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * Stores a heartbeat, outside any unit of work. Returns false if the license or the device has changed, or the device is locked: nothing
   * was written, and the heartbeat must be decided under the lock of the device.
   */
  store(heartbeat: Heartbeat): Promise<boolean> {
    return this.groups.add(heartbeat);
  }

  /** Sends the last heartbeat of each device, which covers those of the same device that were computed from the same row. */
  private async storeGroup(group: readonly Heartbeat[]): Promise<Outcome<boolean>[]> {
    const last = new Map(group.map((heartbeat) => [keyOf(heartbeat), heartbeat]));
    const rows = await this.unitOfWork.executeStandalone<{ tenant_id: string; activation_id: string }>(
      renewStatement([...last.values()]),
    );
    const stored = new Set(rows.map(({ tenant_id, activation_id }) => rowKeyString(tenant_id, activation_id)));
    return group.map((heartbeat) => {
      const sent = last.get(keyOf(heartbeat));
      const isCovered = sent?.activation.rowVersion === heartbeat.activation.rowVersion;
      return { result: isCovered && stored.has(keyOf(heartbeat)) };
    });
  }
}

function renewStatement(heartbeats: readonly Heartbeat[]): Statement {
  const rows = heartbeats.map(({ license, activation }) => ({
    tenant_id: activation.tenantId,
    license_id: activation.licenseId,
    version: license.version,
    activation_id: activation.activationId,
    row_version: activation.rowVersion,
    seen_at: activation.lastSeenAt,
    lease_end: activation.leaseExpiresAt,
  }));
  return { ...RENEW_LEASES, values: [JSON.stringify(rows)] };
}

function keyOf({ activation: { tenantId, activationId } }: Heartbeat): string {
  return rowKeyString(tenantId, activationId);
}
