import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DATABASE_TIME } from '../../database/database-time.js';
import { PeriodicTask } from '../async/periodic-task.js';
import { ClockOffset } from './clock-offset.js';
import { Metrics } from '../metrics.js';
import { ProcessClock } from './process-clock.js';

const SAMPLE_INTERVAL_MS = 5_000;
/** Tolerated difference and step; clocks that NTP sets stay below it. */
const MAX_DIFFERENCE_MS = 2 * 60 * 1000;
/** Time without a clock step before timers write again. */
const PAUSE_MS = 10 * 60 * 1000;
const CENTURY_MS = 100 * 365 * 24 * 60 * 60 * 1000;

/**
 * Database time without a round trip: the monotonic clock of the process plus an offset, measured periodically and by each statement that
 * locks a row. Each measurement is compared with the previous one to detect clock steps. See docs/decisions/0033-one-clock.md.
 */
@Injectable()
export class DatabaseClock implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DatabaseClock.name);
  private readonly task = new PeriodicTask(DatabaseClock.name, "Failed to read the database's clock");
  private readonly offset = new ClockOffset();
  private wallOffset: number | undefined;
  /** Offset before the last step of the database's clock; undefined when the pause has ended. */
  private offsetBeforeStep: number | undefined;
  /** End of the pause on the monotonic clock. */
  private pausedUntil = -Infinity;
  private warned = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly process: ProcessClock,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): Promise<void> {
    return this.task.attempt(() => this.sample());
  }

  onApplicationBootstrap(): void {
    this.task.every(SAMPLE_INTERVAL_MS, () => this.sample());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Returns the database's time, or the wall clock of the process before the first measurement. */
  now(): Date {
    const { value } = this.offset;
    return new Date(value === undefined ? this.process.wall() : this.process.monotonic() + value);
  }

  /** Monotonic time to pass to `observe`; callers read it before they send a statement with DATABASE_TIME. */
  get sendingAt(): number {
    return this.process.monotonic();
  }

  /** Records a DATABASE_TIME that was just received. */
  observe(databaseTime: number, sentAt: number): void {
    const before = this.offset.value;
    this.offset.observe(databaseTime, sentAt, this.process.monotonic());
    const step = before === undefined ? 0 : (this.offset.value ?? before) - before;
    if (Math.abs(step) > MAX_DIFFERENCE_MS) {
      this.offsetBeforeStep ??= before;
      this.pause('database', step);
    }
    this.isSteady();
  }

  /**
   * Returns true if timers may write: no clock was set within the last ten minutes, and the clocks of process and database agree.
   * Requests do not depend on it.
   */
  isSteady(): boolean {
    const monotonic = this.process.monotonic();
    const wallOffset = this.process.wall() - monotonic;
    const step = wallOffset - (this.wallOffset ?? wallOffset);
    this.wallOffset = wallOffset;
    if (Math.abs(step) > MAX_DIFFERENCE_MS) this.pause('process', step);
    const isSteady = monotonic >= this.pausedUntil && Math.abs(this.difference) <= MAX_DIFFERENCE_MS;
    if (monotonic >= this.pausedUntil) this.offsetBeforeStep = undefined;
    this.report(isSteady);
    return isSteady;
  }

  /** Milliseconds that the clock of the process is ahead of the database's; negative if behind. */
  get difference(): number {
    return this.process.wall() - this.now().getTime();
  }

  /**
   * Returns the time up to which commands may treat things as ended: `now`, but for ten minutes after the database's clock was set ahead
   * the time without that step, because an ending cannot be undone.
   */
  settled(now: Date): Date {
    this.isSteady();
    if (this.offsetBeforeStep === undefined) return now;
    return new Date(Math.min(now.getTime(), this.process.monotonic() + this.offsetBeforeStep));
  }

  /**
   * Milliseconds that a stored time may be in the future; a later one was written by a clock that was ahead. A century after a recent step
   * of the database's clock, when stored times cannot be judged.
   */
  get toleranceMs(): number {
    this.isSteady();
    return this.offsetBeforeStep === undefined ? MAX_DIFFERENCE_MS : CENTURY_MS;
  }

  /** Measures the offset with a statement of its own. */
  async sample(): Promise<void> {
    const sentAt = this.sendingAt;
    const [row] = await this.dataSource.query<{ time: number }[]>(`SELECT ${DATABASE_TIME} AS time`);
    if (row) this.observe(row.time, sentAt);
  }

  private pause(clock: 'process' | 'database', step: number): void {
    this.metrics.clockSteps.inc({ clock });
    this.pausedUntil = this.process.monotonic() + PAUSE_MS;
    this.warn(`The clock of the ${clock} was set ${inWords(step)}`);
  }

  /** Logs once per pause, however many steps it has, and once at its end. */
  private report(isSteady: boolean): void {
    if (!isSteady) this.warn(`The clock of the process is ${inWords(this.difference)} of the database's`);
    else if (this.warned) this.logger.log('The clocks are steady. Automatic renewals and timer events continue.');
    this.warned = !isSteady;
  }

  private warn(what: string): void {
    if (this.warned) return;
    this.warned = true;
    const until = "until the clock of the process is the database's and both were steady for 10 minutes";
    this.logger.warn(`${what}: automatic renewals and timer events wait ${until}. Set the clocks by NTP.`);
  }
}

function inWords(milliseconds: number): string {
  return `${Math.abs(Math.round(milliseconds / 1000))} s ${milliseconds < 0 ? 'behind' : 'ahead'}`;
}
