import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Config } from '../config.js';
import { FindLicenseQuery } from '../licensing/index.js';
import { Actor } from '../shared/access/actor.js';
import { PeriodicTask } from '../shared/async/periodic-task.js';
import { groupBy } from '../shared/group-by.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Clock } from '../shared/time/clock.js';
import { TenantSweeper } from '../shared/timers/tenant-sweeper.js';
import { HOUR_MS } from './client-event-limit.js';
import { RefusalsCountedEvent } from './events/refusals-counted.event.js';

const SERVICE = 'refusal-counts';
const FLUSH_INTERVAL_MS = 10_000;
/** Counts, and devices, that are in memory at once. Refusals of more licenses are not counted, and more devices not told apart. */
const MAX_COUNTS = 10_000;
const MAX_DEVICES = 100_000;
/** Time after an hour in which every process has stored what it counted in it. */
const SETTLING_MS = 60_000;

/** Refusals of one license with one code in one hour. */
interface RefusalCount {
  readonly tenantId: string;
  readonly licenseId: string;
  readonly code: string;
  readonly hour: number;
  refusals: number;
}

/** Refusal without an event of its own. A device is counted once in an hour; without one, each refusal counts. */
export interface UnrecordedRefusal {
  readonly tenantId: string;
  readonly licenseId: string;
  readonly code: string;
  readonly fingerprint?: string;
  readonly at: Date;
}

/** Rows are inserted in the order of their keys, or two processes that write the same ones would deadlock. */
const ADD_REFUSALS = {
  name: 'activation-refusals.add',
  text: `INSERT INTO license_activation_refusals AS kept (tenant_id, license_id, fingerprint, hour, code, refusals)
         SELECT $1, license_id, '', hour, code, refusals
         FROM jsonb_to_recordset($2) AS counted (license_id uuid, hour timestamptz, code text, refusals integer)
         ORDER BY license_id, hour, code
         ON CONFLICT (tenant_id, license_id, fingerprint, hour, code) DO UPDATE SET refusals = kept.refusals + EXCLUDED.refusals`,
};
const TAKE_REFUSALS = {
  name: 'activation-refusals.take',
  text: `DELETE FROM license_activation_refusals WHERE tenant_id = $1 AND fingerprint = '' AND hour <= $2
         RETURNING license_id, hour, code, refusals`,
};

/**
 * Counts refusals of programs beyond the limit of events: in memory, so that a flood of them costs no statement, then in one row per license,
 * code and hour, and at the end of the hour in one event. A process that is killed loses ten seconds.
 */
@Injectable()
export class RefusalCounts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(RefusalCounts.name, 'Failed to write counts of refusals');
  private readonly recorder = new PeriodicTask(RefusalCounts.name, 'Failed to record counts of refusals');
  private counts = new Map<string, RefusalCount>();
  private devices = new Set<string>();
  private hourOfDevices = 0;

  constructor(
    private readonly sweeper: TenantSweeper,
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(FLUSH_INTERVAL_MS, () => this.flush());
    this.recorder.every(this.config.settings.LICENSE_TIMER_INTERVAL_MS, () => this.recordEndedHours());
    this.recorder.runSoon(() => this.recordEndedHours());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.recorder.stop();
    await this.task.stop(() => this.flush());
  }

  /** Notes a device that has an event of its own in this hour. */
  note(refusal: UnrecordedRefusal): void {
    this.isKnown(refusal);
  }

  add(refusal: UnrecordedRefusal): void {
    if (this.isKnown(refusal)) return;
    const { tenantId, licenseId, code, at } = refusal;
    this.addCount({ tenantId, licenseId, code, hour: hourOf(at), refusals: 1 });
  }

  /** Stores the counts. Those whose write fails are added to later ones. */
  async flush(): Promise<void> {
    const { counts } = this;
    this.counts = new Map();
    for (const [tenantId, ofTenant] of groupBy(counts.values(), (count) => count.tenantId)) {
      await this.task.attempt(async () => {
        try {
          await this.unitOfWork.run(tenantId, (transaction) =>
            transaction.query({ ...ADD_REFUSALS, values: [tenantId, rowsOf(ofTenant)] }),
          );
        } catch (error) {
          for (const count of ofTenant) this.addCount(count);
          throw error;
        }
      });
    }
  }

  /** Records an event for each count of an hour that is over, with its removal. A failure for one tenant does not stop the others. */
  recordEndedHours(): Promise<void> {
    return this.sweeper.eachTenant(this.recorder, (tenantId) => this.recordCounts(tenantId));
  }

  private recordCounts(tenantId: string): Promise<void> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const now = this.clock.now();
      const actor = Actor.service(SERVICE, tenantId);
      const rows = await transaction.query<{ license_id: string; hour: Date; code: string; refusals: number }>({
        ...TAKE_REFUSALS,
        values: [tenantId, new Date(now.getTime() - HOUR_MS - SETTLING_MS)],
      });
      for (const { license_id: licenseId, hour, code, refusals } of rows) {
        const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
        const counted = { code, count: refusals, since: hour, until: new Date(hour.getTime() + HOUR_MS) };
        transaction.record(new RefusalsCountedEvent(actor, now, { licenseId, partnerId: license?.partnerId }, counted));
      }
    });
  }

  /** Tells whether the device was refused before in the hour, and remembers it. */
  private isKnown({ tenantId, licenseId, code, fingerprint, at }: UnrecordedRefusal): boolean {
    if (fingerprint === undefined) return false;
    const hour = hourOf(at);
    if (hour !== this.hourOfDevices) {
      this.hourOfDevices = hour;
      this.devices = new Set();
    }
    const key = `${tenantId} ${licenseId} ${code} ${fingerprint}`;
    if (this.devices.has(key)) return true;
    if (this.devices.size < MAX_DEVICES) this.devices.add(key);
    return false;
  }

  private addCount(count: RefusalCount): void {
    const { tenantId, licenseId, code, hour, refusals } = count;
    const key = `${tenantId} ${licenseId} ${code} ${hour}`;
    const known = this.counts.get(key);
    if (known) known.refusals += refusals;
    else if (this.counts.size < MAX_COUNTS) this.counts.set(key, { ...count });
  }
}

function hourOf(at: Date): number {
  return Math.floor(at.getTime() / HOUR_MS) * HOUR_MS;
}

function rowsOf(counts: readonly RefusalCount[]): string {
  return JSON.stringify(
    counts.map(({ licenseId, hour, code, refusals }) => ({
      license_id: licenseId,
      hour: new Date(hour),
      code,
      refusals,
    })),
  );
}
