import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from '../shared/async/periodic-task.js';
import { putBack } from '../shared/time/latest-times.js';
import { DatabaseClock } from '../shared/time/database-clock.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';

const FLUSH_INTERVAL_MS = 15_000;

/** The rows are locked in the order of their ids, or two processes that write the same devices would deadlock. */
const WRITE = {
  name: 'activations.last-seen',
  text: `WITH locked AS (
           SELECT device.activation_id, seen.at FROM unnest($2::uuid[], $3::timestamptz[]) AS seen (id, at)
           JOIN license_activations device ON device.tenant_id = $1 AND device.activation_id = seen.id
           WHERE device.status = 'ACTIVE' ORDER BY device.activation_id FOR NO KEY UPDATE OF device)
         UPDATE license_activations item SET last_seen_at = greatest(locked.at, CASE WHEN item.last_seen_at <= locked.at + $4 * interval '1 millisecond' THEN item.last_seen_at END)
         FROM locked WHERE item.tenant_id = $1 AND item.activation_id = locked.activation_id AND item.status = 'ACTIVE'`,
};

/** Collects last-seen times and writes them periodically, in one statement per tenant, so that requests do not wait for the write. */
@Injectable()
export class DeviceLastSeen implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(DeviceLastSeen.name, 'Failed to write last-seen times');
  private seen = new Map<string, Map<string, Date>>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly databaseClock: DatabaseClock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(FLUSH_INTERVAL_MS, () => this.flush());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop(() => this.flush());
  }

  record({ tenantId, activationId }: { tenantId: string; activationId: string }, now: Date): void {
    this.devicesOf(tenantId).set(activationId, now);
  }

  /** Writes the collected times. A failure for one tenant does not affect the others, and the next flush repeats its times. */
  async flush(): Promise<void> {
    const { seen } = this;
    this.seen = new Map();
    for (const [tenantId, devices] of seen) {
      const values = [tenantId, [...devices.keys()], [...devices.values()], this.databaseClock.toleranceMs];
      await this.task.attempt(() =>
        this.unitOfWork
          .run(tenantId, (transaction) => transaction.query({ ...WRITE, values }))
          .catch((error: unknown) => {
            putBack(this.devicesOf(tenantId), devices);
            throw error;
          }),
      );
    }
  }

  private devicesOf(tenantId: string): Map<string, Date> {
    let devices = this.seen.get(tenantId);
    if (!devices) {
      devices = new Map<string, Date>();
      this.seen.set(tenantId, devices);
    }
    return devices;
  }
}
