import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import { putBack } from '../../shared/time/latest-times.js';

const FLUSH_INTERVAL_MS = 15_000;

/** Locks the rows in the order of their ids: two processes that write the same rows would deadlock otherwise. */
const WRITE = `
  WITH locked AS (
    SELECT key.id, used.at FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)
    JOIN api_keys key ON key.id = used.id ORDER BY key.id FOR NO KEY UPDATE OF key)
  UPDATE api_keys SET last_used_at = greatest(last_used_at, locked.at) FROM locked WHERE api_keys.id = locked.id`;

/** Records the last use of each API key in memory and writes all periodically in one statement, off the request path. */
@Injectable()
export class ApiKeyLastUsed implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(ApiKeyLastUsed.name, 'Failed to write last-used times');
  private used = new Map<string, Date>();

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    this.task.every(FLUSH_INTERVAL_MS, () => this.flush());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop(() => this.flush());
  }

  record(keyId: string, now: Date): void {
    this.used.set(keyId, now);
  }

  /** Writes the collected times; after a failure the next flush repeats them. */
  async flush(): Promise<void> {
    if (this.used.size === 0) return;
    const used = this.used;
    this.used = new Map();
    await this.dataSource.query(WRITE, [[...used.keys()], [...used.values()]]).catch((error: unknown) => {
      putBack(this.used, used);
      throw error;
    });
  }
}
