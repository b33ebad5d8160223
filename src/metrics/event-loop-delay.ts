import { monitorEventLoopDelay } from 'node:perf_hooks';

const NANOSECONDS = 1e9;
/** Samples are taken by a timer of this length; what it takes longer is the delay. */
const SAMPLE_MS = 10;
/** Who asks so soon after another sees the same, so that two scrapers take nothing from each other. */
const MIN_READ_INTERVAL_MS = 1_000;

/** In seconds. */
export interface Delay {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** How late the event loop ran since it was last asked for. */
export class EventLoopDelay {
  private readonly samples = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  private last: Delay | undefined;
  private readAt = -Infinity;

  start(): void {
    this.samples.enable();
  }

  /** False when it did not run. */
  stop(): boolean {
    return this.samples.disable();
  }

  /** Undefined before the first sample. */
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
