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
/** Clocks that are set by the network differ by less. */
const MAX_DIFFERENCE_MS = 2 * 60 * 1000;
/** So long both clocks must be steady after a step before time causes writes again. */
const PAUSE_MS = 10 * 60 * 1000;
const CENTURY_MS = 100 * 365 * 24 * 60 * 60 * 1000;

/**
 * The database's time, without a round trip: the monotonic clock of the process and an offset, which is measured every few seconds
 * and by each statement that locks a row. Each measurement is compared with the one before, so no step of a clock passes
 * unnoticed. See docs/decisions/0033-one-clock.md.
 */
@Injectable()
export class DatabaseClock implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DatabaseClock.name);
  private readonly chore = new PeriodicTask(DatabaseClock.name, "Failed to read the database's clock");
  private readonly offset = new ClockOffset();
  private wallOffset: number | undefined;
  /** Offset from before the database's clock was set, while that is less than a pause ago. */
  private offsetBeforeStep: number | undefined;
  /** On the monotonic clock. */
  private pausedUntil = -Infinity;
  private warned = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly process: ProcessClock,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): Promise<void> {
    return this.chore.attempt(() => this.sample());
  }

  onApplicationBootstrap(): void {
    this.chore.every(SAMPLE_INTERVAL_MS, () => this.sample());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.chore.stop();
  }

  /** That of the process before the database has told its own. */
  now(): Date {
    const { value } = this.offset;
    return new Date(value === undefined ? this.process.wall() : this.process.monotonic() + value);
  }

  /** For `observe`: when a statement is sent that reads DATABASE_TIME. */
  get sendingAt(): number {
    return this.process.monotonic();
  }

  /** Takes note of a DATABASE_TIME that was just answered. */
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
   * Whether what time alone causes may be written: no clock was set within the last ten minutes, and the clock of the process is the
   * database's. What people and programs ask for does not depend on it.
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

  /** Milliseconds by which the clock of the process is ahead of the database's. */
  get difference(): number {
    return this.process.wall() - this.now().getTime();
  }

  /**
   * The time up to which a command may write down what has ended by then: now, but for ten minutes after the database's clock was set
   * ahead the time that it would be without.
   */
  settled(now: Date): Date {
    this.isSteady();
    if (this.offsetBeforeStep === undefined) return now;
    return new Date(Math.min(now.getTime(), this.process.monotonic() + this.offsetBeforeStep));
  }

  /**
   * Milliseconds that a stored time may be later than it could have been written now. Beyond, it was written by a clock that was
   * ahead, unless the database's own clock was set a moment ago: then nothing is judged.
   */
  get toleranceMs(): number {
    this.isSteady();
    return this.offsetBeforeStep === undefined ? MAX_DIFFERENCE_MS : CENTURY_MS;
  }

  /** Measures now. */
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

  /** One warning a pause, however many steps it has. */
  private report(isSteady: boolean): void {
    if (!isSteady) this.warn(`The clock of the process is ${inWords(this.difference)} of the database's`);
    else if (this.warned) this.logger.log('The clocks are steady. What time causes is written again.');
    this.warned = !isSteady;
  }

  private warn(what: string): void {
    if (this.warned) return;
    this.warned = true;
    const until = "until the clock of the process is the database's and both were steady for 10 minutes";
    this.logger.warn(`${what}: automatic renewals and events of time wait ${until}. Set the clocks by NTP.`);
  }
}

function inWords(milliseconds: number): string {
  return `${Math.abs(Math.round(milliseconds / 1000))} s ${milliseconds < 0 ? 'behind' : 'ahead'}`;
}
