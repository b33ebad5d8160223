import { createHash, randomUUID } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { Config } from '../../config.js';
import { PeriodicTask } from '../async/periodic-task.js';
import { Clock } from '../time/clock.js';
import { coalesceReads } from '../async/coalesce-reads.js';
import { withTimeout } from '../async/with-timeout.js';

export const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1000;
const SHARE_INTERVAL_MS = 1_000;
/**
 * Maximum number of counted names in memory. Beyond it the least recently used one loses its count, unless processes share counts: then the
 * next exchange writes it, and a new request reads it again.
 */
const MAX_NAMES = 100_000;
/** Longest wait of a request for the counts of other processes; afterwards only the count of this process applies. */
const READ_TIMEOUT_MS = 1_000;

const READ_COUNTS = 'SELECT key, points FROM rate_limits WHERE key = ANY($1)';
/**
 * Adds a batch once, however often it is sent: the row $4 of the process has the number $5 of its last batch. Sorted by key, because two
 * processes that lock the same rows in different orders would deadlock.
 */
const ADD_COUNTS = `
  WITH batch AS (
    INSERT INTO rate_limits AS last (key, points, expire) VALUES ($4, $5, $3)
    ON CONFLICT (key) DO UPDATE SET points = excluded.points, expire = excluded.expire WHERE last.points <> excluded.points
    RETURNING 1)
  INSERT INTO rate_limits AS counted (key, points, expire)
  SELECT key, sum(points), $3 FROM unnest($1::text[], $2::integer[]) AS added (key, points)
  WHERE EXISTS (SELECT FROM batch) GROUP BY key ORDER BY key
  ON CONFLICT (key) DO UPDATE SET points = counted.points + excluded.points`;
const DELETE_EXPIRED = `
  DELETE FROM rate_limits
  WHERE key IN (SELECT key FROM rate_limits WHERE expire < $1 ORDER BY key FOR UPDATE SKIP LOCKED)`;

/** Count of a name in the current minute. */
export interface WindowCount {
  readonly used: number;
  /** Seconds until the next minute, rounded up. */
  readonly resetS: number;
}

/** Count that includes the caller's request. */
export interface Counted extends WindowCount {
  /** Subtracts this request from the minute in which it was counted. */
  takeBack(): void;
}

interface Count {
  /** Requests that this process counted. */
  own: number;
  /** Part of `own` that is already in the database. */
  reported: number;
  /** Requests that other processes counted, as of the last read. */
  remote: number;
  /** True if the count was used since the last read. */
  stale: boolean;
  readonly loaded: Promise<unknown> | undefined;
}

interface Row {
  readonly key: string;
  readonly points: number;
}

/** Counts that the database has not confirmed. */
interface Batch {
  readonly number: number;
  readonly window: number;
  readonly additions: readonly { readonly key: string; readonly count: Count; readonly added: number }[];
}

/**
 * Counts per name and clock minute. With RATE_LIMIT_STORE=postgres a process reads names that are new to it and exchanges counts with the
 * database once a second, so a shared limit can be exceeded by what all processes let through within that second.
 */
