import { monitorEventLoopDelay } from 'node:perf_hooks';

const NANOSECONDS = 1e9;
/** Interval of the sampling timer; the excess over it is the delay. */
const SAMPLE_MS = 10;
/** Scrapes within this time get the same reading, so that two scrapers do not reset each other's samples. */
const MIN_READ_INTERVAL_MS = 1_000;

/** Delays in seconds. */
export interface Delay {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Delay of the event loop since the last reading. */
export class EventLoopDelay {
  private readonly samples = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  private last: Delay | undefined;
  private readAt = -Infinity;

  start(): void {
    this.samples.enable();
  }

  /** Returns false if the monitor was not running. */
  stop(): boolean {
    return this.samples.disable();
  }

  /** Returns undefined before the first sample. */
  read(): Delay | undefined {
    const { samples } = this;
    if (samples.count === 0 || performance.now() - this.readAt < MIN_READ_INTERVAL_MS) return this.last;
    this.readAt = performance.now();
    this.last = {
      mean: toDelay(samples.mean),
      p50: toDelay(samples.percentile(50)),
      p90: toDelay(samples.percentile(90)),
      p99: toDelay(samples.percentile(99)),
      max: toDelay(samples.max),
    };
    samples.reset();
    return this.last;
  }
}

function toDelay(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - SAMPLE_MS / 1000);
}
