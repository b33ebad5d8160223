import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { PeriodicTask } from '../async/periodic-task.js';
import { Clock } from '../time/clock.js';
import { DatabaseClock } from '../time/database-clock.js';
import { UnitOfWork } from './unit-of-work.js';

const INTERVAL_MS = 10 * 60 * 1000;
const CHUNK_SIZE = 1_000;

/** Deletes expired claims, unless a clock was set recently. SKIP LOCKED lets several processes do this at once without waiting. */
@Injectable()
export class IdempotencySweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(IdempotencySweeper.name, 'Failed to delete expired idempotency keys');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(INTERVAL_MS, () => this.sweep());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  async sweep(): Promise<void> {
    if (!this.databaseClock.isSteady()) return;
    const tenants = await this.dataSource.query<{ id: string }[]>('SELECT id FROM tenants');
    for (const { id } of tenants) {
      while (!this.task.stopped && (await this.sweepBatch(id)) === CHUNK_SIZE);
    }
  }

  private sweepBatch(tenantId: string): Promise<number> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const deleted = await transaction.query({
        text: `DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key_digest IN (
                 SELECT key_digest FROM idempotency_keys WHERE tenant_id = $1 AND expires_at <= $2
                 ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED)
               RETURNING 1`,
        values: [tenantId, this.clock.now(), CHUNK_SIZE],
      });
      return deleted.length;
    });
  }
}