@Injectable()
export class RateCounter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(RateCounter.name, 'Failed to synchronize rate limits');
  private readonly counts = new LRUCache<string, Count>({
    maxSize: this.maxNames,
    sizeCalculation: () => 1,
    dispose: (count, name, reason) => {
      if (reason === 'evict') this.keepUnreported(name, count);
    },
  });
  /** Counts of this minute that left the memory and are not in the database yet. */
  private evicted: { readonly key: string; readonly count: Count }[] = [];
  private readonly processKey = `batch@${randomUUID()}`;
  private batches = 0;
  /** The batch is sent again unchanged: a lost connection does not tell whether it was added. */
  private unconfirmed: Batch | undefined;
  private readonly isShared: boolean;
  private readonly reads = coalesceReads<string, Row>(
    (key) => key,
    ({ key }) => key,
    (keys) => this.read(keys),
  );
  private window = 0;
  private sharing: Promise<void> = Promise.resolve();

  constructor(
    private readonly clock: Clock,
    @InjectDataSource() private readonly dataSource: DataSource,
    { settings }: Config,
  ) {
    this.isShared = settings.RATE_LIMIT_STORE === 'postgres';
  }

  /** Number of counts in memory; a test has fewer. */
  protected get maxNames(): number {
    return MAX_NAMES;
  }

  onApplicationBootstrap(): void {
    if (this.isShared) this.task.every(SHARE_INTERVAL_MS, () => this.syncCounts());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop(this.isShared ? () => this.syncCounts() : undefined);
  }

  /** Counts a request and returns the new count. */
  async count(name: string): Promise<Counted> {
    const resetS = this.turn();
    const { window } = this;
    const count = this.countOf(name);
    if (count.loaded) {
      await count.loaded;
      this.turn();
      // A new minute has begun meanwhile: added to the old count, the request would count nowhere.
      if (this.window !== window) return this.count(name);
    }
    const add = (change: number) => {
      count.own += change;
      count.stale = true;
    };
    add(1);
    return {
      used: count.own + count.remote,
      resetS,
      takeBack: () => {
        add(-1);
      },
    };
  }

  /** Exchanges counts with the database. Runs one at a time, else a count would be added twice; the next run repeats a failed one. */
  syncCounts(): Promise<void> {
    const synchronized = this.sharing.then(() => this.synchronize());
    this.sharing = synchronized.catch(() => undefined);
    return synchronized;
  }

  private async synchronize(): Promise<void> {
    this.turn();
    const { window } = this;
    if (this.unconfirmed?.window !== window) this.unconfirmed = undefined;
    await this.sendBatch();
    const evicted = this.evicted.splice(0);
    const stale = [...this.counts]
      .filter(([, count]) => count.stale)
      .map(([name, count]) => ({ key: keyOf(name, window), count }));
    if (stale.length + evicted.length === 0) return;
    for (const { count } of stale) count.stale = false;
    const additions = [...stale, ...evicted]
      .map(({ key, count }) => ({ key, count, added: count.own - count.reported }))
      .filter(({ added }) => added !== 0);
    try {
      if (additions.length > 0) this.unconfirmed = { number: ++this.batches, window, additions };
      await this.sendBatch();
      const rows = new Map((await this.read(stale.map(({ key }) => key))).map(({ key, points }) => [key, points]));
      for (const { key, count } of stale) count.remote = Math.max(0, (rows.get(key) ?? 0) - count.reported);
    } catch (error) {
      for (const { count } of stale) count.stale = true;
      throw error;
    }
    // Rows of the previous minute stay, for a process whose clock is slightly behind.
    await this.dataSource.query(DELETE_EXPIRED, [(window - 1) * WINDOW_MS]);
  }

  /** Adds the batch to the database, unless that was done before; after a failure the next run repeats it. */
  private async sendBatch(): Promise<void> {
    const batch = this.unconfirmed;
    if (!batch) return;
    const { number, window, additions } = batch;
    const values = [additions.map(({ key }) => key), additions.map(({ added }) => added)];
    await this.dataSource.query(ADD_COUNTS, [...values, (window + 1) * WINDOW_MS, this.processKey, number]);
    for (const { count, added } of additions) count.reported += added;
    this.unconfirmed = undefined;
  }

  private keepUnreported(name: string, count: Count): void {
    if (this.isShared && this.evicted.length < this.maxNames)
      this.evicted.push({ key: keyOf(name, this.window), count });
  }

  /** Clears the counts if a new minute has begun. Returns the seconds until the next one. */
  private turn(): number {
    const now = this.clock.now().getTime();
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.window) {
      this.window = window;
      this.counts.clear();
      this.evicted = [];
    }
    return Math.ceil(((window + 1) * WINDOW_MS - now) / 1000);
  }

  private countOf(name: string): Count {
    const cached = this.counts.get(name);
    if (cached) return cached;
    const loaded = this.isShared
      ? this.load(name).then((points) => (count.remote = Math.max(count.remote, points)))
      : undefined;
    const count: Count = { own: 0, reported: 0, remote: 0, stale: true, loaded };
    this.counts.set(name, count);
    return count;
  }

  /** Reads the stored count of a name that is new to this process; 0 after a failure or timeout. */
  private async load(name: string): Promise<number> {
    const row = await withTimeout(READ_TIMEOUT_MS, this.reads.add(keyOf(name, this.window))).catch(() => undefined);
    return row?.points ?? 0;
  }

  private read(keys: readonly string[]): Promise<Row[]> {
    return this.dataSource.query<Row[]>(READ_COUNTS, [keys]);
  }
}

/** Digest of a name, because names contain personal data such as addresses; also gives all keys one length. */
function keyOf(name: string, window: number): string {
  return `${createHash('sha256').update(name).digest('base64url')}@${window}`;
}
