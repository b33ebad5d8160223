import { LicenseError } from './errors.js';

const HOUR_MS = 60 * 60 * 1000;
const RETRY_MS = 15_000;
const MIN_MS = 500;

/** What the server says of a seat; more members than these. */
export interface Activation {
  readonly activation_id: string;
  readonly license_id: string;
  readonly fingerprint: string;
  readonly status: string;
  readonly last_seen_at: string;
  /** null: the seat is kept without heartbeats. */
  readonly lease_expires_at: string | null;
}

export interface HeartbeatOptions {
  readonly beat: () => Promise<Activation>;
  /** Takes a seat again after the lease ended, as after a long sleep; never after the device was deactivated. */
  readonly reactivate: () => Promise<Activation>;
  /** The seat is lost: the program should say so and stop. */
  readonly onLost: (error: LicenseError) => void;
}

/** Says in time that the program still runs, with jitter, so that many do not say so at once. */
export class Heartbeat {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly beats: HeartbeatOptions,
    private activation: Activation,
  ) {
    this.schedule(pauseFor(activation));
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(pauseMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.beat(), pauseMs * (0.8 + 0.2 * Math.random()));
    // In Node.js: a program that has nothing else to do may end.
    (this.timer as { unref?: () => void }).unref?.();
  }

  private async beat(): Promise<void> {
    try {
      this.activation = await this.beats.beat().catch((error: unknown) => {
        const code = error instanceof LicenseError ? error.problem?.code : undefined;
        const ended = code === 'HEARTBEAT_EXPIRED' || code === 'ACTIVATION_NOT_FOUND';
        // A heartbeat that was on its way when the seat was given back must not take it again.
        if (ended && !this.stopped) return this.beats.reactivate();
        throw error;
      });
      this.schedule(pauseFor(this.activation));
    } catch (error) {
      if (!(error instanceof LicenseError) || error.code === 'UNREACHABLE') {
        this.schedule(Math.min(RETRY_MS, pauseFor(this.activation)));
      } else if (!this.stopped) {
        this.stop();
        this.beats.onLost(error);
      }
    }
  }
}

/** Half of the lease, by the server's clock alone; an hour where there is none. */
function pauseFor({ lease_expires_at, last_seen_at }: Activation): number {
  if (lease_expires_at === null) return HOUR_MS;
  const lease = Date.parse(lease_expires_at) - Date.parse(last_seen_at);
  return Math.min(HOUR_MS, Math.max(MIN_MS, lease / 2));
}
