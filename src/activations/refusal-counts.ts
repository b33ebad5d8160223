import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Config } from '../config.js';
import { FindLicenseQuery } from '../licensing/index.js';
import { Actor } from '../shared/access/actor.js';
import type { Outcome } from '../shared/async/coalescer.js';
import { coalesceWrites } from '../shared/persistence/coalesce-writes.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { rowKeyString } from '../shared/tenant-id.js';
import { TenantSweeper } from '../shared/timers/tenant-sweeper.js';
import { TenantTimer } from '../shared/timers/tenant-timer.js';
import { HOUR_MS } from './client-event-limit.js';
import { RefusalsCountedEvent } from './events/refusals-counted.event.js';

const SERVICE = 'refusal-counts';
/** Rows per transaction of the sweep. */
const CHUNK_SIZE = 1_000;
/** Time after an hour in which requests that began in it have ended. */
const SETTLING_MS = 60_000;
/** Time from the start of an hour until its counts are recorded. */
const ENDED_AFTER_MS = HOUR_MS + SETTLING_MS;

/** Refusal without an event of its own. A device is counted once in an hour; without one, each refusal counts. */
export interface UnrecordedRefusal {
  readonly tenantId: string;
  readonly licenseId: string;
  readonly code: string;
  readonly fingerprint?: string;
  readonly at: Date;
}

/**
 * Counts refusals ($1) of several tenants. Each refused device has a row in its hour, also one whose refusal has an event, and is counted by the
 * statement that inserts it. The count is the row without a device. Rows are inserted one by one, each as its tenant (decision 0022), and in
 * the order of their keys, or two processes that insert the same ones would deadlock.
 */
const COUNT_REFUSALS = {
  name: 'activation-refusals.count',
  text: `
    WITH refused AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset($1) AS refused (tenant_id text, license_id uuid, fingerprint text, hour timestamptz, code text)
    ), device AS (
      INSERT INTO license_activation_refusals (tenant_id, license_id, fingerprint, hour, code)
      SELECT tenant_id, license_id, fingerprint, hour, code FROM (
        SELECT DISTINCT tenant_id, license_id, fingerprint, hour, code FROM refused WHERE fingerprint <> ''
        ORDER BY tenant_id, license_id, hour, code, fingerprint OFFSET 0) AS item
      WHERE ${SET_TENANT_OF_ROW}
      ON CONFLICT DO NOTHING
      RETURNING tenant_id, license_id, hour, code
    )
    INSERT INTO license_activation_refusals AS kept (tenant_id, license_id, fingerprint, hour, code, refusals)
    SELECT tenant_id, license_id, '', hour, code, refusals FROM (
      SELECT tenant_id, license_id, hour, code, count(*)::int AS refusals FROM (
        SELECT tenant_id, license_id, hour, code FROM device
        UNION ALL
        SELECT tenant_id, license_id, hour, code FROM refused WHERE fingerprint = '') AS counted
      GROUP BY tenant_id, license_id, hour, code ORDER BY tenant_id, license_id, hour, code OFFSET 0) AS item
    WHERE ${SET_TENANT_OF_ROW}
    ON CONFLICT (tenant_id, license_id, fingerprint, hour, code) DO UPDATE SET refusals = kept.refusals + EXCLUDED.refusals`,
};

/** Deletes at most $3 rows of hours until $2, those with devices or those with counts. Rows that another process holds are left to it. */
const deleteEnded = (name: string, condition: string) => ({
  name: `activation-refusals.${name}`,
  text: `WITH due AS MATERIALIZED (
           SELECT license_id, fingerprint, hour, code FROM license_activation_refusals
           WHERE tenant_id = $1 AND hour <= $2 AND ${condition} ORDER BY hour LIMIT $3 FOR UPDATE SKIP LOCKED)
         DELETE FROM license_activation_refusals AS refusal USING due
         WHERE refusal.tenant_id = $1 AND (refusal.license_id, refusal.fingerprint, refusal.hour, refusal.code)
           = (due.license_id, due.fingerprint, due.hour, due.code)
         RETURNING refusal.license_id, refusal.hour, refusal.code, refusal.refusals`,
});
const COUNTS = `fingerprint = ''`;
const DEVICES = `fingerprint <> ''`;
const TAKE_COUNTS = deleteEnded('take-counts', COUNTS);
const DELETE_DEVICES = deleteEnded('delete-devices', DEVICES);

/**
 * Counts refusals of programs beyond the limit of events. A refusal is stored before it is answered, those that arrive together by one
 * statement; at the end of the hour one event has their number, and takes the place of their rows in one transaction.
 */
@Injectable()
export class RefusalCounts extends TenantTimer {
  protected readonly due = [COUNTS, DEVICES].map(
    (condition) => `license_activation_refusals WHERE tenant_id = tenant.tenant_id AND ${condition}
      AND hour <= $1::timestamptz - interval '${ENDED_AFTER_MS} milliseconds' ORDER BY hour`,
  );
  private readonly groups = coalesceWrites<UnrecordedRefusal, undefined>({
    queueOf: ({ tenantId, licenseId }) => rowKeyString(tenantId, licenseId),
    ownerOf: ({ tenantId }) => tenantId,
    run: (group) => this.storeGroup(group),
  });

  constructor(
    sweeper: TenantSweeper,
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    { settings }: Config,
  ) {
    super(sweeper, settings.LICENSE_TIMER_INTERVAL_MS, 'Failed to record counts of refusals');
  }

  /** Counts a refusal, outside any unit of work. */
  async add(refusal: UnrecordedRefusal): Promise<void> {
    await this.groups.add(refusal);
  }

  /** Records an event for each count of an hour that is over, with its removal. */
  protected sweepTenant(tenantId: string): Promise<void> {
    return this.inChunks(tenantId, CHUNK_SIZE, async (transaction, now) => {
      const values = [tenantId, new Date(now.getTime() - ENDED_AFTER_MS), CHUNK_SIZE];
      const [counted, devices] = await Promise.all([
        this.takeCounts(transaction, values, now),
        transaction.query({ ...DELETE_DEVICES, values }),
      ]);
      return Math.max(counted, devices.length);
    });
  }

  private async storeGroup(group: readonly UnrecordedRefusal[]): Promise<Outcome<undefined>[]> {
    const rows = group.map(({ tenantId, licenseId, fingerprint = '', code, at }) => {
      const hour = new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);
      return { tenant_id: tenantId, license_id: licenseId, fingerprint, hour, code };
    });
    await this.unitOfWork.executeStandalone({ ...COUNT_REFUSALS, values: [JSON.stringify(rows)] });
    return group.map(() => ({ result: undefined }));
  }

  private async takeCounts(transaction: Transaction, values: readonly unknown[], now: Date): Promise<number> {
    const actor = Actor.service(SERVICE, transaction.tenantId);
    const rows = await transaction.query<{ license_id: string; hour: Date; code: string; refusals: number }>({
      ...TAKE_COUNTS,
      values: [...values],
    });
    for (const { license_id: licenseId, hour, code, refusals } of rows) {
      const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
      const counted = { code, count: refusals, since: hour, until: new Date(hour.getTime() + HOUR_MS) };
      transaction.record(new RefusalsCountedEvent(actor, now, { licenseId, partnerId: license?.partnerId }, counted));
    }
    return rows.length;
  }
}
