import { createHash } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { Config } from '../../config.js';
import { PeriodicTask } from '../async/periodic-task.js';
import { Clock } from '../time/clock.js';
import { ReadCoalescer } from '../async/read-coalescer.js';
import { withTimeout } from '../async/with-timeout.js';

export const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1000;
const SHARE_INTERVAL_MS = 1_000;
/** Names that are counted at once; beyond them those that were used longest ago are counted anew. */
const MAX_NAMES = 100_000;
/** How long a request waits for the counts of other processes before it goes by those of this one alone. */
const READ_TIMEOUT_MS = 1_000;

const READ = 'SELECT key, points FROM rate_limits WHERE key = ANY($1)';
/** In the order of the keys: two processes that add to the same ones would deadlock otherwise. */
const ADD = `
  INSERT INTO rate_limits AS counted (key, points, expire)
  SELECT key, points, $3 FROM unnest($1::text[], $2::integer[]) AS added (key, points) ORDER BY key
  ON CONFLICT (key) DO UPDATE SET points = counted.points + excluded.points`;
const DELETE_EXPIRED = `
  DELETE FROM rate_limits
  WHERE key IN (SELECT key FROM rate_limits WHERE expire < $1 ORDER BY key FOR UPDATE SKIP LOCKED)`;

/** What was counted under one name in the minute that runs. */
export interface WindowCount {
  readonly used: number;
  /** Seconds until the count begins anew, rounded up. */
  readonly resetS: number;
}

/** A usage after something was counted. */
export interface Counted extends WindowCount {
  /** Undoes this one count, in its own minute alone. */
  takeBack(): void;
}

interface Count {
  /** Counted by this process. */
  own: number;
  /** The part of `own` that is in the database. */
  reported: number;
  /** Counted by other processes, as of the last reading. */
  remote: number;
  /** Whether it was used since the last reading. */
  stale: boolean;
  readonly loaded: Promise<unknown> | undefined;
}

interface Row {
  readonly key: string;
  readonly points: number;
}

/**
 * Counts per name and minute of the clock. In-process by itself; with RATE_LIMIT_STORE=postgres a name that is new to this process
 * is read first, and once a second two statements add what was counted here and read what others counted. So a limit that is
 * shared can be exceeded by what all processes let through within that second.
 */
@Injectable()
export class RateCounter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly chore = new PeriodicTask(RateCounter.name, 'Failed to synchronize rate limits');
  private readonly counts = new LRUCache<string, Count>({ maxSize: MAX_NAMES, sizeCalculation: () => 1 });
  private readonly isShared: boolean;
  private readonly reads = new ReadCoalescer<string, Row>(
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

  onApplicationBootstrap(): void {
    if (this.isShared) this.chore.every(SHARE_INTERVAL_MS, () => this.syncCounts());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.chore.stop(this.isShared ? () => this.syncCounts() : undefined);
  }

  /** Counts one more and returns what that makes. */
  async count(name: string): Promise<Counted> {
    const resetS = this.turn();
    const count = this.countOf(name);
    if (count.loaded) await count.loaded;
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

  /**
   * Adds what was counted here to the database and reads what others counted, once at a time: what is added is added once. A failure is
   * made up for by the next time.
   */
  syncCounts(): Promise<void> {
    const shared = this.sharing.then(() => this.synchronize());
    this.sharing = shared.catch(() => undefined);
    return shared;
  }

  private async synchronize(): Promise<void> {
    this.turn();
    const { window } = this;
    const stale = [...this.counts]
      .filter(([, count]) => count.stale)
      .map(([name, count]) => ({ key: keyOf(name, window), count, added: count.own - count.reported }));
    if (stale.length === 0) return;
    for (const { count } of stale) count.stale = false;
    const added = stale.filter((one) => one.added !== 0);
    try {
      if (added.length > 0) {
        const expire = (window + 1) * WINDOW_MS;
        await this.dataSource.query(ADD, [added.map(({ key }) => key), added.map((one) => one.added), expire]);
        for (const one of added) one.count.reported += one.added;
      }
      const rows = new Map((await this.read(stale.map(({ key }) => key))).map(({ key, points }) => [key, points]));
      for (const { key, count } of stale) count.remote = Math.max(0, (rows.get(key) ?? 0) - count.reported);
    } catch (error) {
      for (const { count } of stale) count.stale = true;
      throw error;
    }
    // The minute before stays, for a process whose clock is a little late.
    await this.dataSource.query(DELETE_EXPIRED, [(window - 1) * WINDOW_MS]);
  }

  /** Begins a new minute where the last one is over. Returns the seconds until the next. */
  private turn(): number {
    const now = this.clock.now().getTime();
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.window) {
      this.window = window;
      this.counts.clear();
    }
    return Math.ceil(((window + 1) * WINDOW_MS - now) / 1000);
  }

  private countOf(name: string): Count {
    const known = this.counts.get(name);
    if (known) return known;
    const loaded = this.isShared
      ? this.load(name).then((points) => (count.remote = Math.max(count.remote, points)))
      : undefined;
    const count: Count = { own: 0, reported: 0, remote: 0, stale: true, loaded };
    this.counts.set(name, count);
    return count;
  }

  /** Points that other processes counted under a name that is new here. */
  private async load(name: string): Promise<number> {
    const row = await withTimeout(READ_TIMEOUT_MS, this.reads.load(keyOf(name, this.window))).catch(() => undefined);
    return row?.points ?? 0;
  }

  private read(keys: readonly string[]): Promise<Row[]> {
    return this.dataSource.query<Row[]>(READ, [keys]);
  }
}

/** Names hold addresses and people: a digest is as good to count under, and of one length. */
function keyOf(name: string, window: number): string {
  return `${createHash('sha256').update(name).digest('base64url')}@${window}`;
}
