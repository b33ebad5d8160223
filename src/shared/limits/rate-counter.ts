import { createHash } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { RateLimiterMemory, RateLimiterPostgres, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { DataSource } from 'typeorm';
import { Config } from '../../config.js';
import { poolOf } from '../../database/pool.js';
import { Chore } from '../chore.js';
import { Clock } from '../clock.js';

export const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1000;
const SHARE_INTERVAL_MS = 1_000;

/** What was counted under one name in the minute that runs. */
export interface Usage {
  readonly used: number;
  /** Seconds until the count begins anew, rounded up. */
  readonly resetS: number;
}

interface Shared {
  readonly window: number;
  /** Counted here. */
  own: number;
  /** Of those, told to the others. */
  told: number;
  /** Counted by the others, as last heard. */
  others: number;
}

/**
 * Counts per name and minute of the clock. In-process by itself; with RATE_LIMIT_STORE=postgres every process tells its
 * counts to the database once a second, one statement for each name that was counted, and hears those of the others. So
 * a limit that is shared can be exceeded by what all processes let through within that second.
 */
@Injectable()
export class RateCounter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly chore = new Chore(RateCounter.name, 'Rate limits could not be shared');
  private readonly counts = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: WINDOW_S });
  private readonly store: RateLimiterAbstract | undefined;
  private shared = new Map<string, Shared>();
  private sharing: Promise<void> = Promise.resolve();

  constructor(
    private readonly clock: Clock,
    @InjectDataSource() dataSource: DataSource,
    { settings }: Config,
  ) {
    if (settings.RATE_LIMIT_STORE === 'memory') return;
    this.store = new RateLimiterPostgres({
      storeClient: poolOf(dataSource),
      storeType: 'pool',
      tableName: 'rate_limits',
      tableCreated: true,
      clearExpiredByTimeout: true,
      keyPrefix: '',
      points: Number.MAX_SAFE_INTEGER,
      duration: WINDOW_S,
    });
  }

  onApplicationBootstrap(): void {
    if (this.store) this.chore.every(SHARE_INTERVAL_MS, () => this.share());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.chore.stop(() => this.share());
  }

  /** Counts one more and returns what that makes. */
  async count(name: string): Promise<Usage> {
    const { window, resetS } = this.now();
    const { consumedPoints } = await this.counts.penalty(keyOf(name, window), 1);
    if (!this.store) return { used: consumedPoints, resetS };
    let shared = this.shared.get(name);
    if (shared?.window !== window) this.shared.set(name, (shared = { window, own: 0, told: 0, others: 0 }));
    shared.own++;
    return { used: shared.own + shared.others, resetS };
  }

  /** What was counted so far. */
  async read(name: string): Promise<Usage> {
    const { window, resetS } = this.now();
    const shared = this.shared.get(name);
    if (shared?.window === window) return { used: shared.own + shared.others, resetS };
    const counted = await this.counts.get(keyOf(name, window));
    return { used: counted?.consumedPoints ?? 0, resetS };
  }

  /**
   * Tells the others what was counted here and hears what they counted, once at a time: what is told is told once. A failure is made up
   * for by the next time.
   */
  share(): Promise<void> {
    const shared = this.sharing.then(() => this.tellAndHear());
    this.sharing = shared.catch(() => undefined);
    return shared;
  }

  private async tellAndHear(): Promise<void> {
    const { window } = this.now();
    for (const [name, shared] of this.shared) if (shared.window !== window) this.shared.delete(name);
    await Promise.all(
      [...this.shared].map(async ([name, shared]) => {
        const untold = shared.own - shared.told;
        if (untold === 0) return;
        const all = await this.store?.penalty(keyOf(name, window), untold);
        shared.told += untold;
        shared.others = Math.max(0, (all?.consumedPoints ?? 0) - shared.told);
      }),
    );
  }

  private now(): { window: number; resetS: number } {
    const now = this.clock.now().getTime();
    const window = Math.floor(now / WINDOW_MS);
    return { window, resetS: Math.ceil(((window + 1) * WINDOW_MS - now) / 1000) };
  }
}

/** Names hold addresses and people: a digest is as good to count under, and of one length. */
function keyOf(name: string, window: number): string {
  return `${createHash('sha256').update(name).digest('base64url')}@${window}`;
}
